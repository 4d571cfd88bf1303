"""Ages that a description states in numbers, and what the vendor calls them.

Years that are no age (of experience, of a decade in history, minutes, words a minute) are left alone.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from . import numerals
from .lexicon import Age

_OLDEST: Final = 120
_BANDS: Final[tuple[tuple[int, Age], ...]] = ((12, "child"), (18, "teen"), (35, "young"), (55, "middle"))
_PART_OF_DECADE: Final = {"early": 2, "mid": 5, "middle": 5, "late": 8}
_DECADES: Final = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_MORE: Final = {"多": 5, "几": 5, "余": 5, "出头": 2, "something": 5, "odd": 5}
_TURNS: Final = {"而立": 30, "不惑": 40, "知天命": 50, "半百": 50, "花甲": 60, "古稀": 70, "耄耋": 85}

_N: Final = rf"(?P<low>{numerals.NUMBER})"
_TO: Final = rf"(?:\s*(?:-|/|、|to|or|and|到|至|或)\s*(?P<high>{numerals.NUMBER}))?"
_MORE_OR_LESS: Final = "(?:around|about|approximately|roughly|nearly|almost|circa|some)"
_ENDS_HERE: Final = r"(?=\s*(?:[,.;:|/)、]|$|(?:and|with|or|male|female|man|woman|who|speaking)\b|[男女的]))"
_PERSON: Final = r"(?:(?:fe)?male|(?:wo)?man|lady|guy|girl|boy|[男女]性?声?)"

_PATTERNS: Final = (
    # an 8-year-old, 25 to 30 years old, sixty years of age, 30yo
    rf"(?<![\w.]){_N}{_TO}[\s-]*(?P<more>something|odd)?[\s-]*(?:(?:years?|yrs?)[\s.-]*(?:olds?|of[\s-]age|young)|y[./]?o)\b",
    # aged 30, age: about 30, ages 5 to 12; the unit that may follow is left to the pattern above
    rf"\bage[ds]?\b[\s:=]*(?:(?:is|of|range|between|from|{_MORE_OR_LESS})[\s:=]*)*{_N}{_TO}(?![\w.%])",
    # in her early forties, his 60s, late 20s
    (
        r"\b(?:(?:her|his|their|my|your)\s+|(?<!the )(?=early|mid|late))(?P<stated>(?:(?P<part>early|middle|mid|late)[\s-]*)?"
        rf"(?:to[\s-]\w+[\s-])?(?P<decade>\d0'?s|{'|'.join(_DECADES)}))\b"
    ),
    # a 30s female
    r"(?<!\w)(?P<decade>\d0s)(?=\s+(?:fe)?male|\s+(?:wo)?m[ae]n)",
    # thirty-something, 40-ish
    rf"(?<![\w.]){_N}[\s-]?(?P<more>something|odd|ish)\b",
    # around 30, at the end of its phrase
    rf"\b{_MORE_OR_LESS}\s+{_N}{_TO}{_ENDS_HERE}",
    rf"(?:大约|大概|约莫|约|差不多){_N}{_TO}(?:左右|上下)?{_ENDS_HERE}",
    # male, 45, deep
    rf"{_PERSON}\s*[,;|/(、]\s*(?P<stated>{_N})\s*(?=[,;.|/)、]|$)",
    # 8岁, 二十七八岁, 三十多岁, 20-30岁, 五十岁出头
    rf"(?<!\d){_N}{_TO}\s*(?P<more>多|来|几|余)?\s*周?岁(?P<past>出头|多)?",
    rf"{_N}(?P<more>出头)",
    # 六旬, 年近五十, 年龄30左右
    rf"{_N}(?P<tens>旬)",
    rf"年(?:龄|纪|近|约|过)[约大概在是为过近:\s]*{_N}{_TO}(?P<more>多|余)?(?:左右|上下|来岁)?(?![\d年月日分秒个])",
    rf"(?P<turn>{'|'.join(_TURNS)})(?:之年)?",
)


class StatedAge(NamedTuple):
    """An age in numbers, and where it is said."""

    years: int
    start: int
    end: int


@cache
def _compiled() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _PATTERNS)


def band(years: int) -> Age:
    """Return the vendor's name for an age (guide, "Description dimensions": 5-12, 13-18, 19-35, 36-55, 55 and over)."""
    for oldest, name in _BANDS:
        if years <= oldest:
            return name
    return "senior"


def find(folded: str) -> list[StatedAge]:
    """Return the ages stated in a folded description, in order, without overlaps."""
    found: list[StatedAge] = []
    for pattern in _compiled():
        for match in pattern.finditer(folded):
            years = _years(match)
            if years is None or not 0 < years <= _OLDEST:
                continue
            start, end = match.span("stated" if "stated" in match.re.groupindex else 0)
            if all(end <= other.start or other.end <= start for other in found):
                found.append(StatedAge(years, start, end))
    return sorted(found, key=lambda age: age.start)


def _years(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if turn := groups.get("turn"):
        return _TURNS[turn]
    if decade := groups.get("decade"):
        tens = int(decade[0]) if decade[0].isdecimal() else _DECADES.index(decade) + 2
        return tens * 10 + _PART_OF_DECADE[groups.get("part") or "mid"]
    low = numerals.read(match["low"])
    if low is None:
        return None
    if groups.get("tens"):
        return low * 10
    high = numerals.read(groups["high"]) if groups.get("high") else None
    if high is not None and high > low:
        return (low + high) // 2
    return low + _MORE.get(groups.get("more") or groups.get("past") or "", 0)
