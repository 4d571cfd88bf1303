"""Long text into segments that can be spoken one by one, with the pause that belongs behind each. Knows no voices.

Where sentences end is the business of `sentences`, where else a text can be cut that of `cuts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from voice_design_mcp.speech.cuts import Place, pieces
from voice_design_mcp.speech.graphemes import cells
from voice_design_mcp.speech.sentences import CLOSERS

PARAGRAPH_PAUSE_S: Final = 0.8
"""Between paragraphs: a blank line."""

LINE_PAUSE_S: Final = 0.6
"""Between lines: a single line break."""

SENTENCE_PAUSE_S: Final = 0.3
"""Between sentences."""

CLAUSE_PAUSE_S: Final = 0.12
"""Inside a sentence, behind a comma or its like."""

_PAUSES_S: Final = {Place.SENTENCES: SENTENCE_PAUSE_S, Place.CLAUSES: CLAUSE_PAUSE_S}
_ENDS_LINE: Final = frozenset(".!?…:;。！？：；\"'»›" + CLOSERS)
_LIST_ITEM: Final = re.compile(r"[-*+•–—>#]|\d{1,3}[.)]\s")
_WRAPPED_FROM_CELLS: Final = 50
_HAN_KANA: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text to be spoken in one go.

    Attributes:
        text: Without white space around it, not empty.
        pause_after_s: Silence wanted between it and the next; 0 inside a phrase and for the last.
    """

    text: str
    pause_after_s: float

    @property
    def has_words(self) -> bool:
        """Whether there is a letter or digit in it; a line of asterisks has none, and some models refuse to speak it."""
        return any(map(str.isalnum, self.text))


def split(text: str, language: str, limit: int, count: Callable[[str], int] = len) -> list[Segment]:
    """Cut `text` into as few segments as fit, at sentences where that can be, never across a paragraph.

    Every character but white space is in exactly one segment, in order. A line that was only wrapped (a long one that ends in
    mid-sentence, or one that goes on in lower case) is read together with the next.

    Args:
        text: Plain text.
        language: Code of the language, which says what is abbreviated how: zh, en, de, it, pt, es, ja, ko, fr or ru. Any
            other code is split by punctuation alone.
        limit: The greatest length of a segment.
        count: Length as the model counts it; of a text, the sum over its characters.

    Raises:
        ValueError: The limit is under 1, one character is longer than it, or `count` does not add up.
    """
    if limit < 1:
        raise ValueError(f"A limit of {limit} leaves no room for text.")
    return [
        Segment(piece, pause_s if place is None else _PAUSES_S.get(place, 0.0))
        for paragraph, pause_s in _paragraphs(text)
        for piece, place in pieces(paragraph, language, limit, count)
    ]


def _paragraphs(text: str) -> Iterator[tuple[str, float]]:
    """Give each paragraph on one line, and the pause behind it."""
    lines: list[str] = []
    is_behind_blank = False
    for line in map(str.strip, text.splitlines()):
        if line and lines and (is_behind_blank or not _is_wrapped(lines[-1], line)):
            yield "".join(lines), PARAGRAPH_PAUSE_S if is_behind_blank else LINE_PAUSE_S
            lines = []
        if line:
            lines.extend([_joint(lines[-1], line), line] if lines else [line])
        is_behind_blank = not line
    if lines:
        yield "".join(lines), 0.0


def _is_wrapped(line: str, following: str) -> bool:
    """Whether a line break stands only where a line was full."""
    if line[-1] in _ENDS_LINE or _LIST_ITEM.match(following):
        return False
    return following[0].islower() or (cells(line) >= _WRAPPED_FROM_CELLS and not line.startswith("#"))


def _joint(line: str, following: str) -> str:
    return "" if _HAN_KANA.match(line[-1]) and _HAN_KANA.match(following) else " "
