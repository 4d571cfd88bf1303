"""Changes the sample rate of sound, whole or block by block. Knows no formats."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_HOP_S, _MARGIN_S = 1.0, 0.1
_PASS_BAND = 0.93


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Return mono `samples` at `to_hz`; the same array when the rate is right already."""
    if from_hz == to_hz or not len(samples):
        return samples
    try:
        import soxr
    except ImportError:  # no wheel for Windows on ARM
        return _Windows(from_hz, to_hz).feed(samples, last=True)
    return np.asarray(soxr.resample(samples, from_hz, to_hz, quality="HQ"), dtype=np.float32)


class Resampler:
    """Changes the rate of a stream of mono blocks; how it is cut into blocks makes no difference to what comes out."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        try:
            import soxr
        except ImportError:
            self._windows = _Windows(from_hz, to_hz)
            self._stream = None
        else:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def feed(self, block: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Take the next block and return what is ready, which may be nothing."""
        if self._stream is None:
            return self._windows.feed(block, last=last)
        return np.asarray(self._stream.resample_chunk(block, last=last), dtype=np.float32)


class _Windows:
    """Resampling by Fourier transforms of overlapping windows, in bounded memory.

    Of each window only the middle is used: a transform takes its window for periodic, which spoils the edges. How far is up
    to how sharply the band ends; with this one, 50 ms until nothing is left of it.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        divisor = math.gcd(from_hz, to_hz)
        unit = from_hz // divisor
        self._hop, self._margin = (math.ceil(seconds * from_hz / unit) * unit for seconds in (_HOP_S, _MARGIN_S))
        self._from_hz, self._to_hz = from_hz, to_hz
        self._weights = self._band(self._hop + 2 * self._margin)
        self._kept = np.zeros(self._margin, np.float32)
        self._taken = self._given = 0

    def feed(self, block: NDArray[np.float32], *, last: bool) -> NDArray[np.float32]:
        self._taken += len(block)
        rest = np.zeros(self._hop + self._margin if last else 0, np.float32)
        self._kept = np.concatenate((self._kept, block, rest))
        ready = [np.zeros(0, np.float32)]
        at = 0
        while at + self._hop + 2 * self._margin <= len(self._kept):
            ready.append(self._middle(self._kept[at : at + self._hop + 2 * self._margin]))
            at += self._hop
        self._kept = self._kept[at:]
        sound = np.concatenate(ready)
        if last:
            sound = sound[: math.floor(self._taken * self._to_hz / self._from_hz + 0.5) - self._given]
        self._given += len(sound)
        return sound

    def _middle(self, window: NDArray[np.float32]) -> NDArray[np.float32]:
        size, hop, margin = (n * self._to_hz // self._from_hz for n in (len(window), self._hop, self._margin))
        spectrum = np.zeros(size // 2 + 1, np.complex128)
        spectrum[: len(self._weights)] = np.fft.rfft(window)[: len(self._weights)] * self._weights
        return (np.fft.irfft(spectrum, size)[margin : margin + hop] * (self._to_hz / self._from_hz)).astype(np.float32)

    def _band(self, size: int) -> NDArray[np.float64]:
        """Weights of the frequencies that both rates can hold; the highest fade out, since a sharp edge would ring."""
        bins = min(size, size * self._to_hz // self._from_hz) // 2 + 1
        fade = np.clip((np.arange(bins) / (bins - 1) - _PASS_BAND) / (1 - _PASS_BAND), 0, 1)
        return np.cos(fade * np.pi / 2) ** 2
