"""Whole numbers as they are written in descriptions: figures, English words up to 99, Chinese numerals up to 199."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_HAN_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_TENS: Final = {"廿": "二十", "卅": "三十"}

HAN: Final = "[零〇一二三四五六七八九两十廿卅百]{1,6}"
"""A pattern for a run of Chinese numerals."""

ENGLISH: Final = (
    rf"(?:(?:{'|'.join(_TENS[2:])})(?:[\s-]?(?:{'|'.join(_UNITS[1:])})\b)?|{'|'.join(_TEENS)}|{'|'.join(_UNITS[1:])})"
)
"""A pattern for an English number word from one to ninety-nine."""

NUMBER: Final = rf"(?:\d{{1,3}}|{ENGLISH}|{HAN})"


def read(numeral: str) -> int | None:
    """Return the value of a numeral that `NUMBER` matches, None where the characters make no number.

    Neighbouring Chinese digits name a range and are read as its middle, rounded down: 七八 is 7, 三四十 is 35.
    """
    if numeral.isdecimal():
        return int(numeral)
    if numeral[0].isascii():
        return _read_english(numeral)
    return _read_han(numeral)


def _read_english(numeral: str) -> int | None:
    total = 0
    for word in numeral.replace("-", " ").split():
        for table, step, start in ((_TENS, 10, 0), (_TEENS, 1, 10), (_UNITS, 1, 0)):
            if word in table:
                total += start + step * table.index(word)
                break
        else:
            return None
    return total


def _read_han(numeral: str) -> int | None:
    for short, long in _HAN_TENS.items():
        numeral = numeral.replace(short, long)
    hundreds, hundred, rest = numeral.rpartition("百")
    tens, ten, units = rest.rpartition("十")
    parts = (
        _digits(hundreds, hundred),
        _digits(tens, ten),
        _digits(units.lstrip("零〇") if hundred or ten else units, ""),
    )
    if None in parts:
        return None
    of_hundreds, of_tens, of_units = (part or 0.0 for part in parts)
    return int(of_hundreds * 100 + of_tens * 10 + of_units)


def _digits(run: str, place: str) -> float | None:
    """Return what stands before `place`: 一 before 十 may be left out, two neighbours are a range, others are positions."""
    if not run:
        return 1.0 if place else 0.0
    values = [_HAN_DIGITS.get(char) for char in run]
    match values:
        case [int(one)]:
            return float(one)
        case [int(one), int(two)] if two == one + 1:
            return (one + two) / 2
        case [int(one), int(two)] if not place and one:
            return float(one * 10 + two)
        case _:
            return None
