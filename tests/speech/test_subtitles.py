"""Subtitles are valid, in order, readable, and lose no word of what is said."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.speech.subtitles import LINE_CELLS, WIDE_LINE_CELLS, Cue, srt, vtt

TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)[,.](\d{3})"


@dataclass(frozen=True)
class Shown:
    start_s: float
    end_s: float
    lines: list[str]
    voice: str = ""


def seconds(groups: tuple[str, ...]) -> float:
    hours, minutes, whole, ms = map(int, groups)
    return 3600 * hours + 60 * minutes + whole + ms / 1000


def read_srt(file: str) -> list[Shown]:
    shown: list[Shown] = []
    for number, block in enumerate(file.removesuffix("\n").split("\n\n") if file else [], 1):
        first, timing, *lines = block.split("\n")
        assert first == str(number)
        found = re.fullmatch(f"{TIME} --> {TIME}".replace("[,.]", ","), timing)
        assert found
        assert lines
        assert all(line.strip() for line in lines)
        shown.append(Shown(seconds(found.groups()[:4]), seconds(found.groups()[4:]), lines))
    return shown


def read_vtt(file: str) -> list[Shown]:
    head, *blocks = file.removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    shown: list[Shown] = []
    for block in blocks:
        timing, *lines = block.split("\n")
        found = re.fullmatch(rf"{TIME} --> {TIME}".replace("[,.]", r"\."), timing)
        assert found
        text = "\n".join(lines)
        voiced = re.fullmatch(r"<v ([^<>]+)>([^<>]*)</v>", text)
        assert voiced or not re.search("[<>]", text)
        assert not re.search(r"&(?!(amp|lt|gt);)", text)
        voice, text = voiced.groups() if voiced else ("", text)
        times = seconds(found.groups()[:4]), seconds(found.groups()[4:])
        shown.append(Shown(*times, html.unescape(text).split("\n"), html.unescape(voice)))
    return shown


def test_a_cue_becomes_a_numbered_block_and_a_voice() -> None:
    cues = [Cue(0.03, 1.5, "Alice", "Hello <there> & welcome."), Cue(3661.5, 3662.25, "", "Good-bye.")]
    assert srt(cues) == (
        "1\n00:00:00,030 --> 00:00:01,500\nAlice: Hello <there> & welcome.\n\n"
        "2\n01:01:01,500 --> 01:01:02,250\nGood-bye.\n"
    )
    assert vtt(cues) == (
        "WEBVTT\n\n00:00:00.030 --> 00:00:01.500\n<v Alice>Hello &lt;there&gt; &amp; welcome.</v>\n\n"
        "01:01:01.500 --> 01:01:02.250\nGood-bye.\n"
    )


def test_lines_are_wrapped_between_words_evenly() -> None:
    cue = Cue(0, 4, "", "The quick brown fox jumps over the lazy dog, and the dog does not mind it.")
    (shown,) = read_srt(srt([cue]))
    assert shown.lines == ["The quick brown fox jumps over the lazy", "dog, and the dog does not mind it."]


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好，我们一起去公园玩吧，那里有很多人在跑步，也有很多小朋友在玩耍。",
        "昨日は新しいコンピュータを買って、家に帰り、それから友達と一緒に夕食を食べました。",
        "오늘은 날씨가 정말 좋아서 친구들과 함께 공원에 가서 맛있는 점심을 먹고 산책도 했습니다.",
    ],
)
def test_lines_of_east_asian_text_have_at_most_eighteen_characters(text: str) -> None:
    shown = read_srt(srt([Cue(0, 9, "", text)]))
    lines = [line for screen in shown for line in screen.lines]
    assert max(sum(2 if east_asian_width(letter) == "W" else 1 for letter in line) for line in lines) <= WIDE_LINE_CELLS
    assert min(map(len, lines)) >= 4
    assert not any(line[0] in "，。、ー" for line in lines)
    assert [word for line in lines for word in line.split()] == text.split() or " " not in text


def test_what_is_too_long_for_two_lines_follows_in_the_time_that_is_left() -> None:
    sentence = "This is one sentence of a speech that goes on for a while. "
    shown = read_vtt(vtt([Cue(10, 40, "Bob", sentence * 6), Cue(41, 42, "Bob", "Yes.")]))
    assert all(len(screen.lines) <= 2 for screen in shown)
    assert [screen.lines[0].startswith("This is one") for screen in shown] == [True] * 6 + [False]
    assert [screen.start_s for screen in shown] == pytest.approx([10, 15, 20, 25, 30, 35, 41], abs=0.05)
    assert shown[5].end_s == 40
    assert all(screen.voice == "Bob" for screen in shown)
    assert len(read_srt(srt([Cue(10, 40, "", sentence * 6)], lines_max=100))) == 1


def test_no_line_ends_behind_an_abbreviation_where_the_language_is_known() -> None:
    text = "We were all very glad indeed to see Dr. Livingstone, who had come from afar to see us."
    assert "Dr. Livingstone," in srt([Cue(0, 5, "", text)], language="en")


def test_overlapping_and_unordered_cues_follow_each_other() -> None:
    cues = [Cue(5, 9, "B", "second"), Cue(0, 7, "A", "first"), Cue(9, 9, "C", "third"), Cue(9, 10, "D", "fourth")]
    shown = read_vtt(vtt(cues))
    assert [screen.voice for screen in shown] == ["A", "B", "C", "D"]
    assert [(screen.start_s, screen.end_s) for screen in shown] == [(0, 5), (5, 9), (9, 9.001), (9.001, 10)]


def test_what_says_nothing_is_left_out_and_control_characters_are_dropped() -> None:
    cues = [Cue(0, 1, "A", " \n\u200b "), Cue(1, 2, "A\r\nB", "a\x00b\x1b[31m\n\n\tc\u2028d\ufeff\ud800")]
    assert [(screen.voice, screen.lines) for screen in read_vtt(vtt(cues))] == [("A B", ["ab[31m c d"])]
    assert (srt([]), vtt([])) == ("", "WEBVTT\n")


def test_an_arrow_is_never_taken_for_a_time() -> None:
    cues = [Cue(0, 1, "", "00:00:00,000 --> 00:00:01,000")]
    assert srt(cues).count("-->") == 1
    assert vtt(cues).count("-->") == 1


@pytest.mark.parametrize("times", [(-1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_impossible_times_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="said"):
        srt([Cue(*times, "", "text")])


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["Hello", "Dr.", "你好，世界。", "コンピュータ", "-->", "<b>", "&amp;", "1", "42", "👨‍👩‍👧‍👦", "안녕하세요"]
    ),
)
texts = st.lists(words, max_size=30).map(" ".join)
cue_lists = st.lists(
    st.tuples(st.floats(0, 500), st.floats(0, 60), st.one_of(st.just(""), st.text(max_size=10)), texts).map(
        lambda row: Cue(row[0], row[0] + row[1], row[2], row[3])
    ),
    max_size=8,
)


@given(cues=cue_lists, lines_max=st.integers(1, 3))
def test_any_cues_become_valid_files_that_keep_order_and_words(cues: list[Cue], lines_max: int) -> None:
    for shown in (read_srt(srt(cues, lines_max=lines_max)), read_vtt(vtt(cues, lines_max=lines_max))):
        assert all(screen.start_s < screen.end_s for screen in shown)
        assert all(before.end_s <= after.start_s for before, after in pairwise(shown))
    told = [visible(cue.text) for cue in sorted(cues, key=lambda cue: cue.start_s)]
    expected = "".join(text for text in told if any(category(letter) not in {"Mn", "Me", "Cf"} for letter in text))
    assert "".join("".join(line for line in screen.lines) for screen in shown).replace(" ", "") == expected


def visible(text: str) -> str:
    return "".join(
        character
        for character in text
        if not character.isspace() and category(character) not in {"Cc", "Cs"} and character != "\ufeff"
    )


@given(
    text=st.lists(
        st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x17F), min_size=1, max_size=30),
        min_size=1,
        max_size=40,
    )
)
def test_no_word_is_broken_and_no_line_is_too_long(text: list[str]) -> None:
    lines = [line for screen in read_srt(srt([Cue(0, 60, "", " ".join(text))])) for line in screen.lines]
    assert [word for line in lines for word in line.split()] == text
    assert max(map(len, lines)) <= LINE_CELLS
    assert WIDE_LINE_CELLS < LINE_CELLS
