"""Which of several sentences a recording says: mel cepstra and dynamic time warping against plain readings, in any language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]

_WINDOW_S, _HOP_S = 0.025, 0.020
_FFT = 1024
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 7000.0
_BANDS, _COEFFICIENTS = 32, 20
_SILENT_BELOW_LOUDEST = 9.0
_SLACK, _LEAST_SLACK = 0.3, 10


def features(samples: NDArray[np.float32], rate_hz: int) -> Features:
    """Twenty mel-cepstral coefficients for each 20 ms that is not silent, each of mean 0 and deviation 1 over the sound."""
    emphasised = np.append(samples[0], samples[1:] - 0.97 * samples[:-1]).astype(np.float64)
    length = round(_WINDOW_S * rate_hz)
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, length)[:: round(_HOP_S * rate_hz)]
    power = np.square(np.abs(np.fft.rfft(frames * np.hamming(length), _FFT, axis=1)))
    bands = np.log(power @ _mel_bands(rate_hz).T + 1e-8)
    loudness = bands.mean(axis=1)
    bands = bands[loudness > loudness.max() - _SILENT_BELOW_LOUDEST]
    angles = np.outer(np.arange(_BANDS) + 0.5, np.arange(1, _COEFFICIENTS + 1)) * np.pi / _BANDS
    cepstra = bands @ np.cos(angles)
    return (cepstra - cepstra.mean(axis=0)) / (cepstra.std(axis=0) + 1e-6)


def nearest(probe: Features, references: Sequence[Features]) -> int:
    """The place of the reference that `probe` can be warped to with the least change."""
    return int(np.argmin([_distance(probe, reference) for reference in references]))


def _mel_bands(rate_hz: int) -> NDArray[np.float64]:
    def mel(hz: float) -> float:
        return 2595 * float(np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(mel(_LOWEST_HZ), mel(_HIGHEST_HZ), _BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(_FFT, 1 / rate_hz)[None, :]
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((frequencies - low) / (peak - low), (high - frequencies) / (high - peak)))


def _distance(first: Features, second: Features) -> float:
    """Mean distance along the best path, along anti-diagonals so that numpy does the work."""
    rows, columns = len(first), len(second)
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1)[None] - 2 * first @ second.T
    costs = np.sqrt(np.maximum(squares, 0))
    row, column = np.arange(rows)[:, None], np.arange(columns)[None, :]
    slack = max(abs(rows - columns) + _LEAST_SLACK, _SLACK * max(rows, columns))
    costs[np.abs(column - row * columns / rows) > slack] = np.inf
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    for diagonal in range(rows + columns - 1):
        at = np.arange(max(0, diagonal - columns + 1), min(rows, diagonal + 1))
        to = diagonal - at
        before = np.minimum(np.minimum(total[at, to], total[at, to + 1]), total[at + 1, to])
        total[at + 1, to + 1] = costs[at, to] + before
    return float(total[rows, columns]) / (rows + columns)
