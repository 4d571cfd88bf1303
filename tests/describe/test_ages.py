"""Which age a description states, in figures, in words of both languages, and by the names of ages."""

from __future__ import annotations

import pytest

from voice_design_mcp.describe.traits import missing, parse

SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


@pytest.mark.parametrize(
    ("description", "years", "age"),
    [
        ("in her 40s", 45, "middle"),
        ("a woman in her late twenties", 28, "young"),
        ("late 20s", 28, "young"),
        ("around 30 years old", 30, "young"),
        ("approximately an 8-year-old girl", 8, "child"),
        ("sixty-year-old", 60, "senior"),
        ("a man of thirty-five years of age", 35, "young"),
        ("aged 36", 36, "middle"),
        ("age: about 55", 55, "middle"),
        ("56 yrs old", 56, "senior"),
        ("a 12yo", 12, "child"),
        ("13 y/o", 13, "teen"),
        ("18-year olds", 18, "teen"),
        ("25 to 31 years old", 28, "young"),
        ("male, 45, deep", 45, "middle"),
        ("Woman (70)", 70, "senior"),
        ("a 30s female", 35, "young"),
        ("fiftyish", 50, "middle"),
        ("a hundred and something", None, "adult"),
        ("8岁", 8, "child"),
        ("２５ 岁", 25, "young"),
        ("两岁", 2, "child"),
        ("十岁", 10, "child"),
        ("十几岁", 15, "teen"),
        ("廿五岁", 25, "young"),
        ("三十多岁", 35, "young"),
        ("三十六歲", 36, "middle"),
        ("二十七八岁", 27, "young"),
        ("三四十岁", 35, "young"),
        ("三十到四十岁之间", 35, "young"),
        ("五十出头的男人", 52, "middle"),
        ("六旬老人", 60, "senior"),
        ("年近五十", 50, "middle"),
        ("年过花甲", 60, "senior"),
        ("大约四十，沉稳", 40, "middle"),
        ("百岁老人", 100, "senior"),
    ],
)
def test_an_age_in_numbers_gives_years_and_the_vendors_age_group(description: str, years: int | None, age: str) -> None:
    traits = parse(description)
    assert (traits.age_years, traits.age) == (years, age)


@pytest.mark.parametrize("years", range(1, 100))
def test_every_age_up_to_ninety_nine_is_read_in_figures_and_in_words_of_both_languages(years: int) -> None:
    assert [
        parse(text).age_years for text in (f"{years}岁", f"{_in_chinese(years)}岁", f"{_in_english(years)} years old")
    ] == [years] * 3


def _in_chinese(number: int) -> str:
    tens, units = divmod(number, 10)
    digits = "零一二三四五六七八九"
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[units] if units else "")


def _in_english(number: int) -> str:
    tens, units = divmod(number, 10)
    if number < len(SMALL):
        return SMALL[number]
    return f"{TENS[tens]}-{SMALL[units]}" if units else TENS[tens]


@pytest.mark.parametrize(
    "description",
    [
        "20 years of experience",
        "20年经验",
        "a 1940s style",
        "in the late 80s pop style",
        "around 30 words",
        "约30分钟",
        "80年代",
        "10-year veteran",
        "24 kHz",
        "an old friend",
        "old-fashioned",
        "a senior executive",
        "老朋友",
        "老师",
    ],
)
def test_years_and_old_things_that_are_no_age_of_the_speaker_are_left_alone(description: str) -> None:
    assert "age" in missing(parse(description))
    assert parse(description).age_years is None


@pytest.mark.parametrize(
    ("description", "age"),
    [
        ("girl", "child"),
        ("boy", "child"),
        ("young girl", "child"),
        ("a young, lively girl", "child"),
        ("little boy", "child"),
        ("teenage girl", "teen"),
        ("a teenager", "teen"),
        ("high school girl", "teen"),
        ("college girl", "young"),
        ("young woman", "young"),
        ("young adult", "young"),
        ("adult woman", "adult"),
        ("childish young woman", "young"),
        ("old woman", "senior"),
        ("mature woman", "middle"),
        ("young and mature", "young"),
        ("女孩", "child"),
        ("年轻女孩", "young"),
        ("小女孩", "child"),
        ("少女", "teen"),
        ("青少年", "teen"),
        ("男青年", "young"),
        ("中年人", "middle"),
        ("中老年女性", "senior"),
        ("成熟的年轻女性", "young"),
    ],
)
def test_the_stronger_word_decides_the_age(description: str, age: str) -> None:
    assert parse(description).age == age
