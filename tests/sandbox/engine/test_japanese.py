"""Japanese is read as it is pronounced: kanji, numbers with their sound changes, particles."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.sandbox.engine import japanese, seam
from voice_design_mcp.sandbox.engine.japanese import kana


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("皆さん、こんばんは。", "ミナサン、コンバンワ。"),
        ("これはペンです", "コレワペンデス"),
        ("部屋へ行く", "ヘヤエイク"),
        ("2026年11月22日", "ニセンニジューロクネンジューイチガツニジューニニチ"),
        ("１２月", "ジューニガツ"),
        ("300円と6,800円", "サンビャクエントロクセンハッピャクエン"),
        ("4時9分", "ヨジキューフン"),
        ("7時半", "シチジハン"),
        ("10本、3本", "ジュッポン、サンボン"),
        ("3.05倍", "サンテンレイゴバイ"),
        ("1億2,500万", "イチオクニセンゴヒャクマン"),
        ("007", "レイレイナナ"),
        ("0度", "レイド"),
        ("二〇二六年", "ニレイニロクネン"),
        ("Pythonを学ぶ", "Pythonヲマナブ"),
        ("カタカナ", "カタカナ"),
    ],
)
def test_japanese_becomes_kana_as_it_is_said(written: str, said: str) -> None:
    assert kana(written).replace(" ", "") == said


def test_a_date_in_digits_sounds_like_the_date_in_kanji() -> None:
    spec = seam.design("A calm woman", 0)
    digits, kanji = (seam.speak_whole(spec, date, "ja") for date in ("2026年4月", "二千二十六年四月"))
    assert digits.tobytes() == kanji.tobytes()


@given(st.text(alphabet="0123456789,.年月日時分本三四七九あアa漢 ", max_size=40))
def test_any_mixture_can_be_read_and_no_digit_is_left(text: str) -> None:
    assert not any(character.isdecimal() for character in kana(text))


def test_without_the_reader_kana_is_spoken_and_kanji_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lindera", None)
    japanese.reader.cache_clear()
    try:
        assert kana("カナとかな") == "カナとかな"
        with pytest.raises(seam.EngineError, match="lindera-python-ipadic"):
            kana("漢字")
    finally:
        japanese.reader.cache_clear()
