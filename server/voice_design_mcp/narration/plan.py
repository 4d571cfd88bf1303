"""A plan: the lines of a script as pieces, one request each, with what each costs and what is wrong. Pure; sends nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from ..catalog_rows import TargetModel
from ..characters import billed_characters, text_length
from ..dashscope.admission import admit
from ..dashscope.seam import PLAIN, SpeechOptions
from ..describe.language import recognise
from ..errors import InputError
from ..speech.split import split
from .script import Line, Script

PIECE_MAX: Final = 300
"""The most that is asked for in one request, as the model counts: some 20 s of speech. So little is lost with one answer, several
are spoken at once, a change in a long paragraph costs little, and times in it are measured often enough for subtitles."""
TITLE_MAX: Final = 100
_LATIN_S: Final = 0.066
_WIDE_S: Final = 0.2
_WIDE_FROM: Final = 0x2E80


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a speaker's lines: a voice with its model, and how.

    `made_for` is the language that the voice was designed in. A line's own direction goes before the instructions in `options`.
    """

    voice: str
    model: TargetModel
    made_for: str = ""
    language: str = ""
    options: SpeechOptions = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One request. `key` tells its sound: who asks, model, voice, text and parameters; `line` is counted from 0."""

    key: str
    line: int
    text: str
    reader: Reader
    options: SpeechOptions
    pause_after_s: float

    @property
    def characters(self) -> int:
        """As the vendor bills them."""
        return billed_characters(self.text)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line, counted from 1, or with all of them (0). A fatal one keeps the script from being spoken.

    `argument` and `code` are those of the error that a fatal one is.
    """

    line: int
    text: str
    fatal: bool = True
    argument: str = "script"
    code: str = "invalid_argument"

    @property
    def told(self) -> str:
        """In words, with the line that it is about."""
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True)
class Plan:
    """What is to be spoken, in order, and how it is given."""

    lines: Sequence[Line]
    pieces: Sequence[Piece]
    problems: Sequence[Problem]
    given: Mapping[str, str]
    notes: Sequence[str] = ()

    @cached_property
    def key(self) -> str:
        """What the finished file is known by: the same plan gives the same bytes."""
        parts = [[piece.key, piece.line, piece.pause_after_s] for piece in self.pieces]
        return _digest([parts, [[line.speaker, line.text] for line in self.lines], dict(self.given)])

    @cached_property
    def unique(self) -> dict[str, Piece]:
        """Every piece once: what is said twice in the same way is bought once."""
        return {piece.key: piece for piece in reversed(self.pieces)}

    @property
    def fatal(self) -> Problem | None:
        """The first problem that keeps it from being spoken."""
        return next((problem for problem in self.problems if problem.fatal), None)

    @property
    def language(self) -> str:
        """What most of it is written in, "" where nothing tells."""
        told = Counter(piece.reader.language or piece.reader.made_for for piece in self.pieces)
        return told.most_common(1)[0][0] if told else ""

    @property
    def estimated_s(self) -> float:
        """How long it will last, roughly."""
        spoken = sum(estimated_s(piece.text) / (piece.options.speech_rate or 1.0) for piece in self.pieces)
        return spoken + sum(piece.pause_after_s for piece in self.pieces)

    @property
    def title(self) -> str:
        """What the file says it is called: its name, else the first heading of the highest level."""
        headings = [line for line in self.lines if line.level]
        first = min(headings, key=lambda line: line.level, default=None)
        return self.given["name"] or (first.text.rstrip(".")[:TITLE_MAX] if first else "")

    @cached_property
    def spoken_lines(self) -> int:
        """How many lines somebody says something in."""
        return len({piece.line for piece in self.pieces})

    def lines_of(self, keys: Iterable[str]) -> list[int]:
        """The lines, counted from 0, that have one of these pieces in them."""
        wanted = set(keys)
        return sorted({piece.line for piece in self.pieces if piece.key in wanted})


def plan(
    script: Script,
    readers: Mapping[str, Reader],
    owner: str,
    given: Mapping[str, str],
    problems: Iterable[Problem] = (),
) -> Plan:
    """Plan a script.

    Args:
        script: Who says what.
        readers: Who reads each speaker; one who is missing is a problem.
        owner: Whose sound it is; nobody else's is used for it.
        given: How the result is given (format, name), as far as that changes it.
        problems: What is wrong with the cast.
    """
    problems = [*problems, *(Problem(0, _nobody(name), argument="cast") for name in script.unknown)]
    pieces: list[Piece] = []
    for number, line in enumerate(script.lines):
        reader = readers.get(line.speaker)
        if reader is None:
            continue
        found, wrong = _pieces(number, line, reader, owner)
        pieces += found
        problems += [Problem(number + 1, text, fatal) for text, fatal in wrong]
    return Plan(script.lines, pieces, _once(problems), given, script.notes)


def estimated_s(text: str) -> float:
    """How long a text takes to say, roughly."""
    wide = sum(ord(character) >= _WIDE_FROM for character in text)
    return wide * _WIDE_S + (len(text) - wide) * _LATIN_S


def _nobody(name: str) -> str:
    if name:
        return f"nobody in the cast is called {name[:40]!r}"
    return "what no character says has no reader: give the cast a `narrator`"


def _pieces(number: int, line: Line, reader: Reader, owner: str) -> tuple[list[Piece], list[tuple[str, bool]]]:
    options, wrong = _options(line, reader)
    guess = recognise(line.text)
    wrong += _doubts(reader, (guess.language or "") if guess.certain else "")
    limit = min(PIECE_MAX, reader.model.text_max)
    language = reader.language or guess.language or reader.made_for
    try:
        admit(reader.model, reader.language, options)
        segments = split(line.text, language, limit, lambda text: text_length(reader.model, text))
    except InputError as error:
        return [], [*wrong, (error.message.rstrip("."), True)]
    except ValueError:
        return [], [*wrong, (f"one character of it is longer than the {limit} that a request may have", True)]
    pieces = [
        _piece(number, segment.text, segment.pause_after_s, reader, options, owner)
        for segment in segments
        if segment.has_words
    ]
    if not pieces:
        return [], [*wrong, ("there is no word in it, so nobody says it", False)]
    last = pieces[-1]
    pieces[-1] = _piece(number, last.text, line.pause_after_s, reader, options, owner)
    return pieces, wrong


def _piece(line: int, text: str, pause_s: float, reader: Reader, options: SpeechOptions, owner: str) -> Piece:
    said = [owner, reader.model.id, reader.voice, text, reader.language, asdict(options)]
    return Piece(
        key=f"seg_{_digest(said)[:40]}", line=line, text=text, reader=reader, options=options, pause_after_s=pause_s
    )


def _options(line: Line, reader: Reader) -> tuple[SpeechOptions, list[tuple[str, bool]]]:
    """What the model is asked for, and what it has no way of being asked for."""
    limits, asked = reader.model.speech, reader.options
    wrong: list[tuple[str, bool]] = []
    if asked.speech_rate is not None and limits.speech_rate is None:
        unused = f"{reader.model.id} has no speech_rate, so the cast's speed {asked.speech_rate:g} is not used"
        wrong.append((unused, False))
        asked = replace(asked, speech_rate=None)
    if line.direction and not limits.instructions_max:
        wrong.append((f"{reader.model.id} takes no direction; the line is spoken without", False))
    elif line.direction:
        asked = replace(asked, instructions=line.direction)
    return asked, wrong


def _doubts(reader: Reader, written: str) -> list[tuple[str, bool]]:
    if reader.language and written and written != reader.language:
        return [(f"it is read as {reader.language!r}, as the cast says, but looks like {written!r}", False)]
    if reader.made_for and written and written != reader.made_for:
        return [(f"it looks like {written!r}, and the voice was made for {reader.made_for!r}", False)]
    return []


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem where it first occurs, with how many lines more have it."""
    first: dict[tuple[str, bool], Problem] = {}
    count: Counter[tuple[str, bool]] = Counter()
    for problem in problems:
        first.setdefault((problem.text, problem.fatal), problem)
        count[problem.text, problem.fatal] += 1
    return list(_counted(first, count))


def _counted(first: Mapping[tuple[str, bool], Problem], count: Counter[tuple[str, bool]]) -> Iterator[Problem]:
    for same, problem in first.items():
        more = count[same] - 1
        text = f"{problem.text} (and {more} more line{'s' if more > 1 else ''})" if more else problem.text
        yield replace(problem, text=text)


def _digest(value: Any) -> str:
    return sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
