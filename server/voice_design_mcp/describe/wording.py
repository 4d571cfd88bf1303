"""Which words of a description are vague or subjective, whatever it says besides.

Knows words and their neighbours, not traits; "normal" that is said of a pitch or a speed is a place on a scale, and no fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from . import fault_words
from .findings import Code, Finding
from .reading import Said

_HAN: Final = re.compile("[\u3400-\u9fff]")
_SCALES: Final = frozenset({"pitch", "speed"})
# 像…一般 is a likeness, 发音标准 is precise.
_SAID_BEFORE: Final = re.compile(r"(?:[像如似].{1,8}(?=一般)|(?:发音|吐字|咬字|普通话)[很十分非常]*(?=标准))")
_WHY: Final[dict[Code, tuple[str, str]]] = {
    "vague_word": (
        '"{words}" says nothing that can be heard.',
        "Say what is heard instead: deep, crisp, husky, fast, slightly high.",
    ),
    "subjective_word": (
        '"{words}" says what somebody feels, not how the voice sounds.',
        "Say what makes it so: high-pitched and energetic, low and resonant.",
    ),
}


def find(folded: str, said: Sequence[Said]) -> list[Finding]:
    """Return the vague and the subjective words of a folded description, in the order said."""
    subjective = _spans(folded, fault_words.SUBJECTIVE)
    scales = [(one.start, one.end) for one in said if one.dimension in _SCALES]
    vague = [
        span
        for span in _spans(folded, fault_words.VAGUE)
        if not _overlaps(span, subjective) and not _overlaps(span, scales)
    ]
    found = [_finding("subjective_word", folded, span) for span in subjective]
    found += [_finding("vague_word", folded, span) for span in vague]
    return sorted(found, key=lambda finding: finding.span or (0, 0))


def of_phrases(phrases: Sequence[str]) -> str:
    """Return a pattern of any of these phrases, the longest first; Latin ones as whole words, with any gap between words."""
    return "|".join(_of_phrase(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _of_phrase(phrase: str) -> str:
    if _HAN.search(phrase):
        return re.escape(phrase)
    words = r"[\s-]+".join(map(re.escape, phrase.split()))
    return rf"(?<!\w){words}(?!\w)"


def _spans(folded: str, table: str) -> list[tuple[int, int]]:
    excused = [match.end() for match in _SAID_BEFORE.finditer(folded)]
    return [match.span() for match in _pattern(table).finditer(folded) if match.start("core") not in excused]


@cache
def _pattern(table: str) -> re.Pattern[str]:
    phrases = fault_words.phrases(table)
    always = of_phrases([phrase for phrase in phrases if not phrase.endswith("+")])
    sometimes = of_phrases([phrase[:-1] for phrase in phrases if phrase.endswith("+")])
    unless = of_phrases(fault_words.phrases(fault_words.UNLESS))
    strength = of_phrases([*fault_words.phrases(fault_words.INTENSIFIERS), "the most", "most", "pretty", "比较", "最"])
    return re.compile(rf"(?:(?:{strength})\s?){{0,3}}(?P<core>{always}|(?:{sometimes})(?![\s-]*(?:{unless})))")


def _overlaps(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _finding(code: Code, folded: str, span: tuple[int, int]) -> Finding:
    why, suggestion = _WHY[code]
    return Finding(code, "warning", why.format(words=folded[slice(*span)].strip()), suggestion, span)
