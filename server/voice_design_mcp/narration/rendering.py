"""The pieces of a plan joined and encoded as they come, in memory that does not grow with them. Runs in a thread.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..speech.decoder import StreamDecoder
from ..speech.encoder import StreamEncoder
from ..speech.formats import EXTENSIONS
from ..speech.join import Joiner, Span
from ..speech.subtitles import Cue, srt, vtt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .plan import Piece, Plan

SAMPLE_RATE_HZ: Final = 24_000
TARGET_LUFS: Final = -19.0
"""What each piece is brought to, so that no voice is louder than another: common for speech in mono."""
AS_SPOKEN: Final = "as spoken"
"""The loudness of what is left as its model gave it."""
CHAPTERS_FROM: Final = 2
"""How many headings make chapters; one is a title."""
_LINES_OF_A_TITLE: Final = 100
_BLOCK_BYTES: Final = 96_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a file is to be like: wav, mp3, opus or pcm, its rate, the loudness of each piece, and what it says it is called."""

    response_format: str
    sample_rate_hz: int = SAMPLE_RATE_HZ
    target_lufs: float | None = TARGET_LUFS
    title: str = ""


def shape_of(plan: Plan) -> Shape:
    """The shape that a plan's result is given in."""
    given = plan.given
    return Shape(
        response_format=given["response_format"],
        sample_rate_hz=int(given.get("sample_rate", SAMPLE_RATE_HZ)),
        target_lufs=None if given["lufs"] == AS_SPOKEN else float(given["lufs"] or TARGET_LUFS),
        title=plan.title,
    )


class Rendering:
    """One file in the making, and one more for each line if asked. Feed the pieces in their order, then close; or discard it.

    Args:
        pieces: What is rendered, line by line.
        path: Where the file goes once it is whole.
        shape: What it is to be like.
        lines: The folder where each line's own file goes; None for none.
    """

    def __init__(self, pieces: Sequence[Piece], path: Path, shape: Shape, lines: Path | None = None) -> None:
        self._pieces = pieces
        self._shape = shape
        self._lines = lines
        self._whole = _Sound(path, shape)
        self._line: _Sound | None = None
        self._next = 0

    @property
    def duration_s(self) -> float:
        """How much has been written."""
        return self._whole.encoder.duration_s

    def feed(self, wav: bytes) -> None:
        """Take the next piece.

        Raises:
            AudioError: It is no sound.
            OSError: The file can't be written.
        """
        piece, following = self._pieces[self._next], self._following
        if self._lines is not None and self._line is None:
            self._line = _Sound(line_file(self._lines, piece.line, self._shape.response_format), self._shape)
        sounds = [self._whole, *([self._line] if self._line else [])]
        decoder = StreamDecoder("wav")
        for at in range(0, len(wav), _BLOCK_BYTES):
            samples = decoder.feed(wav[at : at + _BLOCK_BYTES])
            if len(samples):
                for sound in sounds:
                    sound.feed(samples, decoder.sample_rate_hz)
        decoder.close()
        self._next += 1
        self._whole.end(piece.pause_after_s if following else 0.0)
        if self._line and following and following.line == piece.line:
            self._line.end(piece.pause_after_s)
        elif self._line:
            self._line.close(even_silent=False)
            self._line = None

    def close(self) -> list[Span]:
        """Write the end, put the file in its place, and say when each piece is heard."""
        self._whole.close()
        return self._whole.joiner.spans

    def discard(self) -> None:
        """Leave no file."""
        self._whole.encoder.discard()
        if self._line:
            self._line.encoder.discard()

    @property
    def _following(self) -> Piece | None:
        return self._pieces[self._next + 1] if self._next + 1 < len(self._pieces) else None


class _Sound:
    """One file, joined as its pieces come."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.joiner = Joiner(shape.sample_rate_hz, target_lufs=shape.target_lufs)
        rate_hz = shape.sample_rate_hz
        self.encoder = StreamEncoder(shape.response_format, rate_hz, rate_hz, path, title=shape.title)

    def feed(self, samples: NDArray[np.float32], rate_hz: int) -> None:
        self._write(self.joiner.feed(samples, rate_hz))

    def end(self, pause_s: float) -> None:
        self._write(self.joiner.end(pause_s))

    def close(self, *, even_silent: bool = True) -> None:
        self._write(self.joiner.close())
        if even_silent or self.encoder.duration_s:
            self.encoder.close()
        else:
            self.encoder.discard()

    def _write(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            self.encoder.write(samples)


def line_file(folder: Path, line: int, response_format: str) -> Path:
    """Where a line, counted from 0, has a file of its own."""
    return folder / f"{line + 1:05}{EXTENSIONS[response_format]}"


def subtitles(plan: Plan, spans: Sequence[Span]) -> dict[str, str]:
    """SubRip and WebVTT by their extension: each piece when it is heard, with its speaker where there are several."""
    has_names = len({line.speaker for line in plan.lines}) > 1
    cues = [
        Cue(span.start_s, span.end_s, plan.lines[piece.line].speaker if has_names else "", piece.text)
        for piece, span in zip(plan.pieces, spans, strict=True)
    ]
    return {"srt": srt(cues, language=plan.language), "vtt": vtt(cues, language=plan.language)}


def chapters(plan: Plan, spans: Sequence[Span], duration_s: float) -> str:
    """The script's headings as chapters, in WebVTT, each up to the next; "" where there are not several."""
    begins: dict[int, float] = {}
    for piece, span in zip(plan.pieces, spans, strict=True):
        if plan.lines[piece.line].level:
            begins.setdefault(piece.line, span.start_s)
    if len(begins) < CHAPTERS_FROM:
        return ""
    ends = [*list(begins.values())[1:], duration_s]
    cues = [
        Cue(start_s, end_s, "", plan.lines[line].text.rstrip("."))
        for (line, start_s), end_s in zip(begins.items(), ends, strict=True)
    ]
    return vtt(cues, lines_max=_LINES_OF_A_TITLE)
