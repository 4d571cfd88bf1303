"""What must hold of every word in the tables, and of every text made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.describe import lexicon, particles
from voice_design_mcp.describe.folding import fold
from voice_design_mcp.describe.traits import DIMENSIONS, Match, parse

ROWS = list(lexicon.rows(lexicon.TABLES))
PARTICLES = list(lexicon.rows(particles.TABLES))
ALL = [row.phrase for row in ROWS + PARTICLES]
SEPARATE = [
    "not",
    "不",
    "'s",
    ",",
    "、",
    ".",
    "30",
    "岁",
    "years old",
    "十",
    "-",
    "İ",
    "ﬁ",
    "late 40s",
    "\n",
    "㍿",
    "𠀀",
]


@pytest.mark.parametrize("kind", DIMENSIONS)
def test_every_phrase_of_a_dimension_says_what_its_line_says_when_it_stands_alone(kind: str) -> None:
    silent = [
        row
        for row in ROWS
        if row.kind == kind and Match(kind, row.value, 0, len(row.phrase)) not in parse(row.phrase).matches
    ]
    assert silent == []


def test_every_phrase_is_written_as_it_is_looked_up() -> None:
    assert [phrase for phrase in ALL if fold(phrase) != phrase or phrase != phrase.strip()] == []


def test_no_line_repeats_a_phrase_of_the_same_meaning() -> None:
    meanings = [(row.kind, row.value, row.phrase) for row in ROWS + PARTICLES]
    assert sorted(meanings) == sorted(set(meanings))


def test_every_value_that_an_engine_renders_has_words_in_both_languages() -> None:
    values = {
        "gender": ("male", "female", "neutral"),
        "age": ("child", "teen", "young", "adult", "middle", "senior"),
        "pitch": lexicon.PITCHES,
        "speed": lexicon.SPEEDS,
        "emotion": lexicon.EMOTIONS,
        "characteristics": lexicon.CHARACTERISTICS,
        "use_case": lexicon.USES,
    }
    for kind, wanted in values.items():
        for value in wanted:
            phrases = [row.phrase for row in ROWS if (row.kind, row.value) == (kind, value)]
            assert any(phrase.isascii() for phrase in phrases), (kind, value)
            assert not all(phrase.isascii() for phrase in phrases), (kind, value)


def test_no_phrase_hides_a_gender_that_its_words_say() -> None:
    genders = {row.phrase: row.value for row in ROWS if row.kind == "gender"}
    ages = [row.phrase for row in ROWS if row.kind == "age" and row.phrase.isascii()]
    hidden = [phrase for phrase in ages if phrase not in genders and genders.keys() & set(phrase.split())]
    assert hidden == []


@given(st.lists(st.sampled_from(ALL + SEPARATE) | st.text(max_size=4), max_size=12), st.sampled_from(["", " ", "-"]))
def test_reading_never_fails_and_every_match_lies_inside_the_description(pieces: list[str], joint: str) -> None:
    description = joint.join(pieces)
    traits = parse(description)
    for match in traits.matches:
        assert match.dimension in DIMENSIONS
        assert 0 <= match.start < match.end <= len(description)
        assert description[match.start : match.end].strip()
    assert traits.pitch in range(-2, 3)
    assert traits.speed in range(-2, 3)
    assert parse(description) == traits


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("溫柔的年輕女聲，語速緩慢，適合講故事", "温柔的年轻女声，语速缓慢，适合讲故事"),
        ("嚴肅莊重的紀錄片旁白，聲音渾厚", "严肃庄重的纪录片旁白，声音浑厚"),
        ("活潑開朗的兒童，聲音清脆，適合動畫", "活泼开朗的儿童，声音清脆，适合动画"),
        ("三十歲的老師，沙啞，語調上揚，不要氣聲", "三十岁的老师，沙哑，语调上扬，不要气声"),
    ],
)
def test_traditional_characters_read_as_simplified_ones_do(traditional: str, simplified: str) -> None:
    assert parse(traditional) == parse(simplified)
    assert parse(traditional).matches


def test_full_width_and_curly_characters_read_as_plain_ones_do() -> None:
    plain = "a child's voice, slow-paced, 8 years old"
    fancy = "ａ ｃｈｉｌｄ’ｓ　voice， ｓｌｏｗ‑ｐａｃｅｄ, ８ years old"
    assert parse(fancy) == parse(plain)
