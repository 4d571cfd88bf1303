"""Who says what, read from text as people write it."""

from __future__ import annotations

from typing import Any

import pytest

from voice_design_mcp.errors import InputError
from voice_design_mcp.narration.script import APART_PAUSE_S, PARAGRAPH_PAUSE_S, SPEAKER_PAUSE_S, Script, parse

TWO = ["Alice", "Bob"]


def said(script: Script) -> list[tuple[str, str]]:
    return [(line.speaker, line.text) for line in script.lines]


@pytest.mark.parametrize(
    "text",
    [
        "Alice: Hello.\nBob: Hi.",
        "[Alice] Hello.\n[Bob] Hi.",
        "**Alice:** Hello.\n\n**Bob**: Hi.",
        "ALICE: Hello.\n\nbob :  Hi.",
        "> Alice: Hello.\n>\n> Bob: Hi.",
        "- Alice: Hello.\n- Bob: Hi.",
        "[Alice]: Hello.\r\n[Bob]: Hi.",
    ],
)
def test_labels_name_the_speaker_however_they_are_written(text: str) -> None:
    assert said(parse(text, TWO)) == [("Alice", "Hello."), ("Bob", "Hi.")]


def test_chinese_labels_have_full_width_colons() -> None:
    assert said(parse("小明：你好。\n小红（小声地）：再见。", ["小明", "小红"])) == [
        ("小明", "你好。"),
        ("小红", "再见。"),
    ]


def test_a_manner_in_brackets_is_a_direction() -> None:
    [alice, bob] = parse("Alice (whispering): Come here.\n[Bob] (loudly) No!", TWO).lines
    assert (alice.direction, alice.text, bob.direction, bob.text) == ("whispering", "Come here.", "loudly", "No!")


def test_what_has_no_label_is_the_narrator_s_or_goes_on_with_who_spoke() -> None:
    text = "The door opens.\n\nAlice: Who is\nthere?\n\nNobody answers."
    with_narrator = said(parse(text, [*TWO, "Narrator"]))
    assert with_narrator == [
        ("Narrator", "The door opens."),
        ("Alice", "Who is\nthere?"),
        ("Narrator", "Nobody answers."),
    ]
    assert said(parse(text.partition("\n\n")[2], TWO)) == [("Alice", "Who is\nthere?"), ("Alice", "Nobody answers.")]


def test_a_name_that_nobody_has_is_told_in_a_dialogue_and_is_words_in_prose() -> None:
    assert parse("Alice: Hello.\nZed: Who?", TWO).unknown == ["Zed"]
    prose = parse("Note: the lamp was lit.\n\nWarning: it was hot.", ["narrator"])
    assert said(prose) == [("narrator", "Note: the lamp was lit."), ("narrator", "Warning: it was hot.")]
    sentence = parse("Alice: Hello.\n\nShe added: it is late.", TWO)
    assert sentence.unknown == []


def test_a_cast_of_one_does_not_read_what_another_says() -> None:
    assert parse("Alice: Hello.\n\nBob: Who?", ["Alice"]).unknown == ["Bob"]
    letter = parse("To whom it concerns.\n\nNote: the lamp is out.\n\nYours, the keeper.", ["Alice"])
    assert letter.unknown == []
    assert {line.speaker for line in letter.lines} == {"Alice"}


def test_markdown_is_read_as_a_person_would() -> None:
    text = (
        "---\ntitle: The lamp\n---\n# The *Lamp*\n\nIt was **lit** by [the keeper](https://example.com/keeper).\n"
        "See https://www.example.org/a/b?c=d.\n\n```python\nprint('never read')\n```\n\n"
        "| Night | Oil |\n| --- | ---: |\n| first | 2 pints |\n| second | none |\n\n- [ ] trim the wick\n- fill_it_up\n\n"
        "![a picture](lamp.png)\n\n***\n\nThe end\n=======\n\n<!-- not read -->Fish &amp; `chips`[^1].\n\n[^1]: note\n"
    )
    script = parse(text, ["narrator"])
    assert [line.text for line in script.lines] == [
        "The Lamp.",
        "It was lit by the keeper.\nSee example.org.",
        "Night: first; Oil: 2 pints.\nNight: second; Oil: none.",
        "trim the wick.\nfill_it_up.",
        "The end.",
        "Fish & chips.",
    ]
    assert sorted(script.notes) == [
        "addresses read as their host: 1",
        "code blocks left out: 1",
        "footnotes left out: 1",
        "pictures left out: 1",
        "tables read row by row: 1",
    ]
    assert [line.level for line in script.lines] == [1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("- one item that\n  goes on\n- two", "one item that\ngoes on.\ntwo."),
        ("Steps:\n1. Do a\n   thing\n2. Rest", "Steps:\n1. Do a\nthing.\n2. Rest."),
        ("It was in\n1999. That is long ago.", "It was in\n1999. That is long ago."),
        ("Say it.\n[![build](b.svg)](https://ci.example.com)", "Say it."),
        ("Use `**kw`, `a\\b` and \\*this\\*.", "Use **kw, a\\b and *this*."),
        ("Set `URL=https://example.com/x`.", "Set URL=example.com."),
        ("See [it](https://example.com/A_(b)) or <me@example.com>.", "See it or me@example.com."),
        ("> [!NOTE]\n> Read this.", "Note.\nRead this."),
        ("Go.\n\n> ```sh\n> rm\n> ```\n\n<pre>\n\nx = 1\n</pre>", "Go."),
        ("<h2 align=center>The <b>end</b></h2>", "The end."),
        ("<details><summary>More</summary>", "More."),
        ("One<br>two, 3 < 4 and 5 * 6 * 7.", "One two, 3 < 4 and 5 * 6 * 7."),
        ("A `<!--` is text.\n\n<!-- a\n\ncomment -->", "A <!-- is text."),
        ("Rows\n| a | b |\n|---|---|\n| 1 | 2 |", "Rows\n\na: 1; b: 2."),
        ("---\nnot: front matter, it never ends", "not: front matter, it never ends"),
        ("## C# ##", "C#."),
    ],
)
def test_what_documents_are_made_of_is_heard_as_it_is_meant(text: str, spoken: str) -> None:
    assert "\n\n".join(line.text for line in parse(text, ["narrator"]).lines) == spoken


@pytest.mark.parametrize("part", ["*a ", "_a ", "`a ", "[a](", "<!--", "<pre>", "> ", "# ", "|-", " ", "\t", "- a\n"])
def test_no_text_takes_longer_to_read_than_it_is_long(part: str) -> None:
    """The minutes that such a text once took would be noticed."""
    assert parse(f"{part * (100_000 // len(part))} end", ["narrator"]).lines


def test_pauses_are_those_of_speech_and_longer_before_a_heading() -> None:
    pauses = [line.pause_after_s for line in parse("Alice: A.\n\nB.\n\nBob: C.\n\n# D", TWO).lines]
    assert pauses == [PARAGRAPH_PAUSE_S, SPEAKER_PAUSE_S, APART_PAUSE_S, 0.0]


def test_a_list_says_each_line_s_speaker_pause_and_direction() -> None:
    given = [
        {"speaker": "alice", "text": " Hello\nthere. ", "pause_s": 2},
        {"speaker": "Bob", "text": "Hi.", "direction": "bored"},
    ]
    [alice, bob] = parse(given, TWO).lines
    assert (alice.speaker, alice.text, alice.pause_after_s) == ("Alice", "Hello there.", 2.0)
    assert (bob.direction, bob.pause_after_s) == ("bored", 0.0)


def test_a_list_s_lines_without_a_speaker_are_the_only_reader_s() -> None:
    assert said(parse([{"text": "One."}, {"text": "Two."}], ["narrator"])) == [
        ("narrator", "One."),
        ("narrator", "Two."),
    ]
    assert parse([{"text": "One."}], TWO).unknown == [""]


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("  \n\n", "nothing to say"),
        ("```\ncode\n```", "nothing to say"),
        ([], "nothing to say"),
        (["Hello."], "Line 1 of script is no object"),
        ([{"text": "A."}, {"speaker": "Bob"}], "Line 2 of script has no text"),
        ([{"text": "A.", "voice": "x"}], "'voice'"),
        ([{"text": "A.", "pause_s": 61}], "pause_s of line 1"),
        ([{"text": "A.", "pause_s": True}], "pause_s of line 1"),
        ([{"text": 5}], "Line 1 of script has no text"),
    ],
)
def test_what_is_no_script_is_refused_with_the_line_and_the_mend(script: Any, what: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(script, TWO)
    assert refused.value.argument == "script"
    assert what in refused.value.message
    assert refused.value.hint
