"""Long text becomes segments that can be spoken one by one: cut at sentences, nothing lost, nothing cut in the middle."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.speech.split import (
    CLAUSE_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    SENTENCE_PAUSE_S,
    Segment,
    split,
)

LANGUAGES = ("zh", "en", "de", "it", "pt", "es", "ja", "ko", "fr", "ru")
WHOLE = re.compile(
    r"https?://\S*\w|[\w.+-]+@[\w.-]+\w|\d+(?:[.,:]\d+)+|[A-Za-zÀ-ÿЀ-ӿ]+(?:[.'’-][A-Za-zÀ-ÿЀ-ӿ]+)*|\.{2,}|…+", re.ASCII
)
"""What is never cut: addresses, numbers, words, ellipses."""


def hard_cases() -> Iterator[tuple[str, str]]:
    language = ""
    for line in Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w\w)\]", line):
            language = heading[1]
        elif line and not line.startswith("#"):
            yield language, line


CASES = list(hard_cases())
TEXTS = [re.sub("[|~]", "", case) for _, case in CASES]


def texts_in(language: str) -> list[str]:
    return [text for (of, _), text in zip(CASES, TEXTS, strict=True) if of == language]


def billed(text: str) -> int:
    """A length in which Han characters count twice, as the vendor counts."""
    return sum(2 if "\u4e00" <= character <= "\u9fff" else 1 for character in text)


def bare(text: str) -> str:
    return "".join(text.split())


def offsets(parts: list[str]) -> set[int]:
    """Where parts meet, counted in characters that are not white space."""
    lengths = [len(bare(part)) for part in parts]
    return {sum(lengths[: at + 1]) for at in range(len(lengths) - 1)}


def test_every_language_has_at_least_twenty_hard_cases() -> None:
    assert [language for language in LANGUAGES if len(texts_in(language)) < 20] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_cut_where_sentences_end_and_nowhere_else(language: str) -> None:
    wrong: list[str] = []
    for case, text in ((case, text) for (of, case), text in zip(CASES, TEXTS, strict=True) if of == language):
        wanted = offsets(case.replace("~", "").split("|")) - {len(bare(text))}
        allowed = offsets(case.replace("|", "").split("~")) | wanted
        if not wanted <= sentence_ends(text, language) <= allowed:
            wrong.append(case)
    assert wrong == []


def sentence_ends(text: str, language: str) -> set[int]:
    """Every place that any limit finds behind a sentence."""
    ends: set[int] = set()
    for limit in range(1, len(text)):
        at = 0
        for segment in split(text, language, limit):
            at += len(bare(segment.text))
            if segment.pause_after_s == SENTENCE_PAUSE_S:
                ends.add(at)
    return ends


@pytest.mark.parametrize("limit", [25, 40, 60])
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_numbers_addresses_and_ellipses_stay_whole(language: str, limit: int) -> None:
    for text in texts_in(language):
        cuts = offsets([segment.text for segment in split(text, language, limit)])
        for whole in WHOLE.finditer(text):
            start = len(bare(text[: whole.start()]))
            inside = set(range(start + 1, start + len(whole.group())))
            assert not inside & cuts or len(whole.group()) > limit, whole.group()


@pytest.mark.parametrize("limit", [12, 25, 40])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_segment_begins_with_what_closes_nor_ends_with_what_opens(language: str, limit: int) -> None:
    for text in texts_in(language):
        for before, after in pairwise(split(text, language, limit)):
            if before.pause_after_s or limit > 20:
                assert after.text[0] not in "!?.,;:。！？，、；：”」』）》】)]…%"
                assert before.text[-1] not in "([{（「『《【„¿¡"


def test_segments_are_as_few_as_whole_sentences_allow() -> None:
    text = "One two. Three four. Five six. Seven eight. Nine ten."
    assert split(text, "en", 21) == [
        Segment("One two. Three four.", SENTENCE_PAUSE_S),
        Segment("Five six.", SENTENCE_PAUSE_S),
        Segment("Seven eight.", SENTENCE_PAUSE_S),
        Segment("Nine ten.", 0),
    ]
    assert split(text, "en", len(text)) == [Segment(text, 0)]


def test_paragraphs_are_never_put_together_and_longer_pauses_part_them() -> None:
    text = "A title\nIt begins. It goes on.\n\n\n  It ends.  \n"
    assert split(text, "en", 1000) == [
        Segment("A title", LINE_PAUSE_S),
        Segment("It begins. It goes on.", PARAGRAPH_PAUSE_S),
        Segment("It ends.", 0),
    ]


def test_lines_that_were_only_wrapped_are_read_in_one_go() -> None:
    wrapped = (
        "This is a line that a program has broken where it was full, as the\nLondon Gazette does; it goes\non here."
    )
    assert [segment.text for segment in split(wrapped, "en", 1000)] == [wrapped.replace("\n", " ")]
    chinese = "这一行文字很长很长，长到程序不得不在这里把它折断，因为它已经满了，真\n的。"
    assert [segment.text for segment in split(chinese, "zh", 1000)] == [chinese.replace("\n", "")]
    items = "- a first item that is so long that it could have been wrapped by a program\n- Second"
    assert len(split(items, "en", 1000)) == 2


def test_a_sentence_that_is_too_long_is_cut_at_clauses_into_even_parts() -> None:
    text = "When it rains, and it rains a lot, we stay at home, and we read books, or we sleep."
    segments = split(text, "en", 50)
    assert segments == [
        Segment("When it rains, and it rains a lot,", CLAUSE_PAUSE_S),
        Segment("we stay at home, and we read books, or we sleep.", 0),
    ]


def test_what_is_left_of_a_long_sentence_is_no_crumb() -> None:
    sentence = " ".join(["word"] * 11)
    assert [len(segment.text) for segment in split(sentence, "en", 50)] == [29, 24]
    assert [len(segment.text) for segment in split(sentence.replace(" ", ", "), "en", 50)] == [35, 28]


def test_no_katakana_word_is_cut_and_no_small_sign_begins_a_segment() -> None:
    text = "新しいコンピュータとインターネットのセキュリティを勉強して、ちょっと疲れました。"
    for limit in range(11, len(text)):
        for before, after in pairwise(split(text, "ja", limit)):
            assert not re.fullmatch("[ァ-ー]{2}", before.text[-1] + after.text[0])
            assert after.text[0] not in "ーっょ、。"
    for limit in range(4, 12):
        assert not any(
            segment.text[0] in "ょっゃ" for segment in split("ちょっとまってきっとやっちゃった", "ja", limit)
        )


def test_without_clauses_it_is_cut_between_words_and_no_pause_is_heard() -> None:
    segments = split("one two three four five six seven eight nine ten", "en", 20)
    assert [(segment.text, segment.pause_after_s) for segment in segments] == [
        ("one two three four", 0),
        ("five six seven eight", 0),
        ("nine ten", 0),
    ]


def test_what_belongs_together_is_not_parted_at_its_space() -> None:
    text = "the very good Dr. Smith paid 10 000 euros to a Mr. J. R. Jones on behalf of all of us"
    for limit in range(18, len(text)):
        for before, after in pairwise(split(text, "en", limit)):
            assert not before.text.endswith(("Dr.", "10", "Mr.", "J.", "R."))
            assert not after.text.startswith("000")
    french = "Quel est donc ce très grand problème ? Voilà « une question » et « une autre » et « encore une » !"
    for limit in range(18, len(french)):
        for before, after in pairwise(split(french, "fr", limit)):
            assert after.text[0] not in "?!:»"
            assert before.text[-1] != "«"


def test_a_word_longer_than_a_segment_is_cut_between_characters_as_readers_see_them() -> None:
    family, flag, accent = "👨‍👩‍👧‍👦", "🇩🇪", "e\u0301\u0323"
    for unit, limit in [(family, 8), (flag, 5), (accent, 4), ("한", 7), ("각", 4), ("1️⃣", 5)]:
        pieces = [segment.text for segment in split(unit * 20, "en", limit)]
        assert {piece.replace(unit, "") for piece in pieces} == {""}
        assert len(pieces) == -(-20 // (limit // len(unit)))


def test_one_character_longer_than_the_limit_and_no_limit_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="limit of 3"):
        split("👨‍👩‍👧‍👦", "en", 3)
    with pytest.raises(ValueError, match="no room"):
        split("Hello", "en", 0)


def test_a_count_that_does_not_add_up_is_refused_rather_than_trusted() -> None:
    with pytest.raises(ValueError, match="sum"):
        split("one two three four five six", "en", 10, lambda text: 1 if len(text) == 1 else 5 * len(text))


def test_nothing_is_made_of_nothing() -> None:
    assert split("", "en", 10) == split(" \n\t\n", "zh", 10) == []


def test_segments_without_a_word_say_so() -> None:
    assert [segment.has_words for segment in split("Before.\n\n* * *\n\nAfter.", "en", 100)] == [True, False, True]


def test_han_characters_can_count_twice() -> None:
    text = "今天天气很好，我们一起去公园玩吧！公园里有很多人。" * 40
    segments = split(text, "zh", 600, billed)
    assert max(billed(segment.text) for segment in segments) <= 600
    assert len(segments) == -(-billed(text) // 600)


snippets = st.sampled_from(
    [
        *TEXTS,
        "Dr. ",
        "…",
        "3.14 ",
        "\n",
        "\n\n",
        " ",
        "，",
        "“",
        "”",
        "(",
        ")",
        "👨‍👩‍👧‍👦",
        "e\u0301",
        "\u200d",
        "«",
        "»",
        "\u2028",
    ]
)
texts = st.one_of(st.text(max_size=300), st.lists(st.one_of(snippets, st.text(max_size=8)), max_size=40).map("".join))


@given(text=texts, language=st.sampled_from([*LANGUAGES, "xx"]), limit=st.integers(12, 200), han_twice=st.booleans())
def test_every_character_is_in_exactly_one_segment_in_order(
    text: str, language: str, limit: int, *, han_twice: bool
) -> None:
    count = billed if han_twice else len
    try:
        segments = split(text, language, limit, count)
    except ValueError:
        assert longest_joined(text) >= limit / 2
        return
    assert bare("".join(segment.text for segment in segments)) == bare(text)
    for segment in segments:
        assert segment.text == segment.text.strip() != ""
        assert count(segment.text) <= limit
        assert not unicodedata.category(segment.text[0]).startswith("M") or segment is segments[0] or limit < 30
    assert all(segment.pause_after_s == 0 for segment in segments[-1:])


def longest_joined(text: str) -> int:
    """A bound on the longest run of characters that could be one to a reader."""
    plain = re.split(r"[ -~\n]", text)
    return max(map(len, plain)) + 1


@given(text=texts, language=st.sampled_from(LANGUAGES))
def test_text_that_fits_is_cut_at_paragraphs_only(text: str, language: str) -> None:
    segments = split(text, language, 10**6)
    assert len(segments) <= len(text.splitlines())
    assert {segment.pause_after_s for segment in segments[:-1]} <= {LINE_PAUSE_S, PARAGRAPH_PAUSE_S}


@given(text=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12).map(" ".join), limit=st.integers(60, 300))
def test_no_two_neighbours_would_fit_into_one_segment_of_whole_sentences(text: str, limit: int) -> None:
    for before, after in pairwise(split(text, "en", limit)):
        if before.pause_after_s == SENTENCE_PAUSE_S:
            both = len(before.text) + 1 + len(after.text)
            assert both > limit or after.pause_after_s != SENTENCE_PAUSE_S
