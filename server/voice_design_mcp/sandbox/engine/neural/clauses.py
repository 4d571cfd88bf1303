"""Cuts a text where a reader would pause, and says how: each clause with the one mark that ends it. Knows no sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PARAGRAPH = "\n"
"""The mark of a clause that ends its line."""

_BY_STRENGTH = PARAGRAPH + "?!….;:,—"
_RUN = re.compile(r"[.,:;!?…—\n][\s.,:;!?…—]*")
_DASH = re.compile(r"(?<=\s)[-–]+(?=\s)|--+")
_ELLIPSIS = re.compile(r"\.{2,}")
_MARKS = str.maketrans("。．｡！？；：，、､‥～〜（）()【】", "...!?;:,,,…——,,,,,,")
_UNSPOKEN = str.maketrans(dict.fromkeys('"“”„«»「」『』《》〈〉‹›*_#`|[]{}<>', " ") | {"’": "'", "‘": "'"})
_BEFORE_NAMES = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "sr", "sra", "dra", "hr", "fr", "mme", "no", "nr", "vs"}
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Words without marks, and the mark that ends them: one of ``?!….;:,—`` or `PARAGRAPH`."""

    words: str
    mark: str


def clauses(text: str) -> list[Clause]:
    """Cut `text`; each clause has a letter or a digit in it, and the last one ends a sentence."""
    text = _DASH.sub("—", text.translate(_MARKS).translate(_UNSPOKEN))
    text = _ELLIPSIS.sub("…", text)
    found: list[Clause] = []
    for words, mark in _cut(text):
        if any(character.isalnum() for character in words):
            found.append(Clause(" ".join(words.split()), mark))
        elif found:  # two marks with nothing between them are one: the stronger
            found[-1] = Clause(found[-1].words, min(found[-1].mark, mark, key=_BY_STRENGTH.index))
    if found and found[-1].mark not in "?!….":
        found[-1] = Clause(found[-1].words, ".")
    return found


def _cut(text: str) -> Iterator[tuple[str, str]]:
    start = 0
    for run in _RUN.finditer(text):
        if _pauses(text, run):
            yield (
                text[start : run.start()],
                min((mark for mark in run[0] if not mark.isspace() or mark == "\n"), key=_rank),
            )
            start = run.end()
    yield text[start:], "."


def _rank(mark: str) -> int:
    # A question at the end of a line is still asked.
    return ("?!" + _BY_STRENGTH).index(mark)


def _pauses(text: str, run: re.Match[str]) -> bool:
    """Tell a pause from a mark inside a number, an address or an abbreviation."""
    if set(run[0]) & set("\n?!;…—"):
        return True
    before, after = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
    if len(run[0]) == 1 and before.isalnum() and after.isalnum():
        return not (before.isascii() and after.isascii()) and not (before.isdecimal() and after.isdecimal())
    if run[0].strip() != ".":
        return True
    word = re.split(r"[\s.]", text[: run.start()][-12:])[-1]
    return not (
        after.islower() or word.lower() in _BEFORE_NAMES or (len(word) == 1 and word.isascii() and word.isalpha())
    )
