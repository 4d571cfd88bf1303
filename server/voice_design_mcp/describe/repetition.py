"""What a description says twice, or says both ways: repeated words, synonyms that add nothing, piled-up and empty modifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from . import fault_words
from .findings import Finding
from .lexicon import STEPS
from .reading import Said
from .wording import of_phrases

_SCALES: Final = ("pitch", "speed")
_WORDS: Final = ("emotion", "characteristics")
_LONGEST_VERB: Final = 16
_FIRST_HAN: Final = "\u3400"
_ECHO: Final = re.compile(r"(?P<once>[很好真最][^\W\d_])\s*(?=(?P=once))")
_SPEAKING: Final = re.compile(r"\b(?:(?:who|and)\s+)?(?:speak|talk|read)(?:s|ing)\s+$")
_OTHER_WAYS: Final = {"pitch": ("high", "low"), "speed": ("fast", "slow")}


def find(folded: str, said: Sequence[Said]) -> list[Finding]:
    """Return the redundancies of a folded description, in the order said; each names what can go."""
    spans = [match.span("again") for match in _piled().finditer(folded)]
    spans += [match.span("once") for match in _ECHO.finditer(folded)]
    spans += [match.span() for match in _empty().finditer(folded)]
    spans += _said_again(folded, said)
    return [_redundant(folded, span) for span in sorted(set(spans))]


def contradictions(folded: str, said: Sequence[Said]) -> list[Finding]:
    """Return where a pitch or a speed is said in two ways that exclude each other."""
    found: list[Finding] = []
    for dimension in _SCALES:
        first, *later = [one for one in said if one.dimension == dimension] or [None]
        against = next((one for one in later if one and first and STEPS[one.value] * STEPS[first.value] < 0), None)
        if first is None or against is None:
            continue
        high, low = _OTHER_WAYS[dimension]
        found.append(
            Finding(
                "contradiction",
                "warning",
                f'"{_words(folded, against)}" contradicts "{_words(folded, first)}".',
                f"Say one {dimension}: {high} or {low}, or something between.",
                (against.start, against.end),
            )
        )
    return found


def _said_again(folded: str, said: Sequence[Said]) -> Iterator[tuple[int, int]]:
    """Yield where a word, a synonym of it or a place on a scale comes again, in the same script and not in one breath."""
    ends: dict[tuple[str, str | int, bool], int] = {}
    for one in said:
        words = folded[one.start : one.end]
        if one.dimension in _SCALES:
            meant: str | int = one.value
        elif one.dimension in _WORDS:
            meant = _groups().get(words, words)
        else:
            continue
        key = (one.dimension, meant, words >= _FIRST_HAN)
        if key in ends and folded[ends[key] : one.start].strip():
            yield _from(folded, one.start), one.end
        ends[key] = max(one.end, ends.get(key, 0))


def _from(folded: str, start: int) -> int:
    """Where to begin taking out: with the verb that only carries an adverb ("speaking slowly")."""
    carrier = _SPEAKING.search(folded, max(0, start - _LONGEST_VERB), start)
    return carrier.start() if carrier else start


def _words(folded: str, one: Said) -> str:
    return folded[one.start : one.end]


@cache
def _groups() -> Mapping[str, int]:
    lines = fault_words.SYNONYMS.strip().splitlines()
    return {word: place for place, line in enumerate(lines) for word in fault_words.phrases(line)}


@cache
def _piled() -> re.Pattern[str]:
    strong = of_phrases(fault_words.phrases(fault_words.INTENSIFIERS))
    return re.compile(rf"(?:{strong})(?P<again>(?:[\s,，、]*(?:{strong}))+)")


@cache
def _empty() -> re.Pattern[str]:
    return re.compile(of_phrases(fault_words.phrases(fault_words.EMPTY)))


def _redundant(folded: str, span: tuple[int, int]) -> Finding:
    words = folded[slice(*span)].strip(" ,，、")
    return Finding("redundant", "warning", f'"{words}" adds nothing: it is said besides.', "Leave it out.", span)
