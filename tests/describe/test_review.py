"""What a review finds, against descriptions that a reader of the guide has labelled, and what it makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describe.test_readings import GUIDE
from voice_design_mcp.describe import fault_words, lexicon
from voice_design_mcp.describe.review import Review, review

CHECKS = {
    "vague": "vague_word",
    "subjective": "subjective_word",
    "imitation": "imitation",
    "redundant": "redundant",
    "contradiction": "contradiction",
    "one_dimension": "one_dimension",
    "language": "description_language",
}
TAKEN_OUT = {"vague_word", "subjective_word", "imitation", "redundant"}
LIMITS = {"qwen": 2048, "enrollment": 500}
HAN = re.compile("[\u4e00-\u9fff]")
PRECISION, RECALL = 0.95, 0.9


class Labelled(NamedTuple):
    """A description, the codes of its weighty findings and the dimensions that it states."""

    description: str
    codes: frozenset[str]
    dimensions: frozenset[str]


def labelled() -> Iterator[Labelled]:
    for line in (Path(__file__).parent / "reviewed.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        said, codes, description = (part.strip() for part in line.split("|", 2))
        assert len(said) == len(lexicon.DIMENSIONS), line
        dimensions = {name for name, mark in zip(lexicon.DIMENSIONS, said, strict=True) if mark != "."}
        yield Labelled(description, frozenset(CHECKS[code] for code in codes.split()), frozenset(dimensions))


SET = tuple(labelled())
REVIEWS = {row.description: review(row.description, limits=LIMITS) for row in SET}


def codes(reviewed: Review) -> set[str]:
    return {finding.code for finding in reviewed.weighty}


def test_the_labelled_set_is_large_and_in_both_languages() -> None:
    assert len(REVIEWS) == len(SET) >= 120
    chinese = [row for row in SET if HAN.search(row.description)]
    assert 60 <= len(chinese) <= len(SET) - 60
    for code in CHECKS.values():
        assert sum(code in row.codes for row in SET) >= 6, code


@pytest.mark.parametrize("code", CHECKS.values())
def test_each_check_finds_what_readers_find_and_little_else(code: str) -> None:
    wanted = {row.description for row in SET if code in row.codes}
    found = {description for description, reviewed in REVIEWS.items() if code in codes(reviewed)}
    assert_close(found, wanted)


@pytest.mark.parametrize("dimension", lexicon.DIMENSIONS)
def test_each_dimension_is_seen_where_readers_see_it_and_hardly_elsewhere(dimension: str) -> None:
    wanted = {row.description for row in SET if dimension in row.dimensions}
    found = {description for description, reviewed in REVIEWS.items() if dimension in reviewed.present}
    assert_close(found, wanted)


def assert_close(found: set[str], wanted: set[str]) -> None:
    """Hold precision and recall, and say which descriptions were got wrong."""
    wrong, missed = sorted(found - wanted), sorted(wanted - found)
    assert len(found & wanted) >= PRECISION * len(found), wrong
    assert len(found & wanted) >= RECALL * len(wanted), missed


@pytest.mark.parametrize("description", [row[0] for row in GUIDE])
def test_the_guide_s_own_examples_pass_without_a_warning(description: str) -> None:
    reviewed = review(description, limits=LIMITS)
    assert reviewed.weighty == ()
    assert reviewed.rewritten == ""
    assert {finding.code for finding in reviewed.findings} <= {"missing_dimension"}


def test_female_voice_is_too_broad_and_is_told_the_six_dimensions_it_lacks() -> None:
    reviewed = review("female voice", limits=LIMITS)
    assert [finding.code for finding in reviewed.weighty] == ["one_dimension"]
    assert reviewed.present == {"gender": ("female",)}
    assert reviewed.missing == ("age", "pitch", "speed", "emotion", "characteristics", "use_case")
    assert sum(finding.code == "missing_dimension" for finding in reviewed.findings) == 6


def test_a_nice_normal_voice_like_morgan_freeman_gets_every_finding_at_its_words() -> None:
    description = "a nice normal voice like Morgan Freeman"
    reviewed = review(description, limits=LIMITS)
    at = [
        (finding.code, finding.severity, finding.span and description[slice(*finding.span)])
        for finding in reviewed.weighty
    ]
    assert at == [
        ("one_dimension", "warning", None),
        ("vague_word", "warning", "nice"),
        ("vague_word", "warning", "normal"),
        ("imitation", "error", "like Morgan Freeman"),
    ]
    assert reviewed.rewritten == ""  # "a voice" describes none


@pytest.mark.parametrize(
    ("description", "rewritten"),
    [
        ("A decent, calm male voice with a fine deep tone", "A calm male voice with a deep tone"),
        ("A nice and wonderful young girl", "A young girl"),
        ("An ordinary old man, slow", "An old man, slow"),
        ("A male voice that sounds like David Attenborough, slow", "A male voice, slow"),
        ("Happy, joyful, cheerful young girl", "Happy young girl"),
        ("Middle-aged man, slow-paced, speaking slowly, calm", "Middle-aged man, slow-paced, calm"),
        ("A cheerful, happy and merry young voice", "A cheerful young voice"),
        ("Very very slow male voice", "Very slow male voice"),
        ("好听又完美的女声，语速慢", "女声，语速慢"),
        ("像周杰伦一样的男声，慵懒", "男声，慵懒"),
        ("男声，沙哑，嘶哑，粗哑", "男声，沙哑"),
        ("老年男声，赵本山那种", "老年男声"),
    ],
)
def test_a_description_is_rewritten_by_taking_words_out(description: str, rewritten: str) -> None:
    assert review(description).rewritten == rewritten


def test_what_is_rewritten_has_no_such_finding_left_and_says_all_that_was_said() -> None:
    rewritten = {description: reviewed for description, reviewed in REVIEWS.items() if reviewed.rewritten}
    assert len(rewritten) > 60
    for description, reviewed in rewritten.items():
        again = review(reviewed.rewritten, limits=LIMITS)
        assert not codes(again) & TAKEN_OUT, (description, reviewed.rewritten)
        assert again.present.keys() == reviewed.present.keys(), (description, reviewed.rewritten)
        words = re.findall(r"\w+", description.lower())
        assert set(re.findall(r"[a-z]+", reviewed.rewritten.lower())) <= {*words, "a", "an"}, reviewed.rewritten


def test_a_description_without_such_a_finding_is_not_rewritten() -> None:
    for row in SET:
        if not row.codes & TAKEN_OUT and not codes(REVIEWS[row.description]) & TAKEN_OUT:
            assert REVIEWS[row.description].rewritten == ""


@pytest.mark.parametrize(
    ("length", "family", "severity"),
    [
        (500, "", None),
        (501, "", "info"),
        (501, "qwen", "info"),
        (501, "enrollment", "error"),
        (2048, "qwen", "info"),
        (2049, "", "error"),
        (2049, "qwen", "error"),
    ],
)
def test_length_is_held_against_each_family_s_limit(length: int, family: str, severity: str | None) -> None:
    description = ("Calm old man, deep. " * 200)[:length]
    found = [each for each in review(description, limits=LIMITS, family=family).findings if each.code == "too_long"]
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    if found:
        assert f"{length:,} characters" in found[0].why
        assert ("qwen takes 2,048" in found[0].why) == (length > 2048)


@pytest.mark.parametrize(
    ("preview_text", "language", "severity"),
    [
        ("Good evening, and welcome to the programme.", "en", None),
        ("Good evening, and welcome to the programme.", "zh", "error"),
        ("Good evening, and welcome to the programme.", "de", "warning"),
        ("大家好，欢迎收听今天的节目。", "zh", None),
        ("大家好，欢迎收听今天的节目。", "en", "error"),
        ("大家好，欢迎收听今天的节目。", "ko", "error"),
        ("皆さん、こんばんは。", "ja", None),
        ("皆さん、こんばんは。", "zh", "error"),
        ("Добрый вечер, дорогие слушатели.", "ru", None),
        ("Добрый вечер, дорогие слушатели.", "en", "error"),
        ("Queridos oyentes, muy buenas noches a todos.", "es", None),
        ("Queridos oyentes, muy buenas noches a todos.", "fr", "warning"),
        ("Good evening.", "", None),
        ("", "zh", None),
    ],
)
def test_the_preview_text_is_held_against_its_language(preview_text: str, language: str, severity: str | None) -> None:
    found = review("A calm old man", preview_text=preview_text, language=language).weighty
    assert [(finding.code, finding.severity) for finding in found] == (
        [("preview_language", severity)] if severity else []
    )


WORDS = [
    *fault_words.phrases(fault_words.VAGUE + fault_words.SUBJECTIVE + fault_words.INTENSIFIERS),
    *[row.phrase for row in lexicon.rows(lexicon.TABLES)],
    *["like", "Morgan Freeman", "像", "周杰伦", "一样", "的", "and", "a", "voice", ",", "，", ".", "İ", "\ue000"],
]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=12), st.sampled_from(["", " ", ", "]))
def test_a_review_never_fails_and_its_spans_lie_on_words(pieces: list[str], joint: str) -> None:
    description = joint.join(pieces)
    reviewed = review(description, limits=LIMITS)
    for finding in reviewed.findings:
        assert finding.why
        assert finding.suggestion
        if finding.span:
            assert description[slice(*finding.span)].strip()
    assert {*reviewed.present, *reviewed.missing} == set(lexicon.DIMENSIONS)
    assert review(description, limits=LIMITS) == reviewed
