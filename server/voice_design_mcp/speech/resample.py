"""Changes the sample rate of sound, whole or block by block. Knows no formats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Return mono `samples` at `to_hz`; the same array when the rate is right already."""
    if from_hz == to_hz or not len(samples):
        return samples
    try:
        import soxr
    except ImportError:  # no wheel for Windows on ARM
        return _resample_by_fft(samples, from_hz, to_hz)
    return np.asarray(soxr.resample(samples, from_hz, to_hz, quality="HQ"), dtype=np.float32)


class Resampler:
    """Changes the rate of a stream of mono blocks.

    Without soxr the sound is kept and comes out whole with the last block: right, but late.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._from_hz, self._to_hz = from_hz, to_hz
        self._kept: list[NDArray[np.float32]] = []
        try:
            import soxr
        except ImportError:
            self._stream = None
        else:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def feed(self, block: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Take the next block and return what is ready, which may be nothing."""
        if self._stream is not None:
            return np.asarray(self._stream.resample_chunk(block, last=last), dtype=np.float32)
        self._kept.append(block)
        if not last:
            return np.zeros(0, np.float32)
        return _resample_by_fft(np.concatenate(self._kept), self._from_hz, self._to_hz)


def _resample_by_fft(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    count = round(len(samples) * to_hz / from_hz)
    # The transform is periodic: silence in between keeps the end from ringing into the start.
    margin = from_hz // 10
    padded_count = round((len(samples) + margin) * to_hz / from_hz)
    spectrum = np.fft.rfft(samples, len(samples) + margin)
    kept = np.zeros(padded_count // 2 + 1, spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return (np.fft.irfft(kept, padded_count)[:count] * (to_hz / from_hz)).astype(np.float32)
