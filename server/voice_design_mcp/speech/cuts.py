"""Cuts one paragraph into pieces of a greatest length, at the best place there is. Knows no pauses and no lines.

Best is behind a sentence, then behind a clause, then between words. Text without spaces is cut between Chinese or Japanese
characters, and a single word that is longer than a piece between its characters.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from enum import IntEnum
from itertools import accumulate
from typing import Final

from voice_design_mcp.speech.graphemes import clusters
from voice_design_mcp.speech.sentences import CLOSERS, EAST_ASIAN, Marks, read

Count = Callable[[str], int]


class Place(IntEnum):
    """What a cut goes between, worst first."""

    CHARACTERS = 0
    HELD_WORDS = 1
    """Words that belong together: "Dr. Smith", "10 000"."""
    IDEOGRAPHS = 2
    WORDS = 3
    CLAUSES = 4
    SENTENCES = 5


_PREFERENCES: Final = (
    (Place.CLAUSES, 0.5),
    (Place.WORDS, 0.25),
    (Place.CLAUSES, 0.0),
    (Place.WORDS, 0.0),
    (Place.IDEOGRAPHS, 0.0),
    (Place.HELD_WORDS, 0.0),
)
"""Where a sentence that is too long is cut, tried in turn, and the least share of the wanted length that a piece may have."""

_WIDE: Final = f"{EAST_ASIAN}。，、；：！？”」』）】》"
_CLAUSE: Final = re.compile(
    rf"(?:[,;:](?=[\s\"'’{re.escape(CLOSERS)}])|(?<=[{EAST_ASIAN}])[,;:](?=[{EAST_ASIAN}])|[，、；：]|(?<!—)—+(?!—|\s*[,.])|[–-](?=\s))"
    rf"(?:[{re.escape(CLOSERS)}]|[\"'’»](?=\s))*(?=[\s{_WIDE}]|(?<=[，、；：—])\w)"
)
_SPACE: Final = re.compile(r"\s+")
_NO_BREAK: Final = re.compile("[\u00a0\u2007\u202f]")
_NEVER_FIRST: Final = frozenset(
    "!?:;,.…%‰»›" + CLOSERS + "。，、；：！？・ーゝゞ々〻ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ～〜"
)
_NEVER_LAST: Final = frozenset("«‹([{¿¡“„‘「『（【《〈〔［｛$€£¥#§№")
_HAN_KANA: Final = EAST_ASIAN.replace("\uac00-\ud7a3", "").replace("\u3021-\u30ff", "\u3041-\u3098\u309b-\u30ff")
_TOUCHING: Final = re.compile(
    rf"(?<=[{_HAN_KANA}])(?=[{_HAN_KANA}A-Za-z0-9「『（《“])|(?<=[A-Za-z」』）》”。，、；：！？])(?=[{_HAN_KANA}])"
)
_KATAKANA: Final = re.compile("[ァ-ヿｦ-ﾟ]{2}")
_PARTICLE: Final = re.compile(rf"(?<=[をはがにで])(?=[\u30a1-\u30fa\u4e00-\u9fff])|(?<=(?<!目)的)(?=[{_HAN_KANA}])")


def pieces(paragraph: str, language: str, limit: int, count: Count) -> Iterator[tuple[str, Place | None]]:
    """Give the pieces of `paragraph` and what each cut goes between, None behind the last.

    As many whole sentences as fit make a piece. A sentence that is too long makes pieces of about equal length. Only white
    space at the cuts is lost.

    Args:
        paragraph: A text without line breaks and white space around it, not empty.
        language: For `sentences.read`.
        limit: The greatest length of a piece, 1 or more.
        count: Length as the limit counts it; of a text, the sum over its characters.

    Raises:
        ValueError: One character is longer than the limit, or `count` does not add up.
    """
    cutter = _Cutter(paragraph, language, limit, count)
    start = 0
    while not cutter.fits(start):
        end, place = cutter.cut(start)
        yield cutter.checked(start, end), place
        space = _SPACE.match(paragraph, end)
        start = space.end() if space else end
    yield cutter.checked(start, len(paragraph)), None


class _Cutter:
    def __init__(self, text: str, language: str, limit: int, count: Count) -> None:
        self._text, self._limit, self._count = text, limit, count
        cost = {character: count(character) for character in set(text)}
        self._costs = list(accumulate((cost[character] for character in text), initial=0))
        self._places: dict[Place, list[int]] | None = None
        self._language = language

    def fits(self, start: int) -> bool:
        return self._costs[-1] - self._costs[start] <= self._limit

    def checked(self, start: int, end: int) -> str:
        piece = self._text[start:end]
        if self._count(piece) > self._limit:
            raise ValueError("What counts the text must give the sum over its characters.")
        return piece

    def cut(self, start: int) -> tuple[int, Place]:
        """Say where the piece that begins at `start` ends."""
        if self._places is None:
            self._places = _places(self._text, self._language)
        reach = bisect_right(self._costs, self._costs[start] + self._limit) - 1
        ends = self._places[Place.SENTENCES]
        behind = bisect_right(ends, reach)
        if behind and ends[behind - 1] > start:
            return ends[behind - 1], Place.SENTENCES
        sentence_end = ends[behind] if behind < len(ends) else len(self._text)
        wanted = self._even_share(start, sentence_end)
        for place, least in _PREFERENCES:
            end = self._nearest(self._places[place], start, wanted, reach)
            if end and self._costs[end] - self._costs[start] >= least * wanted:
                return end, place
        return self._between_characters(start, reach), Place.CHARACTERS

    def _even_share(self, start: int, end: int) -> float:
        cost = self._costs[end] - self._costs[start]
        return cost / math.ceil(cost / self._limit)

    def _nearest(self, places: list[int], start: int, wanted: float, reach: int) -> int:
        """The first of `places` that makes a piece of the wanted length, else the last before it; 0 when there is none."""
        at = bisect_left(places, bisect_left(self._costs, self._costs[start] + wanted))
        if at < len(places) and places[at] <= reach:
            return places[at]
        return places[at - 1] if at and places[at - 1] > start else 0

    def _between_characters(self, start: int, reach: int) -> int:
        end = start
        # A cluster that begins in reach may end behind it, so a little more than that is read.
        for cluster in clusters(self._text[start : reach + 1]):
            if end + len(cluster) > reach:
                break
            end += len(cluster)
        if end == start:
            raise ValueError(f"One character of the text is longer than the limit of {self._limit}.")
        return end


def _places(text: str, language: str) -> dict[Place, list[int]]:
    marks = read(text, language)
    words, held = _between_words(text, marks)
    words.extend(match.start() for match in _PARTICLE.finditer(text))
    clauses = {match.end() for match in _CLAUSE.finditer(text)}
    return {
        Place.SENTENCES: marks.ends,
        Place.CLAUSES: sorted(clauses.union(marks.rests).difference(marks.held, [len(text)])),
        Place.WORDS: sorted(words),
        Place.IDEOGRAPHS: [match.start() for match in _TOUCHING.finditer(text) if _may_part(text, match.start())],
        Place.HELD_WORDS: held,
    }


def _between_words(text: str, marks: Marks) -> tuple[list[int], list[int]]:
    words: list[int] = []
    held: list[int] = []
    for space in _SPACE.finditer(text):
        at, before, behind = space.start(), text[space.start() - 1], text[space.end()]
        is_held = (
            at in marks.held
            or behind in _NEVER_FIRST
            or before in _NEVER_LAST
            or (before.isdecimal() and behind.isdecimal())
            or _NO_BREAK.search(space.group())
        )
        (held if is_held else words).append(at)
    return words, held


def _may_part(text: str, at: int) -> bool:
    return (
        text[at] not in _NEVER_FIRST
        and text[at - 1] not in _NEVER_LAST
        and not _KATAKANA.fullmatch(text, at - 1, at + 1)
    )
