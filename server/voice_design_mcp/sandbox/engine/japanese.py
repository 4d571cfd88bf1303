"""Japanese text to kana as it is pronounced, which is all that eSpeak NG can read. Knows no sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Protocol, cast

from voice_design_mcp.sandbox.engine.spec import EngineError

_HAN = re.compile(r"[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_DIGITS = "零一二三四五六七八九"
_TENS = ("", "十", "百", "千")
_MYRIADS = ("", "万", "億", "兆")
_LONGEST_NUMBER = len(_TENS) * len(_MYRIADS)

# The dictionary reads numerals one by one; spoken together they change each other.
_JOINED = {
    ("サン", "ヒャク"): "サンビャク",
    ("ロク", "ヒャク"): "ロッピャク",
    ("ハチ", "ヒャク"): "ハッピャク",
    ("サン", "セン"): "サンゼン",
    ("ハチ", "セン"): "ハッセン",
    ("イチ", "チョー"): "イッチョー",
    ("ヨン", "ジ"): "ヨジ",
    ("ナナ", "ジ"): "シチジ",
    ("キュー", "ジ"): "クジ",
    ("ヨン", "ジハン"): "ヨジハン",
    ("ナナ", "ジハン"): "シチジハン",
    ("キュー", "ジハン"): "クジハン",
    ("イチ", "フン"): "イップン",
    ("サン", "フン"): "サンプン",
    ("ヨン", "フン"): "ヨンプン",
    ("ロク", "フン"): "ロップン",
    ("ハチ", "フン"): "ハップン",
    ("ジュー", "フン"): "ジュップン",
    ("イチ", "ホン"): "イッポン",
    ("サン", "ホン"): "サンボン",
    ("ロク", "ホン"): "ロッポン",
    ("ハチ", "ホン"): "ハッポン",
    ("ジュー", "ホン"): "ジュッポン",
    ("イチ", "サイ"): "イッサイ",
    ("ハチ", "サイ"): "ハッサイ",
    ("ジュー", "サイ"): "ジュッサイ",
}


class _Token(Protocol):
    surface: str
    details: list[str]


class _Tokenizer(Protocol):
    def tokenize(self, text: str) -> list[_Token]: ...


class _Builder(Protocol):
    def set_mode(self, mode: str) -> _Builder: ...
    def set_dictionary(self, uri: str) -> _Builder: ...
    def build(self) -> _Tokenizer: ...


Word = tuple[str, str, bool]
"""How it is written, how it is read, whether it is a number."""


def kana(text: str) -> str:
    """Return Japanese `text` with its kanji, numbers and particles as they are said; other scripts stay.

    Raises:
        EngineError: There are kanji, and the reader is not installed on this platform.
    """
    text = _NUMBER.sub(_numeral, unicodedata.normalize("NFKC", text)).replace("〇", "零")
    words = reader()
    if words is None:
        if _HAN.search(text):
            raise EngineError(
                "Kanji cannot be read here: the package lindera-python-ipadic is not installed. Write the text in kana."
            )
        return text
    return " ".join(_spoken(words(text)))


def _spoken(words: Iterable[Word]) -> Iterator[str]:
    held, held_is_number = "", False
    for written, reading, is_number in words:
        said = "ガツ" if held_is_number and written == "月" else reading
        joined = _JOINED.get((held, said)) if held_is_number else None
        if held and joined is None:
            yield held
        held, held_is_number = joined or said, is_number
    if held:
        yield held


def _numeral(found: re.Match[str]) -> str:
    """Digits to numerals: 2026 to 二千二十六, 3.5 to 三点五; a code (leading zero, too long) digit by digit."""
    whole, _, decimals = found[0].replace(",", "").partition(".")
    digits = "".join(_DIGITS[int(digit)] for digit in whole)
    is_code = len(whole) > _LONGEST_NUMBER or (whole[0] == "0" and len(whole) > 1)
    spoken = digits if is_code else _count(whole)
    return spoken + ("点" + "".join(_DIGITS[int(digit)] for digit in decimals) if decimals else "")


def _count(digits: str) -> str:
    spoken = ""
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        unit = _TENS[place % 4]
        if digit:
            spoken += unit if digit == 1 and unit else _DIGITS[digit] + unit
        if place % 4 == 0 and int(digits[max(0, len(digits) - place - 4) : len(digits) - place]):
            spoken += _MYRIADS[place // 4]
    return spoken or _DIGITS[0]


@cache
def reader() -> Callable[[str], Iterator[Word]] | None:
    """Return what cuts a text into words and reads them; None where the package is not installed."""
    try:
        import lindera
    except ImportError:
        return None
    builder = cast("_Builder", lindera.TokenizerBuilder())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - no types in it
    tokenizer = builder.set_mode("normal").set_dictionary("embedded://ipadic").build()

    def words(text: str) -> Iterator[Word]:
        for token in tokenizer.tokenize(text):
            # IPADIC's fields: part of speech, its kinds, …, 7 the reading in kana, 8 as it is pronounced.
            details = token.details
            reading = next((field for field in reversed(details[7:9]) if field != "*"), token.surface)
            yield token.surface, reading, details[1:2] == ["数"]

    return words
