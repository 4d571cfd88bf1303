"""Finds the pitch of speech: autocorrelation of 50 ms windows, normalised, guarded against octave errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.resample import resample

LOWEST_HZ, HIGHEST_HZ = 55.0, 450.0
"""Pitches outside this range are not looked for."""

_WORKING_RATE_HZ = 8000
_WINDOW, _HOP = 400, 80
_FFT_SIZE = 576  # room for a window and the longest lag
_FRAMES_AT_ONCE = 125
_BAND_HZ = 1500
_VOICED = 0.55
_OCTAVE_GUARD = 0.88
_QUIET = 0.02


def pitches_hz(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """Return the pitch of every voiced 10 ms step of mono `samples`, in order; empty when none is voiced."""
    sound = resample(samples, sample_rate_hz, _WORKING_RATE_HZ)
    if len(sound) < _WINDOW:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    energy = np.einsum("ij,ij->i", frames, frames)
    loud = np.flatnonzero((energy > _QUIET * energy.max()) & (energy > 1e-6 * _WINDOW))
    found = [_frame_pitches(frames[loud[at : at + _FRAMES_AT_ONCE]]) for at in range(0, len(loud), _FRAMES_AT_ONCE)]
    return np.concatenate(found) if found else np.zeros(0)


def _frame_pitches(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    shortest, longest = int(_WORKING_RATE_HZ / HIGHEST_HZ) - 1, int(_WORKING_RATE_HZ / LOWEST_HZ) + 2
    likeness = _normalised_autocorrelation(frames)[:, shortest:longest]
    best = likeness[:, 1:-1].max(axis=1, keepdims=True)
    middle = likeness[:, 1:-1]
    peaks = (middle >= likeness[:, :-2]) & (middle >= likeness[:, 2:]) & (middle > _OCTAVE_GUARD * best)
    # The first peak that is nearly the best is the period; later ones are its multiples.
    voiced = np.flatnonzero((best[:, 0] > _VOICED) & peaks.any(axis=1))
    at = peaks[voiced].argmax(axis=1) + 1
    left, top, right = likeness[voiced, at - 1], likeness[voiced, at], likeness[voiced, at + 1]
    shift = (left - right) / (2 * (left - 2 * top + right) - 1e-12)
    return _WORKING_RATE_HZ / (shortest + at + shift)


def _normalised_autocorrelation(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    window = np.hanning(_WINDOW).astype(np.float32)
    frequencies = np.fft.rfftfreq(_FFT_SIZE, 1 / _WORKING_RATE_HZ)
    # Harmonics above the band sharpen the peak beyond what the lag grid resolves.
    band = (1 / (1 + (frequencies / _BAND_HZ) ** 8)).astype(np.float32)
    spectrum = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, _FFT_SIZE, axis=1)
    correlation = np.fft.irfft((spectrum.real**2 + spectrum.imag**2) * band, _FFT_SIZE, axis=1)[:, :_WINDOW]
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT_SIZE)) ** 2, _FFT_SIZE)[:_WINDOW]
    return correlation / (correlation[:, :1] + 1e-12) / (of_window / of_window[0] + 1e-9)
