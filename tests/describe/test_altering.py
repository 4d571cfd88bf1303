"""A description changed by a few words: what the change says stands where it was said before, and the sentence stays one."""

from __future__ import annotations

import pytest

from voice_design_mcp.describe.altering import altered
from voice_design_mcp.describe.review import review

MAN = "A calm middle-aged man with a deep, resonant voice, low pitch, slow, for documentaries."
WOMAN = "Young woman, high pitch, fast, cheerful and bright, for an animation."
HAN = "沉稳的中年男性，语速缓慢，音色低沉有磁性，适合纪录片解说。"


@pytest.mark.parametrize(
    ("description", "change", "text", "left_out"),
    [
        (MAN, "older", MAN.replace("middle-aged", "older"), ("middle-aged",)),
        (
            MAN,
            "older woman, fast",
            "A calm older woman with a deep, resonant voice, low pitch, fast, for documentaries.",
            ("middle-aged", "man", "slow"),
        ),
        (MAN, "high pitch", MAN.replace("low pitch", "high pitch"), ("low pitch",)),
        (
            MAN,
            "cheerful, for advertising",
            "A cheerful middle-aged man with a deep, resonant voice, low pitch, slow, for advertising.",
            ("calm", "documentaries"),
        ),
        (MAN, "husky", f"{MAN[:-1]}, husky.", ()),
        ("A slow, tender old man.", "angry", "A slow, angry old man.", ("tender",)),
        ("A young man.", "elderly", "An elderly man.", ("young",)),
        ("An elderly man.", "young", "A young man.", ("elderly",)),
        (
            MAN,
            "with a slight lisp and slower",
            "A calm middle-aged man with a deep, resonant voice, low pitch, for documentaries, with a slight lisp and slower.",
            ("slow",),
        ),
        (
            WOMAN,
            "slow, calm and serious",
            "Young woman, high pitch, slow, calm, serious and bright, for an animation.",
            ("fast", "cheerful"),
        ),
        (
            HAN,
            "年轻女性，语速快",
            "沉稳的年轻女性，语速快，音色低沉有磁性，适合纪录片解说。",
            ("中年", "男性", "语速缓慢"),
        ),
        (HAN, "更活泼", HAN.replace("沉稳", "活泼"), ("沉稳",)),
        (HAN, "older", "沉稳的男性，语速缓慢，音色低沉有磁性，适合纪录片解说，older。", ("中年",)),
    ],
)
def test_what_a_change_says_takes_the_place_of_what_was_said(
    description: str, change: str, text: str, left_out: tuple[str, ...]
) -> None:
    made = altered(description, change)
    assert (made.text, made.left_out, made.put_in) == (text, left_out, change)


@pytest.mark.parametrize("description", [MAN, WOMAN, HAN])
@pytest.mark.parametrize(
    "change", ["old", "a child", "very fast", "deep and low pitch", "sad", "for news", "老年", "语速快"]
)
def test_nothing_that_was_said_before_contradicts_the_change(description: str, change: str) -> None:
    wanted, got = review(change).present, review(altered(description, change).text).present
    assert {name: got[name] for name in wanted if name != "characteristics"} == {
        name: values for name, values in wanted.items() if name != "characteristics"
    }
