"""How a folded description becomes tokens: the longest known phrase at each place, in either language, with its senses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from . import lexicon, particles
from .ages import StatedAge, band

HARD_MARKS: Final = frozenset('.;!?—()[]{}\n"“”')
"""Marks that end a clause; a comma may join a list."""

# Five words and the gaps between them.
_LONGEST_SPAN: Final = 9
_LONGEST_HAN: Final = 7
_STATED_AGE_WEIGHT: Final = 9
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
# A word of three letters may be an ending and little else.
_SHORTEST_STEM: Final = 3
_ENDINGS: Final = (
    ("iness", "y"),
    ("ness", ""),
    ("ically", "ic"),
    ("ily", "y"),
    ("ly", ""),
    ("ly", "le"),
    ("ier", "y"),
    ("iest", "y"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
    ("ies", "y"),
    ("s", ""),
)


class Sense(NamedTuple):
    """One meaning: a value of a dimension or a class of particles, and its weight against other values."""

    kind: str
    value: str
    weight: int


class Token(NamedTuple):
    """A stretch of a folded description and what it may mean; without senses it is a word or a mark unknown here."""

    text: str
    start: int
    end: int
    senses: tuple[Sense, ...] = ()
    years: int | None = None

    def value(self, kind: str) -> str | None:
        """Return the value of the first sense of this kind."""
        return next((sense.value for sense in self.senses if sense.kind == kind), None)

    def has(self, *kinds: str) -> bool:
        """Tell whether any sense is of one of these kinds."""
        return any(sense.kind in kinds for sense in self.senses)

    @property
    def is_person(self) -> bool:
        """Whether it says who someone is: a gender or an age."""
        return self.has("gender", "age")


@cache
def _index() -> dict[str, tuple[Sense, ...]]:
    senses: dict[str, tuple[Sense, ...]] = {}
    for row in lexicon.rows(lexicon.TABLES | particles.TABLES):
        senses[row.phrase] = (*senses.get(row.phrase, ()), Sense(row.kind, row.value, row.weight))
    return senses


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(rf"(?P<han>[{_HAN}])|(?P<word>[^\W\d_{_HAN}]+)|(?P<gap>[^\S\n]+|['_-])|(?P<other>\d+|.|\n)")


def scan(folded: str, ages: Sequence[StatedAge]) -> list[Token]:
    """Cut a folded description into tokens; each stated age is one token, and gaps are left out."""
    tokens: list[Token] = []
    position = 0
    for age in ages:
        tokens += _scan_words(folded, position, age.start)
        stated = Sense("age", band(age.years), _STATED_AGE_WEIGHT)
        tokens.append(Token(folded[age.start : age.end], age.start, age.end, (stated,), age.years))
        position = age.end
    tokens += _scan_words(folded, position, len(folded))
    return tokens


def _scan_words(folded: str, start: int, end: int) -> Iterator[Token]:
    pieces = list(_pieces().finditer(folded, start, end))
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.lastgroup == "gap":
            place += 1
            continue
        count, senses = 1, ()
        if piece.lastgroup == "han":
            count, senses = _longest_han(folded, pieces, place)
        elif piece.lastgroup == "word":
            count, senses = _longest_english(pieces, place)
        else:
            senses = _index().get(piece.group(), ())
        last = pieces[place + count - 1]
        yield Token(folded[piece.start() : last.end()], piece.start(), last.end(), senses)
        place += count


def _longest_han(folded: str, pieces: Sequence[re.Match[str]], place: int) -> tuple[int, tuple[Sense, ...]]:
    start = pieces[place].start()
    run = 1
    while run < _LONGEST_HAN and place + run < len(pieces) and pieces[place + run].lastgroup == "han":
        run += 1
    for length in range(run, 0, -1):
        if senses := _index().get(folded[start : start + length]):
            return length, senses
    return 1, ()


def _longest_english(pieces: Sequence[re.Match[str]], place: int) -> tuple[int, tuple[Sense, ...]]:
    words: list[str] = []
    ends: list[int] = []
    for count, piece in enumerate(pieces[place : place + _LONGEST_SPAN], start=1):
        if piece.lastgroup == "word":
            words.append(piece.group())
            ends.append(count)
        elif piece.lastgroup != "gap":
            break
    for length in range(len(words), 0, -1):
        if senses := _index().get(" ".join(words[:length])):
            return ends[length - 1], senses
    return 1, _inflected(words[0])


def _inflected(word: str) -> tuple[Sense, ...]:
    """Look a word up without its ending: "clearly" as clear, "huskiness" as husky, "softer" as soft."""
    for ending, replacement in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and (senses := _index().get(stem + replacement)):
            return senses
    return ()
