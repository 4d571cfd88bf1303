"""What is said when, as SubRip and WebVTT. Knows times and texts, and nothing of the sound.

Standard library only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite
from typing import Final

from voice_design_mcp.speech.cuts import pieces
from voice_design_mcp.speech.graphemes import cells

LINE_CELLS: Final = 42
"""The longest line, in columns."""

WIDE_LINE_CELLS: Final = 36
"""The longest line of Chinese, Japanese or Korean: 18 characters of two columns each."""

_FILLING: Final = (1.0, 0.85, 0.7, 0.5)
_DROPPED: Final = "\ufeff"
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that is said: from when to when, by whom ("" where that need not be told), and what."""

    start_s: float
    end_s: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class _Screen:
    """What is shown at one time."""

    start_ms: int
    end_ms: int
    speaker: str
    lines: list[str]


def srt(cues: Iterable[Cue], *, language: str = "", lines_max: int = 2) -> str:
    """Return the cues as a SubRip file, the speaker's name in front of what is said.

    Args:
        cues: In any order. A cue that shows nothing is left out; one that overlaps the next ends where that begins.
        language: Code of the language, for the abbreviations after which no line should end; "" knows none.
        lines_max: How many lines are shown at a time. What is longer follows in the same cue's time, shared out by length.

    Raises:
        ValueError: A time is negative or no number, or a cue ends before it starts.
    """
    shown = _screens(cues, language, lines_max, has_names=True)
    return "\n".join(_srt_block(number, screen) for number, screen in enumerate(shown, 1))


def vtt(cues: Iterable[Cue], *, language: str = "", lines_max: int = 2) -> str:
    """Return the cues as a WebVTT file, with speakers as voices; everything else is as `srt` does it.

    Raises:
        ValueError: A time is negative or no number, or a cue ends before it starts.
    """
    return "\n".join(["WEBVTT\n", *map(_vtt_block, _screens(cues, language, lines_max, has_names=False))])


def _srt_block(number: int, screen: _Screen) -> str:
    text = "\n".join(screen.lines)
    return f"{number}\n{_time(screen.start_ms, ',')} --> {_time(screen.end_ms, ',')}\n{text}\n"


def _vtt_block(screen: _Screen) -> str:
    text = "\n".join(screen.lines).translate(_ESCAPES)
    if screen.speaker:
        text = f"<v {screen.speaker.translate(_ESCAPES)}>{text}</v>"
    return f"{_time(screen.start_ms, '.')} --> {_time(screen.end_ms, '.')}\n{text}\n"


def _screens(cues: Iterable[Cue], language: str, lines_max: int, *, has_names: bool) -> Iterator[_Screen]:
    for start_ms, end_ms, cue in _timed(cues):
        speaker, text = _clean(cue.speaker), _clean(cue.text)
        if has_names:
            text = f"{speaker}: {text}" if speaker else text
            text = text.replace("-->", "→")  # what a reader would take for a time
        shown = _laid_out(text, language, lines_max)
        if len(shown) > end_ms - start_ms:
            shown = [[line for lines in shown for line in lines]]
        lengths = [sum(map(cells, lines)) for lines in shown]
        passed = list(accumulate(lengths, initial=0))
        # One millisecond for each at least, the rest by length.
        spare_ms = end_ms - start_ms - len(shown)
        times = [start_ms + at + spare_ms * done // (passed[-1] or 1) for at, done in enumerate(passed)]
        times[-1] = end_ms
        for (begin_ms, until_ms), lines in zip(pairwise(times), shown, strict=True):
            yield _Screen(begin_ms, until_ms, speaker, lines)


def _timed(cues: Iterable[Cue]) -> Iterator[tuple[int, int, Cue]]:
    """Give the cues that say something in order, with times that follow each other."""
    spoken = sorted((cue for cue in map(_checked, cues) if cells(_clean(cue.text))), key=lambda cue: cue.start_s)
    latest_ms = 0
    for cue, following in pairwise([*spoken, None]):
        if cue is None:
            return
        start_ms = max(latest_ms, round(1000 * cue.start_s))
        latest_ms = round(1000 * cue.end_s)
        if following:
            latest_ms = min(latest_ms, round(1000 * following.start_s))
        latest_ms = max(latest_ms, start_ms + 1)
        yield start_ms, latest_ms, cue


def _checked(cue: Cue) -> Cue:
    if not (isfinite(cue.start_s) and isfinite(cue.end_s) and 0 <= cue.start_s <= cue.end_s):
        raise ValueError(f"Nothing is said from {cue.start_s} s to {cue.end_s} s.")
    return cue


def _laid_out(text: str, language: str, lines_max: int) -> list[list[str]]:
    """Lines, in groups that are shown together: whole sentences where they fit."""
    wide = sum(unicodedata.east_asian_width(character) in {"W", "F"} for character in text)
    width = WIDE_LINE_CELLS if 4 * wide > len(text.replace(" ", "")) else LINE_CELLS
    shown: list[list[str]] = []
    for share in _FILLING:
        capacity = max(width, round(share * lines_max * width)) if share > 0.5 else width
        shown = [_parts(part, language, width) for part in _parts(text, language, capacity)]
        if all(len(lines) <= lines_max for lines in shown):
            break
    return shown


def _parts(text: str, language: str, limit: int) -> list[str]:
    try:
        return [part for part, _ in pieces(text, language, limit, cells)]
    except ValueError:  # one character wider than a line: a chain of joined emoji
        return [text]


def _clean(text: str) -> str:
    """The text on one line, without what cannot be shown."""
    kept = (" " if character.isspace() else character for character in text if _is_shown(character))
    return " ".join("".join(kept).split())


def _is_shown(character: str) -> bool:
    return character.isspace() or (unicodedata.category(character) not in {"Cc", "Cs"} and character != _DROPPED)


def _time(ms: int, point: str) -> str:
    minutes, ms = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{point}{ms % 1000:03}"
