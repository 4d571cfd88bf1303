"""What a voice description says, along the seven dimensions: the one reading that the review and the engines share.

Refuses to know what a trait sounds like, and never guesses: what is not said stays unstated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from . import lexicon
from .lexicon import Age, Gender

if TYPE_CHECKING:
    from .reading import Said

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


def parse(description: str) -> Traits:
    """Read a voice description in English, Chinese or both.

    Never fails: a description that says nothing known has no matches. Deterministic and without state.
    """
    from . import reading  # the grammar costs more to import than a server that reviews nothing should pay

    said = reading.read(description)
    gender, age = _strongest(said, "gender"), _strongest(said, "age")
    return Traits(
        gender=cast("Gender", gender.value) if gender else "neutral",
        age=cast("Age", age.value) if age else "adult",
        age_years=age.years if age else None,
        pitch=_first_step(said, "pitch"),
        speed=_first_step(said, "speed"),
        emotions=_known(said, "emotion", lexicon.EMOTIONS),
        characteristics=_known(said, "characteristics", lexicon.CHARACTERISTICS),
        uses=_known(said, "use_case", lexicon.USES),
        matches=tuple(Match(one.dimension, one.value, one.start, one.end) for one in said),
    )


def missing(traits: Traits) -> tuple[str, ...]:
    """Return the dimensions of which the description says nothing, in the order of `DIMENSIONS`."""
    stated = {match.dimension for match in traits.matches}
    return tuple(dimension for dimension in DIMENSIONS if dimension not in stated)


def _strongest(said: Sequence[Said], dimension: str) -> Said | None:
    return max((one for one in said if one.dimension == dimension), key=lambda one: one.weight, default=None)


def _first_step(said: Sequence[Said], dimension: str) -> int:
    return next((lexicon.STEPS[one.value] for one in said if one.dimension == dimension), 0)


def _known(said: Sequence[Said], dimension: str, values: Sequence[str]) -> tuple[str, ...]:
    found = (one.value for one in said if one.dimension == dimension and one.value in values)
    return tuple(dict.fromkeys(found))
