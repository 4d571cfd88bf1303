"""Sounds that tests are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 24_000


def tone(hz: float = 220.0, seconds: float = 1.5, rate_hz: int = RATE_HZ, level: float = 0.3) -> NDArray[np.float32]:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * hz * t) + level / 3 * np.sin(4 * np.pi * hz * t)).astype(np.float32)


def silence(seconds: float, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    return np.zeros(round(seconds * rate_hz), np.float32)


def blocks(samples: NDArray[np.float32], *sizes: int) -> list[NDArray[np.float32]]:
    """The samples in pieces of these sizes, over and over."""
    pieces: list[NDArray[np.float32]] = []
    at = 0
    while at < len(samples):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(samples[at : at + size])
        at += size
    return pieces
