"""Loudness as BS.1770-4 defines it, for sound of any length in bounded memory."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SILENCE_LUFS = -70.0
"""What silence measures: the standard's absolute gate."""

_LOUDER_DB, _QUIETER_DB = 12.0, 24.0
_KNEE, _CEILING = 0.8, 0.99
_BENT_AT_ONCE = 48_000
"""Each of these samples takes six times its own memory while it is bent."""
_HISTORY_STEPS = 3
_TRANSFORM_STEPS = 24
"""No prime above 5 is in it, and a processor's cache holds so much. More would be no faster, and cost a short sound more."""
_STEPS_PER_BLOCK = 4
_OFFSET_LU = -0.691


class LoudnessMeter:
    """Hears mono sound block by block.

    Args:
        sample_rate_hz: Its rate.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._step = max(1, sample_rate_hz // 10)
        # The filters forget within 300 ms, so each chunk is heard with that much before it and room for the ringing after.
        self._history = _HISTORY_STEPS * self._step
        self._transform = _TRANSFORM_STEPS * self._step
        self._chunk = self._transform - 2 * self._history
        self._before = np.zeros(0, np.float32)
        self._waiting = np.zeros(0, np.float32)
        self._powers: list[NDArray[np.float64]] = []

    def feed(self, block: NDArray[np.float32]) -> None:
        """Hear the next samples."""
        self._waiting = np.concatenate((self._waiting, block)) if len(self._waiting) else block
        while len(self._waiting) >= self._chunk:
            self._hear(self._waiting[: self._chunk])
            self._waiting = self._waiting[self._chunk :]

    def lufs(self) -> float:
        """Integrated, gated loudness of all that was heard, in LUFS; `SILENCE_LUFS` when nothing passes the gate."""
        if len(self._waiting):
            self._hear(self._waiting)
            self._waiting = self._waiting[:0]
        steps = np.concatenate(self._powers) if self._powers else np.zeros(0)
        if len(steps) >= _STEPS_PER_BLOCK:
            steps = np.convolve(steps, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), "valid")
        audible = steps[_lufs(steps) > SILENCE_LUFS]
        if not len(audible):
            return SILENCE_LUFS
        relative_gate = float(_lufs(audible.mean())) - 10
        return float(_lufs(audible[_lufs(audible) > relative_gate].mean()))

    def _hear(self, chunk: NDArray[np.float32]) -> None:
        """Note the mean square after K-weighting, one value for each 100 ms (a shorter rest counts only if it is all there is)."""
        piece, step = np.concatenate((self._before, chunk)).astype(np.float64), self._step
        size = self._transform // (2 if 2 * (len(piece) + self._history) <= self._transform else 1)
        heard = np.fft.irfft(np.fft.rfft(piece, size) * _k_weighting(self._rate_hz, size), size)
        heard = heard[len(self._before) : len(piece)] ** 2
        whole = len(heard) // step * step
        if whole:
            self._powers.append(heard[:whole].reshape(-1, step).mean(axis=1))
        elif not self._powers:
            self._powers.append(np.array([heard.mean()]))
        self._before = chunk[-self._history :]


def loudness_lufs(samples: NDArray[np.float32], sample_rate_hz: int) -> float:
    """Integrated, gated loudness of mono `samples` in LUFS; `SILENCE_LUFS` when nothing passes the gate."""
    meter = LoudnessMeter(sample_rate_hz)
    meter.feed(samples)
    return meter.lufs()


def gain_to(samples: NDArray[np.float32], sample_rate_hz: int, target_lufs: float | None) -> np.float32:
    """The factor that brings sound to a loudness; 1 for silence, or where none is wanted."""
    if target_lufs is None:
        return np.float32(1)
    return gain_between(loudness_lufs(samples, sample_rate_hz), target_lufs)


def gain_between(lufs: float, target_lufs: float) -> np.float32:
    """The factor from one loudness to another, within what does not raise noise; 1 for silence."""
    if lufs <= SILENCE_LUFS:
        return np.float32(1)
    return np.float32(10 ** (np.clip(target_lufs - lufs, -_QUIETER_DB, _LOUDER_DB) / 20))


def levelled(samples: NDArray[np.float32], gain: np.float32) -> NDArray[np.float32]:
    """Sound at a gain, with what would come near full scale by it bent rather than cut."""
    if gain == 1:
        return samples
    louder = samples * gain
    if gain > 1:
        for at in range(0, len(louder), _BENT_AT_ONCE):
            _bend(louder[at : at + _BENT_AT_ONCE])
    return louder


def _bend(part: NDArray[np.float32]) -> None:
    size = np.abs(part)
    if size.max(initial=0) > _KNEE:
        bent = _KNEE + (_CEILING - _KNEE) * np.tanh((size - _KNEE) / np.float32(_CEILING - _KNEE))
        part[:] = np.where(size > _KNEE, np.copysign(bent, part), part)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return _OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12))


@lru_cache(maxsize=8)
def _k_weighting(sample_rate_hz: int, size: int) -> NDArray[np.complex128]:
    """Frequency response of the standard's two filters, a shelf for the head and a high pass.

    The standard gives coefficients for 48 kHz; these are the analogue filters behind them, warped to any rate.
    """
    warped = 1j * np.tan(np.pi * np.fft.rfftfreq(size))
    s = warped / math.tan(math.pi * 1681.974450955533 / sample_rate_hz)
    damping = s / 0.7071752369554196
    shelf = (1.584864701130855 * s**2 + 1.2587209302325582 * damping + 1) / (s**2 + damping + 1)
    s = warped / math.tan(math.pi * 38.13547087602444 / sample_rate_hz)
    high_pass = 1.004995 * s**2 / (s**2 + s / 0.5003270373238773 + 1)
    response: NDArray[np.complex128] = shelf * high_pass
    return response
