"""Spoken segments into one sound: edges trimmed, levels matched, pauses of the wanted length, no clicks. Knows no formats.

Works on sound as it comes and keeps no more of it than it needs to hear: seconds, not segments. Imports numpy; loaded on
first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.audible import FRAME_S, AudiblePart
from voice_design_mcp.speech.containers import AudioError
from voice_design_mcp.speech.resample import Resampler

Block = NDArray[np.float32]

LONGEST_PAUSE_S: Final = 60.0
"""The longest pause that can be asked for."""

_EMPTY: Final = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Span:
    """When one segment is heard in the joined sound, from the first audible 10 ms to the last.

    Both ends of a segment that is silent lie where the one before it ends.
    """

    start_s: float
    end_s: float


class Joiner:
    """Joins segments, one after the other: `feed` each block of one, then `end` it; `close` after the last.

    Each of the three returns the joined samples that are ready. The pause that was asked for is what is heard, from the last
    audible sound to the next; where it is shorter than what is kept of the edges (0.11 s), they are crossfaded.
    """

    def __init__(self, sample_rate_hz: int, *, target_lufs: float | None = None) -> None:
        """Begin with nothing.

        Args:
            sample_rate_hz: Of the joined sound.
            target_lufs: Loudness that each segment is brought to, by one gain for all of it; None leaves the levels alone.
                With one, a segment's sound is ready only after 20 s of it, or its end.
        """
        self._rate_hz, self._target_lufs = sample_rate_hz, target_lufs
        self._fade = round(FRAME_S * sample_rate_hz)
        self._segment: AudiblePart | None = None
        self._resampler: Resampler | None = None
        self._start = -1
        self._given = 0
        self._pause = 0
        self._tail = _EMPTY
        self._spans: list[Span] = []
        self._is_closed = False

    @property
    def spans(self) -> list[Span]:
        """Of every segment that has ended, in order."""
        return list(self._spans)

    def feed(self, samples: Block, sample_rate_hz: int | None = None) -> Block:
        """Take the next block of the segment.

        Args:
            samples: Mono, full scale is 1.0.
            sample_rate_hz: Their rate where it is not that of the joined sound; the same for all of a segment.

        Raises:
            AudioError: Some samples are not numbers, or the joined sound is closed.
        """
        if self._is_closed:
            raise AudioError("The joined sound is closed.")
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise AudioError("The sound has samples that are not numbers, or more than one channel.")
        segment = self._opened(sample_rate_hz or self._rate_hz)
        block = self._resampler.feed(samples) if self._resampler else samples
        return self._joined(segment, segment.feed(block))

    def end(self, pause_after_s: float = 0.0) -> Block:
        """End the segment; nothing fed since the last one ended is a silent one.

        Args:
            pause_after_s: Silence wanted behind it, up to `LONGEST_PAUSE_S`; around silent segments the pauses add up.

        Raises:
            AudioError: The joined sound is closed.
            ValueError: The pause is negative or too long.
        """
        if not 0 <= pause_after_s <= LONGEST_PAUSE_S:
            raise ValueError(f"A pause of {pause_after_s} s is not between 0 and {LONGEST_PAUSE_S:g} s.")
        ready = [self.feed(_EMPTY)]
        segment = self._opened(self._rate_hz)
        if self._resampler:
            ready.append(self._joined(segment, segment.feed(self._resampler.feed(_EMPTY, last=True))))
        body, tail = segment.end()
        ready.append(self._joined(segment, body))
        pause = round(pause_after_s * self._rate_hz)
        if segment.heard:
            end = self._start + segment.heard
            self._spans.append(Span(self._start / self._rate_hz, end / self._rate_hz))
            self._tail, self._pause = tail, pause
        else:
            end_s = self._spans[-1].end_s if self._spans else 0.0
            self._spans.append(Span(end_s, end_s))
            self._pause += pause
        self._segment = None
        return np.concatenate(ready)

    def close(self) -> Block:
        """Return the end of the last segment and its pause. A segment that was not ended is."""
        if self._is_closed:
            return _EMPTY
        ready = self.end() if self._segment else _EMPTY
        self._is_closed = True
        silence = max(0, self._pause - max(0, len(self._tail) - self._fade))
        return np.concatenate((ready, self._faded_out(self._tail), np.zeros(silence, np.float32)))

    def _opened(self, rate_hz: int) -> AudiblePart:
        if self._segment is None:
            self._segment = AudiblePart(self._rate_hz, self._target_lufs)
            self._resampler = Resampler(rate_hz, self._rate_hz) if rate_hz != self._rate_hz else None
            self._start = -1
        return self._segment

    def _joined(self, segment: AudiblePart, sound: Block) -> Block:
        if len(sound) and self._start < 0:
            sound = self._behind_the_last(segment.lead, sound)
        self._given += len(sound)
        return sound

    def _behind_the_last(self, lead: int, sound: Block) -> Block:
        """Put the beginning of a segment behind the end of the one before."""
        tail, kept = self._tail, max(0, len(self._tail) - self._fade)
        silence = max(0, self._pause - kept - lead)
        overlap = min(kept, lead, max(0, kept + lead - self._pause))
        if overlap >= self._fade:
            turn = np.linspace(0, np.pi / 2, overlap, dtype=np.float32)
            crossed = tail[len(tail) - overlap :] * np.cos(turn) + sound[:overlap] * np.sin(turn)
            joint = (tail[: len(tail) - overlap], crossed, sound[overlap:])
        else:
            overlap = 0
            joint = (self._faded_out(tail), np.zeros(silence, np.float32), self._faded_in(sound))
        self._start = self._given + len(tail) + silence - overlap + lead
        self._tail = _EMPTY
        return np.concatenate(joint)

    def _faded_in(self, sound: Block) -> Block:
        size = min(self._fade, len(sound))
        rise = np.sin(np.linspace(0, np.pi / 2, size, dtype=np.float32)) ** 2
        return np.concatenate((sound[:size] * rise, sound[size:]))

    def _faded_out(self, sound: Block) -> Block:
        return self._faded_in(sound[::-1])[::-1]
