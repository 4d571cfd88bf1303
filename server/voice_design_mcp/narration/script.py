"""A script: who says what, in what manner, with what pause behind. From a list of lines, or from text. Knows no voices."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import InputError
from ..speech.join import LONGEST_PAUSE_S
from .markup import Block, read

LINES_MAX: Final = 10_000
NARRATORS: Final = ("narrator", "旁白", "")
"""What the one who reads what no character says is called in a cast, tried in turn."""
SPEAKER_PAUSE_S: Final = 0.5
"""Between two characters."""
PARAGRAPH_PAUSE_S: Final = 0.8
"""Between paragraphs of one speaker."""
APART_PAUSE_S: Final = 1.2
"""Before a heading, and where a rule was drawn."""
LINE_PAUSE_S: Final = 0.4
"""Between lines of one speaker in a list."""

_FIELDS: Final = ("speaker", "text", "pause_s", "direction")
_NAME: Final = r"[^\W\d_][\w .'’&-]{0,39}?"
_MANNER: Final = r"(?:[ \t]*[(（]([^()（）]{1,100})[)）])?"
_COLON: Final = re.compile(rf"({_NAME}){_MANNER}[ \t]*[:：](?!//)[ \t]*(.*)", re.DOTALL)
_BRACKETS: Final = re.compile(rf"\[({_NAME})\]{_MANNER}[:：]?[ \t]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    `speaker` is a name of the cast, "" where nobody is meant to read it; `pause_after_s` is what was asked for, or what is natural
    there; `level` is that of a heading, from 1, and 0 where it is none.
    """

    speaker: str
    text: str
    pause_after_s: float
    direction: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """The lines in order, what of the text is not read as it stands, and the names that nobody in the cast has."""

    lines: list[Line]
    notes: list[str] = field(default_factory=list[str])
    unknown: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Turn:
    speaker: str
    text: str
    direction: str = ""
    pause_s: float | None = None
    is_apart: bool = False
    is_paragraph: bool = True
    level: int = 0


def folded(name: str) -> str:
    """A name as it is compared: without regard to case, width and spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def parse(script: str | Sequence[Any], names: Collection[str]) -> Script:
    """Read a script.

    Args:
        script: Text, or a list of objects with `speaker`, `text` and perhaps `pause_s` and `direction`.
        names: The speakers of the cast. Where there is only one, it reads everything that names nobody.

    Raises:
        InputError: There is nothing in it to say, too much, or a line of the list is none.
    """
    known = {folded(name): name for name in names}
    if isinstance(script, str):
        reading = read(script)
        turns = list(_turns(reading.blocks, known))
        notes = [f"{what}: {count}" for what, count in reading.left_out.items() if count]
    else:
        turns, notes = [_given(number, line, known) for number, line in enumerate(script, 1)], []
    if not turns:
        raise InputError("script", "script has nothing to say in it.", hint="Give lines, or text.")
    if len(turns) > LINES_MAX:
        raise InputError(
            "script", f"script has {len(turns):,} lines; {LINES_MAX:,} is the most.", hint="Narrate it in parts."
        )
    unknown = dict.fromkeys(turn.speaker for turn in turns if turn.speaker not in names)
    return Script(list(_lines(turns)), notes, list(unknown))


def narrator_of(known: Mapping[str, str]) -> str | None:
    """Who of a cast reads what names nobody; `known` maps folded names to names."""
    if len(known) == 1:
        return next(iter(known.values()))
    return next((known[name] for name in NARRATORS if name in known), None)


def _given(number: int, line: Any, known: Mapping[str, str]) -> _Turn:
    if not isinstance(line, Mapping):
        raise InputError("script", f"Line {number} of script is no object.", hint=f"Its fields: {', '.join(_FIELDS)}.")
    fields: Mapping[str, Any] = line  # pyright: ignore[reportUnknownVariableType] JSON from outside
    odd = next((name for name in fields if name not in _FIELDS), None)
    if odd is not None:
        raise InputError(
            "script", f"Line {number} of script has a field {odd[:40]!r}.", hint=f"Its fields: {', '.join(_FIELDS)}."
        )
    speaker, text, direction = (fields.get(name) or "" for name in ("speaker", "text", "direction"))
    if not all(isinstance(value, str) for value in (speaker, text, direction)) or not text.strip():
        raise InputError("script", f"Line {number} of script has no text.", hint="Give every line a `text` of words.")
    name = known.get(folded(speaker)) or (narrator_of(known) if not speaker.strip() else None)
    return _Turn(
        speaker.strip() if name is None else name,
        " ".join(text.split()),
        " ".join(direction.split()),
        _pause(number, fields.get("pause_s")),
        is_paragraph=False,
    )


def _pause(number: int, pause_s: Any) -> float | None:
    if pause_s is None:
        return None
    if isinstance(pause_s, bool) or not isinstance(pause_s, int | float) or not 0 <= pause_s <= LONGEST_PAUSE_S:
        raise InputError(
            "script",
            f"pause_s of line {number} of script is not a number from 0 to {LONGEST_PAUSE_S:g}.",
            hint="It is the silence behind the line, in seconds. Leave it out for a natural one.",
        )
    return float(pause_s)


def _turns(blocks: Sequence[Block], known: Mapping[str, str]) -> Iterator[_Turn]:
    """What text says, turn by turn. A label is one where the cast has the name, or where the text is plainly a dialogue."""
    is_dialogue = _is_dialogue(blocks, known)
    narrator = narrator_of(known)
    speaker = narrator
    for block in blocks:
        turns: list[tuple[_Turn, list[str]]] = []
        for line in block.text.split("\n"):
            label = _label(line)
            named = label and known.get(folded(label[0]))
            is_apart = block.is_apart and not turns
            if label and (named or (is_dialogue and _is_name(label[0]))):
                speaker = named or label[0]
                turns.append((_Turn(speaker, "", label[1], is_apart=is_apart), [label[2]]))
            elif turns:
                turns[-1][1].append(line)
            else:
                speaker = narrator if narrator is not None else speaker
                turns.append((_Turn(speaker or "", "", is_apart=is_apart, level=block.level), [line]))
        for turn, said in turns:
            turn.text = "\n".join(filter(None, said))
            if turn.text:
                yield turn


def _is_dialogue(blocks: Sequence[Block], known: Mapping[str, str]) -> bool:
    """Whether a label with a name that nobody has is a mistake, and not a sentence with a colon."""
    labels = [_label(line) for block in blocks for line in block.text.split("\n")[:1]]
    named = sum(1 for label in labels if label and folded(label[0]) in known)
    labelled = sum(1 for label in labels if label and _is_name(label[0]))
    return (named > 0 or (len(known) != 1 and 2 * labelled > len(labels))) and 2 * labelled >= len(labels)


def _label(line: str) -> tuple[str, str, str] | None:
    """Speaker, manner and words of a line that begins with a name."""
    found = _BRACKETS.fullmatch(line) or _COLON.fullmatch(line)
    return (found[1].strip(), (found[2] or "").strip(), found[3].strip()) if found else None


def _is_name(words: str) -> bool:
    """Whether words look like a name that the cast has not: few, and none begins with a small letter."""
    parts = words.split()
    return len(parts) <= 3 and not any(part[0].islower() for part in parts)


def _lines(turns: Sequence[_Turn]) -> Iterator[Line]:
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        yield Line(
            speaker=turn.speaker,
            text=turn.text,
            pause_after_s=turn.pause_s if turn.pause_s is not None else _natural(turn, following),
            direction=turn.direction,
            level=turn.level,
        )


def _natural(turn: _Turn, following: _Turn | None) -> float:
    if following is None:
        return 0.0
    if following.is_apart:
        return APART_PAUSE_S
    if turn.level:
        return PARAGRAPH_PAUSE_S
    if following.speaker != turn.speaker:
        return SPEAKER_PAUSE_S
    return PARAGRAPH_PAUSE_S if following.is_paragraph else LINE_PAUSE_S
