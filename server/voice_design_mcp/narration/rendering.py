"""The pieces of a plan joined and encoded as they come, in memory that does not grow with them. Runs in a thread.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..speech.decoder import StreamDecoder
from ..speech.encoder import StreamEncoder
from ..speech.join import Joiner, Span
from ..speech.subtitles import Cue, srt, vtt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .plan import Plan

SAMPLE_RATE_HZ: Final = 24_000
TARGET_LUFS: Final = -19.0
"""What each piece is brought to, so that no voice is louder than another: common for speech in mono."""
_BLOCK_BYTES: Final = 96_000


class Rendering:
    """One file in the making. Feed the pieces in their order, then close; or discard it.

    Args:
        plan: What is rendered.
        path: Where the file goes once it is whole.
        response_format: wav, mp3, opus or pcm.
    """

    def __init__(self, plan: Plan, path: Path, response_format: str) -> None:
        self._plan = plan
        self._joiner = Joiner(SAMPLE_RATE_HZ, target_lufs=TARGET_LUFS)
        self._encoder = StreamEncoder(response_format, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ, path)
        self._next = 0

    @property
    def duration_s(self) -> float:
        """How much has been written."""
        return self._encoder.duration_s

    def feed(self, wav: bytes) -> None:
        """Take the next piece.

        Raises:
            AudioError: It is no sound.
            OSError: The file can't be written.
        """
        piece = self._plan.pieces[self._next]
        decoder = StreamDecoder("wav")
        for at in range(0, len(wav), _BLOCK_BYTES):
            samples = decoder.feed(wav[at : at + _BLOCK_BYTES])
            if len(samples):
                self._write(self._joiner.feed(samples, decoder.sample_rate_hz))
        decoder.close()
        self._next += 1
        is_last = self._next == len(self._plan.pieces)
        self._write(self._joiner.end(0.0 if is_last else piece.pause_after_s))

    def close(self) -> list[Span]:
        """Write the end, put the file in its place, and say when each piece is heard."""
        self._write(self._joiner.close())
        self._encoder.close()
        return self._joiner.spans

    def discard(self) -> None:
        """Leave no file."""
        self._encoder.discard()

    def _write(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            self._encoder.write(samples)


def subtitles(plan: Plan, spans: list[Span]) -> dict[str, str]:
    """SubRip and WebVTT by their extension: each piece when it is heard, with its speaker where there are several."""
    has_names = len({line.speaker for line in plan.lines}) > 1
    cues = [
        Cue(span.start_s, span.end_s, plan.lines[piece.line].speaker if has_names else "", piece.text)
        for piece, span in zip(plan.pieces, spans, strict=True)
    ]
    return {"srt": srt(cues, language=plan.language), "vtt": vtt(cues, language=plan.language)}
