"""The traps that a table of words falls into: other people, levels of something else, negations, forms of a word."""

from __future__ import annotations

import pytest

from voice_design_mcp.describe.traits import missing, parse


@pytest.mark.parametrize(
    ("description", "gender"),
    [
        ("a woman", "female"),
        ("a human", "neutral"),
        ("a manly voice", "male"),
        ("A woman telling of the man she met", "female"),
        ("his voice", "male"),
        ("her voice, that of a man", "male"),
        ("neither male nor female", "neutral"),
        ("not a man's voice, a lady's", "female"),
        ("neutral", "neutral"),
        ("female with a neutral accent", "female"),
        ("女儿", "female"),
        ("男女莫辨", "neutral"),
        ("其他", "neutral"),
        ("不是男声而是女声", "female"),
        ("男女老少都喜欢的女声", "female"),
        ("女装品牌的男声", "male"),
        ("给人女性的感觉", "female"),
        ("girly male voice", "male"),
    ],
)
def test_the_speakers_gender_is_found_among_other_people(description: str, gender: str) -> None:
    assert parse(description).gender == gender


@pytest.mark.parametrize(
    "description",
    [
        "stories for children",
        "for kids' audiobooks",
        "children's books",
        "a child's bedtime story",
        "reading to a little girl",
        "targeting young women",
        "for men and women",
        "for children aged 5 to 12",
        "面向儿童",
        "给孩子讲故事",
        "儿童故事",
        "女性用品",
        "适合儿童有声读物",
        "为孩子讲故事",
    ],
)
def test_listeners_lend_the_voice_neither_age_nor_gender(description: str) -> None:
    assert {"gender", "age"} <= set(missing(parse(description)))


@pytest.mark.parametrize(
    ("description", "age"),
    [("for children's characters", "child"), ("适合儿童角色", "child"), ("for an old man in a game", "senior")],
)
def test_a_part_that_the_voice_plays_does_lend_its_age(description: str, age: str) -> None:
    assert parse(description).age == age


@pytest.mark.parametrize(
    ("description", "pitch", "speed"),
    [
        ("low", -2, None),
        ("slightly low", -1, None),
        ("medium pitch", 0, None),
        ("medium pitch and speed", 0, 0),
        ("pitch and speed are both medium", 0, 0),
        ("higher", 1, None),
        ("much higher pitch", 2, None),
        ("rather low female voice", -2, None),
        ("low, husky voice", -2, None),
        ("a low and slow voice", -2, -2),
        ("slow and steady pace", None, -2),
        ("steady speed", None, 0),
        ("at a high speed", None, 2),
        ("low speed, slightly high pitch", 1, -2),
        ("high, clear voice, speed: slow", 2, -2),
        ("not high", None, None),
        ("not too high", 0, None),
        ("the voice isn't too low", 0, None),
        ("neither too fast nor too slow", None, 0),
        ("neither fast nor slow", None, 0),
        ("high energy", None, None),
        ("high-quality", None, None),
        ("low-key", None, None),
        ("low volume", None, None),
        ("in high heels", None, None),
        ("highly expressive", None, None),
        ("sales pitch", None, None),
        ("medium", None, None),
        ("偏高", 1, None),
        ("音调略低", -1, None),
        ("低音", -2, None),
        ("中音", 0, None),
        ("音调不高", None, None),
        ("音调不太高", 0, None),
        ("不高不低", 0, None),
        ("语速快一点", None, 1),
        ("语速略缓慢", None, -1),
        ("较快的语速", None, 2),
        ("快节奏", None, 2),
        ("语速不快不慢", None, 0),
        ("快乐", None, None),
        ("傲慢", None, None),
        ("高质量", None, None),
        ("低调", None, None),
        ("提高效率", None, None),
        ("声音高，说话快", 2, 2),
    ],
)
def test_a_level_finds_out_whether_it_is_of_pitch_or_of_speed(
    description: str, pitch: int | None, speed: int | None
) -> None:
    traits = parse(description)
    unsaid = missing(traits)
    assert (None if "pitch" in unsaid else traits.pitch, None if "speed" in unsaid else traits.speed) == (pitch, speed)


@pytest.mark.parametrize(
    "description",
    [
        "no husky tone",
        "not husky",
        "isn't at all husky",
        "without being shrill, husky or raspy",
        "never husky",
        "rather than husky",
        "不沙哑",
        "不带沙哑",
        "没有沙哑的感觉",
        "避免沙哑",
        "别太沙哑",
    ],
)
def test_a_negated_trait_is_not_said(description: str) -> None:
    assert not parse(description).characteristics


@pytest.mark.parametrize(
    ("description", "characteristics"),
    [
        ("not husky but crisp", ("crisp",)),
        ("Not husky. Deep.", ("deep",)),
        ("no accent, deep", ("deep",)),
        ("no accent and a deep tone", ("deep",)),
        ("not only deep but also resonant", ("deep", "resonant")),
        ("不沙哑而清脆", ("crisp",)),
        ("不仅低沉，还有磁性", ("deep", "resonant")),
        ("非常低沉", ("deep",)),
        ("特别甜美", ("sweet",)),
        ("没有口音的低沉声音", ("deep",)),
    ],
)
def test_a_negation_ends_where_another_thing_is_said(description: str, characteristics: tuple[str, ...]) -> None:
    assert parse(description).characteristics == characteristics


@pytest.mark.parametrize(
    ("description", "emotions", "characteristics"),
    [
        ("steady", ("calm", "composed"), ()),
        ("seriously", ("serious",), ()),
        ("clearly", (), ("crisp",)),
        ("gently, cheerfully, energetically", ("gentle", "cheerful", "lively"), ()),
        ("huskiness", (), ("husky",)),
        ("softer and brighter", (), ("mellow", "bright")),
        ("kind of kind", ("gentle",), ()),
        ("neutral tone", ("calm",), ()),
    ],
)
def test_adverbs_and_other_forms_say_what_their_word_says(
    description: str, emotions: tuple[str, ...], characteristics: tuple[str, ...]
) -> None:
    traits = parse(description)
    assert (traits.emotions, traits.characteristics) == (emotions, characteristics)


def test_each_match_names_the_words_that_say_it() -> None:
    description = "A ＳＬＩＧＨＴＬＹ low-pitched 老奶奶, late 70s, with a steady speaking speed"
    said = {
        (match.dimension, match.value): description[match.start : match.end] for match in parse(description).matches
    }
    assert said == {
        ("pitch", "slightly low"): "ＳＬＩＧＨＴＬＹ low-pitched",
        ("gender", "female"): "老奶奶",
        ("age", "senior"): "late 70s",
        ("emotion", "calm"): "steady",
        ("emotion", "composed"): "steady",
        ("speed", "medium"): "steady speaking speed",
    }


def test_what_no_engine_renders_counts_as_stated_but_is_no_trait() -> None:
    traits = parse("sad, nasal, for a podcast")
    assert [(match.dimension, match.value) for match in traits.matches] == [
        ("emotion", "sad"),
        ("characteristics", "nasal"),
        ("use_case", "podcast"),
    ]
    assert (traits.emotions, traits.characteristics, traits.uses) == ((), (), ())
