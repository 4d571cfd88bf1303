"""The whole way from a description to what is said in it: fold, find ages, scan, leave out what is negated or of listeners.

Decides nothing between contradicting words: that is for traits.py.
"""

from __future__ import annotations

from typing import NamedTuple

from . import ages, scales, scanning, scopes
from .folding import fold
from .lexicon import DIMENSIONS


class Said(NamedTuple):
    """One thing that some words of a description say, with its weight against others and the years where it is an age."""

    dimension: str
    value: str
    start: int
    end: int
    weight: int = 0
    years: int | None = None


def read(description: str) -> list[Said]:
    """Return everything that a description says of the voice, in the order said."""
    folded = fold(description)
    tokens = scanning.scan(folded, ages.find(folded))
    negated = scopes.negated(tokens)
    not_said = negated | scopes.listeners(tokens)
    said = [
        Said(sense.kind, sense.value, token.start, token.end, sense.weight, token.years)
        for place, token in enumerate(tokens)
        if place not in not_said
        for sense in token.senses
        if sense.kind in DIMENSIONS
    ]
    said += [Said(*placed) for placed in scales.bind(tokens, negated)]
    said.sort(key=lambda one: (one.start, one.end, DIMENSIONS.index(one.dimension)))
    return said
