"""What a voice description says, along the seven dimensions: the one reading that the review and the engines share.

Refuses to know what a trait sounds like, and never guesses: what is not said stays unstated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, cast

from . import ages, lexicon, scales, scanning, scopes
from .ages import Age
from .folding import fold

Gender = Literal["male", "female", "neutral"]
DIMENSIONS: Final = lexicon.DIMENSIONS


@dataclass(frozen=True, slots=True)
class Match:
    """Words of the description and the one thing they say; words that say two things have two matches.

    Attributes:
        dimension: One of `DIMENSIONS`.
        value: The canonical value. Emotions, characteristics and uses may carry one that `Traits` has no word for ("sad",
            "nasal", "podcast"): it counts as stated, but nothing is made of it.
        start: Where the words begin in the description.
        end: Where they end, exclusive.
    """

    dimension: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Traits:
    """A description, read.

    Attributes:
        gender: "neutral" also when unstated.
        age: The vendor's age group; "adult" when unstated.
        age_years: The age in years where the description states a number.
        pitch: -2 low, -1 slightly low, 0 medium or unstated, 1 slightly high, 2 high.
        speed: -2 slow, -1 slightly slow, 0 medium or unstated, 1 slightly fast, 2 fast.
        emotions: Values of `lexicon.EMOTIONS`, in the order said.
        characteristics: Values of `lexicon.CHARACTERISTICS`, in the order said.
        uses: Values of `lexicon.USES`, in the order said.
        matches: Everything recognised, in the order said, also what a stronger word overrules ("boyish" of a woman).
    """

    gender: Gender = "neutral"
    age: Age = "adult"
    age_years: int | None = None
    pitch: int = 0
    speed: int = 0
    emotions: tuple[str, ...] = ()
    characteristics: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()


class _Said(NamedTuple):
    match: Match
    weight: int
    years: int | None


def parse(description: str) -> Traits:
    """Read a voice description in English, Chinese or both.

    Never fails: a description that says nothing known has no matches. Deterministic and without state.
    """
    said = _everything_said(description)
    gender, age = _strongest(said, "gender"), _strongest(said, "age")
    return Traits(
        gender=cast("Gender", gender.match.value) if gender else "neutral",
        age=cast("Age", age.match.value) if age else "adult",
        age_years=age.years if age else None,
        pitch=_first_step(said, "pitch"),
        speed=_first_step(said, "speed"),
        emotions=_known(said, "emotion", lexicon.EMOTIONS),
        characteristics=_known(said, "characteristics", lexicon.CHARACTERISTICS),
        uses=_known(said, "use_case", lexicon.USES),
        matches=tuple(one.match for one in said),
    )


def missing(traits: Traits) -> tuple[str, ...]:
    """Return the dimensions of which the description says nothing, in the order of `DIMENSIONS`."""
    stated = {match.dimension for match in traits.matches}
    return tuple(dimension for dimension in DIMENSIONS if dimension not in stated)


def _everything_said(description: str) -> list[_Said]:
    folded = fold(description)
    tokens = scanning.scan(folded, ages.find(folded))
    negated = scopes.negated(tokens)
    not_said = negated | scopes.listeners(tokens)
    said = [
        _Said(Match(sense.kind, sense.value, token.start, token.end), sense.weight, token.years)
        for place, token in enumerate(tokens)
        if place not in not_said
        for sense in token.senses
        if sense.kind in DIMENSIONS
    ]
    said += [_Said(Match(*reading), 0, None) for reading in scales.bind(tokens, negated)]
    said.sort(key=lambda one: (one.match.start, one.match.end, DIMENSIONS.index(one.match.dimension)))
    return said


def _strongest(said: Sequence[_Said], dimension: str) -> _Said | None:
    return max((one for one in said if one.match.dimension == dimension), key=lambda one: one.weight, default=None)


def _first_step(said: Sequence[_Said], dimension: str) -> int:
    return next((scales.step(one.match.value) for one in said if one.match.dimension == dimension), 0)


def _known(said: Sequence[_Said], dimension: str, values: Sequence[str]) -> tuple[str, ...]:
    found = (one.match.value for one in said if one.match.dimension == dimension and one.match.value in values)
    return tuple(dict.fromkeys(found))
