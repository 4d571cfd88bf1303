"""The audible part of a sound that is still coming: where it begins and ends, at what level. Knows no other sounds.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.loudness import gain_to, levelled

Block = NDArray[np.float32]

FRAME_S: Final = 0.01
"""How finely edges are found; also how long a fade is."""

_LEAD_FRAMES, _TAIL_FRAMES = 3, 8
_HEARD_FOR_EDGES_S, _HEARD_FOR_LEVEL_S = 2.0, 20.0
_HELD_SILENCE_S = 15.0
_FLOOR = 10.0 ** (-60 / 10)
_BELOW_LOUD = 10.0 ** (-40 / 10)
_EMPTY: Final = np.zeros(0, np.float32)
_NO_POWER: Final = np.zeros(0, np.float64)


class AudiblePart:
    """Takes a sound block by block and gives what is heard of it, with a little of what surrounds that.

    Audible is what is above -60 dBFS and no more than 40 dB under the loudest 10 ms of the beginning, for 20 ms.

    Attributes:
        lead: How many samples of what is given come before the first audible one.
        heard: How many there are from the first audible sample to the last, so far; 0 while nothing was heard.
    """

    def __init__(self, sample_rate_hz: int, target_lufs: float | None) -> None:
        self.lead = self.heard = 0
        self._rate_hz, self._target_lufs = sample_rate_hz, target_lufs
        self._frame = round(FRAME_S * sample_rate_hz)
        wanted_s = _HEARD_FOR_EDGES_S if target_lufs is None else _HEARD_FOR_LEVEL_S
        self._wanted = round(wanted_s / FRAME_S)
        self._held_frames = round(_HELD_SILENCE_S / FRAME_S)
        self._gain = np.float32(1)
        self._threshold = 0.0
        self._part = _EMPTY
        self._sound: list[Block] = []
        self._power: list[NDArray[np.float64]] = []
        self._waiting = 0
        self._given = 0

    def feed(self, block: Block) -> Block:
        """Take the next block and return what is certain to be before the end of what is heard."""
        block = np.concatenate((self._part, block))
        whole = len(block) // self._frame * self._frame
        self._part = block[whole:]
        if not whole:
            return _EMPTY
        self._hear(block[:whole])
        if not self.heard and not self._begins(is_last=False):
            return _EMPTY
        is_loud = self._power[-1].max() > self._threshold
        if not is_loud and sum(map(len, self._power)) < 2 * self._held_frames:
            return _EMPTY
        return self._given_up_to_the_last_sound()

    def end(self) -> tuple[Block, Block]:
        """Return what is left up to the last audible 10 ms, and these with what is kept behind them."""
        if len(self._part):
            self._hear(self._part)
            self._part = _EMPTY
        if not self.heard and not self._begins(is_last=True):
            return _EMPTY, _EMPTY
        body = self._given_up_to_the_last_sound()
        return body, self._sound[0][: (1 + _TAIL_FRAMES) * self._frame]

    def _hear(self, frames: Block) -> None:
        square = np.square(frames, dtype=np.float64)
        starts = np.arange(0, len(frames), self._frame)
        power = np.add.reduceat(square, starts) / np.diff(starts, append=len(frames))
        self._sound.append(levelled(frames, self._gain))
        self._power.append(power)
        if self._waiting:
            self._waiting += len(power)

    def _begins(self, *, is_last: bool) -> bool:
        """Find the beginning, once exactly as much has been heard as it takes to know what is loud in this sound."""
        while not 0 < self._waiting < self._wanted or is_last:
            sound, power = np.concatenate([_EMPTY, *self._sound]), np.concatenate([_NO_POWER, *self._power])
            self._sound, self._power = [sound], [power]
            over_floor = np.flatnonzero(power > _FLOOR)
            self._waiting = len(power) - int(over_floor[0]) if len(over_floor) else 0
            if 0 < self._waiting < self._wanted and not is_last:
                break
            head = len(power) - max(0, self._waiting - self._wanted)
            self._threshold = max(_FLOOR, power[:head].max(initial=0) * _BELOW_LOUD)
            audible = self._audible(power[:head])
            if len(audible):
                self._begin(sound, power, int(audible[0]), head)
                return True
            forgotten = max(0, head - _LEAD_FRAMES)
            self._sound, self._power = [sound[forgotten * self._frame :]], [power[forgotten:]]
            self._waiting = 0
            if head == len(power):
                break
        return False

    def _begin(self, sound: Block, power: NDArray[np.float64], audible: int, head: int) -> None:
        first = max(0, audible - _LEAD_FRAMES)
        self.lead = (audible - first) * self._frame
        heard = sound[audible * self._frame : head * self._frame]
        self._gain = gain_to(heard, self._rate_hz, self._target_lufs)
        self._sound, self._power = [levelled(sound[first * self._frame :], self._gain)], [power[first:]]

    def _given_up_to_the_last_sound(self) -> Block:
        sound, power = np.concatenate(self._sound), np.concatenate(self._power)
        audible = self._audible(power)
        last = 0
        if len(audible):
            last = int(audible[-1])
            self.heard = self._given + min((last + 1) * self._frame, len(sound)) - self.lead
        # A silence so long is part of what is said, or an end that cannot be waited for.
        last = max(last, len(power) - self._held_frames)
        ready = sound[: last * self._frame]
        self._given += len(ready)
        self._sound, self._power = [sound[len(ready) :]], [power[last:]]
        return ready

    def _audible(self, power: NDArray[np.float64]) -> NDArray[np.intp]:
        """Which frames are loud and have a loud one next to them: a single one is a click."""
        loud = np.concatenate(([False], power > self._threshold, [False]))
        return np.flatnonzero(loud[1:-1] & (loud[:-2] | loud[2:]))
