"""A description changed by a few words, such as "older, slower". By rule alone; no word is put in but the change's own.

What the change says of gender, age, pitch, speed, emotion or use stands for what was said of it; characteristics are added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import reading, rewriting

_ADDED: Final = "characteristics"
_HAN: Final = re.compile("[\u3400-\u9fff]")
_BETWEEN: Final = re.compile(
    r"(?:[\s,，、;；.。]|\b(?:and|but|a|an|the|more|for|with|voice)\b|[而且但又和更的适合用于])*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Altered:
    """A description after a change: the whole `text`, the words of the old one that it is without, and those of the change."""

    text: str
    left_out: tuple[str, ...]
    put_in: str


def altered(description: str, change: str) -> Altered:
    """Return `description` with a change made to it.

    Each thing that the change says takes the place of what was said of it, so that the sentence stays one. Where the change has
    words that nothing is known of, or is in another script, it stands whole behind what is left.
    """
    said, changed = reading.read(description), reading.read(change)
    replaced = {one.dimension for one in changed} - {_ADDED}
    old = _outermost([one for one in said if one.dimension in replaced])
    left_out = tuple(dict.fromkeys(description[one.start : one.end] for one in old))
    is_known = bool(changed) and not _rest(change, changed)
    if is_known and bool(_HAN.search(description)) == bool(_HAN.search(change)):
        return Altered(_in_place(description, old, change, changed), left_out, change.strip())
    kept = rewriting.without(description, [(one.start, one.end) for one in old])
    return Altered(_behind(kept, change), left_out, change.strip())


def _in_place(description: str, old: Sequence[reading.Said], change: str, changed: Sequence[reading.Said]) -> str:
    """The description with the first words of each dimension replaced, the others left out, and what is new behind."""
    words: dict[str, list[str]] = {}
    for one in _outermost(changed):
        words.setdefault(one.dimension, []).append(change[one.start : one.end])
    text, gone = description, list[tuple[int, int]]()
    for one in reversed(old):
        first = next(each for each in old if each.dimension == one.dimension)
        if one is not first:
            gone.append((one.start, one.end))
            continue
        new = _listed(words.pop(one.dimension), change)
        before = len(text)
        text = rewriting.replaced(text, (one.start, one.end), new)
        grown = len(text) - before
        gone = [(start + grown, end + grown) for start, end in gone]
    text = rewriting.without(text, gone)
    new = [word for listed in words.values() for word in listed]
    return _behind(text, _listed(new, change)) if new else text


def _outermost(said: Sequence[reading.Said]) -> list[reading.Said]:
    """Without what lies within, or repeats, the words of another."""
    kept: list[reading.Said] = []
    for one in sorted(said, key=lambda each: (each.start, -each.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _rest(change: str, changed: Sequence[reading.Said]) -> str:
    """What of a change is neither known nor a mere joint."""
    text = change
    for one in reversed(_outermost(changed)):
        text = text[: one.start] + " " + text[one.end :]
    return _BETWEEN.sub("", text)


def _listed(words: Sequence[str], change: str) -> str:
    return ("、" if _HAN.search(change) else ", ").join(words)


def _behind(kept: str, change: str) -> str:
    kept, change = kept.rstrip(" .。,，"), change.strip().rstrip(".。")
    if not kept:
        return change
    return f"{kept}，{change}。" if _HAN.search(kept) else f"{kept}, {change}."
