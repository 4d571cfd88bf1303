"""Colour for finished speech: tilt, breath, roughness, resonance, evenness, tempo. Any engine's sound, whole clauses, numpy only.

Every effect is a pure function of mono float32 samples and gives as many back, but `at_tempo`, whose purpose is another length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_RESONANCE_CURVE = ((20, 0), (90, 3.5), (220, 3), (500, 0), (2500, 1.5), (5000, 0))
_BREATH_CURVE = ((20, -60), (700, -12), (1500, 0), (5000, 0), (9000, -12), (12000, -40))
_REFLECTION_S, _REFLECTION = 0.017, 0.12
_ENVELOPE_S = 0.008
_ROUGHNESS_HZ, _ROUGHNESS_WANDER, _WANDER_STEP_S = 38.0, 0.25, 0.05
_EVEN_ABOVE_DBFS, _EVEN_RATIO, _EVEN_S = -24.0, 3.0, 0.020
_TEMPO_FRAME_S, _TEMPO_SEARCH_S = 0.030, 0.010


def equalised(samples: Sound, rate_hz: int, curve: Sequence[tuple[float, float]]) -> Sound:
    """Apply a gain over frequency without moving anything in time.

    Args:
        samples: The sound.
        rate_hz: Its rate.
        curve: Points of Hz and dB in rising order, joined over the logarithm of frequency.
    """
    size = 1 << (len(samples) + 2047).bit_length()
    frequencies = np.maximum(np.fft.rfftfreq(size, 1 / rate_hz), 20.0)
    points, gains_db = zip(*curve, strict=True)
    gain = 10 ** (np.interp(np.log(frequencies), np.log(points), gains_db) / 20)
    return np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)].astype(np.float32)


def resonant(samples: Sound, rate_hz: int) -> Sound:
    """Add a chest: more of the lowest harmonics, a little presence, one early reflection."""
    sound = equalised(samples, rate_hz, _RESONANCE_CURVE)
    delay = round(_REFLECTION_S * rate_hz)
    reflected = sound.copy()
    reflected[delay:] += np.float32(_REFLECTION) * sound[:-delay] if delay < len(sound) else 0
    return reflected


def breathy(samples: Sound, rate_hz: int, level_db: float, seed: int) -> Sound:
    """Add breath that follows the voice, `level_db` against it; the same seed gives the same breath."""
    noise = np.random.default_rng(seed).standard_normal(len(samples)).astype(np.float32)
    breath = equalised(noise, rate_hz, _BREATH_CURVE)
    breath /= np.sqrt(np.square(breath).mean()) + np.float32(1e-9)
    return samples + np.float32(10 ** (level_db / 20)) * _envelope(samples, rate_hz, _ENVELOPE_S) * breath


def rough(samples: Sound, rate_hz: int, depth: float, seed: int) -> Sound:
    """Let the strength flicker as in a hoarse voice, by up to `depth` (0 to 1) of it."""
    count = len(samples)
    knots = np.arange(0, count / rate_hz + 2 * _WANDER_STEP_S, _WANDER_STEP_S)
    wander = np.interp(np.arange(count) / rate_hz, knots, np.random.default_rng(seed).standard_normal(len(knots)))
    phase = 2 * np.pi * np.cumsum(_ROUGHNESS_HZ * (1 + _ROUGHNESS_WANDER * wander)) / rate_hz
    return (samples * (1 - depth * (0.5 + 0.5 * np.sin(phase)))).astype(np.float32)


def evened(samples: Sound, rate_hz: int) -> Sound:
    """Hold back what is loud, so that all of it carries."""
    level_db = 20 * np.log10(_envelope(samples, rate_hz, _EVEN_S) + 1e-6)
    over_db = np.maximum(level_db - _EVEN_ABOVE_DBFS, 0)
    return (samples * 10 ** (-over_db * (1 - 1 / _EVEN_RATIO) / 20)).astype(np.float32)


def at_tempo(samples: Sound, rate_hz: int, tempo: float) -> Sound:
    """Play `tempo` times as fast at the same pitch, by overlapping pieces that fit each other (WSOLA)."""
    frame, search = round(_TEMPO_FRAME_S * rate_hz) // 2 * 2, round(_TEMPO_SEARCH_S * rate_hz)
    hop = frame // 2
    if len(samples) < 3 * frame or tempo == 1.0:
        return samples
    window = np.hanning(frame + 1)[:-1].astype(np.float32)
    source = np.pad(samples, (search, frame + search))
    hops = int(len(samples) / tempo) // hop
    out = np.zeros((hops + 1) * hop, np.float32)
    natural = source[search : search + frame]
    for step in range(hops):
        wanted = min(round(step * hop * tempo), len(samples) - hop)
        region = source[wanted : wanted + frame + 2 * search]
        likeness = np.correlate(region, natural, "valid") / np.sqrt(_energies(region, frame) + 1e-6)
        start = wanted + int(np.argmax(likeness))
        out[step * hop : step * hop + frame] += window * source[start : start + frame]
        natural = source[start + hop : start + hop + frame]
        natural = np.pad(natural, (0, frame - len(natural)))
    return out


def _energies(region: Sound, frame: int) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum(np.square(region, dtype=np.float64))])
    return np.maximum(total[frame:] - total[:-frame], 0)


def _envelope(samples: Sound, rate_hz: int, length_s: float) -> Sound:
    """Strength of the sound around each sample."""
    length = max(1, round(length_s * rate_hz))
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    edges = np.arange(len(samples))
    first, last = np.maximum(edges - length // 2, 0), np.minimum(edges - length // 2 + length, len(samples))
    power = (total[last] - total[first]) / np.maximum(last - first, 1)
    return np.sqrt(np.maximum(power, 0)).astype(np.float32)
