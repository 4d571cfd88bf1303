"""Clauses to the sounds of Kokoro-82M, in any of the languages, and to pieces that the model says in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from voice_design_mcp.sandbox.engine.neural import chinese, ipa, kana, korean
from voice_design_mcp.sandbox.engine.neural.clauses import PARAGRAPH, Clause
from voice_design_mcp.sandbox.engine.neural.vocabulary import tokens

_SHORTEST = 16
_FIRST_TARGET, _TARGET = 45, 130
_FIRST_LONGEST, _LONGEST = 80, 220
_ENDS_SENTENCE = f"?!….{PARAGRAPH}"
_FOREIGN = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9' &+-]*")
_MARK_SAID = {PARAGRAPH: "."}


@dataclass(frozen=True, slots=True)
class Piece:
    """What the model says in one go: its tokens, and the mark of the pause behind it ("" in the middle of a clause)."""

    tokens: tuple[int, ...]
    mark: str


def sounds(clauses: Sequence[Clause], language: str) -> list[str]:
    """Return the sounds of each clause.

    Args:
        clauses: Their words.
        language: One of `LANGUAGES`.

    Raises:
        EngineError: The text cannot be read here.
    """
    texts = [clause.words for clause in clauses]
    if language == "zh":
        return _mixed(texts, _chinese)
    if language == "ja":
        from voice_design_mcp.sandbox.engine.japanese import kana as read

        return _mixed([read(text) for text in texts], kana.sounds)
    if language == "ko":
        return _mixed(texts, korean.sounds)
    return ipa.sounds(texts, language)


def pieces(clauses: Sequence[Clause], said: Sequence[str]) -> list[Piece]:
    """Gather clauses into pieces: the first one short, so that sound comes soon, the others about a sentence long."""
    gathered: list[Piece] = []
    line, mark = "", ""
    for clause, clause_sounds in zip(clauses, said, strict=True):
        target = _TARGET if gathered else _FIRST_TARGET
        ends = mark and mark in _ENDS_SENTENCE
        if len(line) >= _SHORTEST and (ends or len(line) + len(clause_sounds) > target):
            gathered += _cut(line, mark, is_first=not gathered)
            line = ""
        line = f"{line} {clause_sounds.strip()}{_MARK_SAID.get(clause.mark, clause.mark)}".strip()
        mark = clause.mark
    gathered += _cut(line, mark, is_first=not gathered)
    return [piece for piece in gathered if piece.tokens]


def _cut(line: str, mark: str, *, is_first: bool) -> Iterator[Piece]:
    """A line that is too long for one breath is cut between words, or where there are none, behind a tone."""
    longest = _FIRST_LONGEST if is_first else _LONGEST
    while len(line) > longest:
        at = max(line.rfind(end, longest // 2, longest) for end in " →↗↓↘") + 1 or longest
        yield Piece(tuple(tokens(line[:at].strip())), "")
        line, longest = line[at:].strip(), _LONGEST
    yield Piece(tuple(tokens(line)), mark)


def _mixed(texts: Sequence[str], own: Callable[[str], str]) -> list[str]:
    """Sounds of texts in which Latin words are read as English and the rest by `own`."""
    foreign = [found[0].strip() for text in texts for found in _FOREIGN.finditer(text)]
    english = iter(ipa.sounds(foreign, "en"))
    said: list[str] = []
    for text in texts:
        line, start = "", 0
        for found in _FOREIGN.finditer(text):
            line += f"{own(text[start : found.start()])} {next(english)} "
            start = found.end()
        said.append(" ".join((line + own(text[start:])).split()))
    return said


def _chinese(text: str) -> str:
    pypinyin: Any = import_module("pypinyin")  # only the extra brings it
    said = chinese.numbers_said(text)
    syllables: list[str] = pypinyin.lazy_pinyin(said, style=pypinyin.Style.TONE3, neutral_tone_with_five=True)
    return "".join(chinese.sounds_of_syllable(syllable) or " " * (not syllable.strip()) for syllable in syllables)
