"""The style that makes Kokoro-82M speak as one voice in one language, at one pitch. Knows the table of voices, and no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine.neural.design import Blend, share_of_high
from voice_design_mcp.sandbox.engine.neural.voices import ACCENTS, PROSODIES, Accent

_TABLE = Path(__file__).with_name("voices.npz")
_TIMBRE_NUMBERS = 128
_LOWEST_SHARE, _HIGHEST_SHARE = -0.35, 1.35
_MALE_BELOW_HZ = 150.0

Style = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice speaks in one language.

    Attributes:
        timbre: Share of each voice in the timbre.
        prosody: Share of each voice in the prosody; one may be below 0.
        transposed: Factor to every frequency of the sound, to be applied after the model; nearly 1.
        pace: How fast this prosody is by itself, against the normal pace of the language.
    """

    timbre: Mapping[str, float]
    prosody: Mapping[str, float]
    transposed: float
    pace: float

    def style(self, length: int) -> Style:
        """Return the style for a text of so many tokens."""
        timbre = sum(share * _voice(name, length)[:_TIMBRE_NUMBERS] for name, share in self.timbre.items())
        prosody = sum(share * _voice(name, length)[_TIMBRE_NUMBERS:] for name, share in self.prosody.items())
        return np.concatenate([timbre, prosody]).astype(np.float32)


def manner(blend: Blend, language: str, pitch_hz: float) -> Manner:
    """Return how `blend` speaks `language` at `pitch_hz`.

    The sounds of a language are clear in the timbre of voices that grew up with it, so a share of theirs is mixed in;
    pitch and melody stay.
    """
    accent = ACCENTS[language]
    in_tune_hz = pitch_hz / accent.pitch / blend.throat
    share = share_of_high(blend.low, blend.high, in_tune_hz)
    share = min(max(share, _LOWEST_SHARE), _HIGHEST_SHARE)
    low, high = PROSODIES[blend.low], PROSODIES[blend.high]
    reached_hz = low.pitch_hz ** (1 - share) * high.pitch_hz**share
    return Manner(
        timbre=_with_accent(blend.timbre, accent, pitch_hz),
        prosody={blend.low: 1 - share, blend.high: share},
        transposed=blend.throat * in_tune_hz / reached_hz,
        pace=accent.pace * low.pace ** (1 - share) * high.pace**share,
    )


def _with_accent(timbre: Mapping[str, float], accent: Accent, pitch_hz: float) -> Mapping[str, float]:
    if not accent.share:
        return timbre
    native = accent.male if pitch_hz < _MALE_BELOW_HZ else accent.female
    mixed = {name: share * (1 - accent.share) for name, share in timbre.items()}
    mixed[native] = mixed.get(native, 0.0) + accent.share
    return mixed


def _voice(name: str, length: int) -> Style:
    mean, amounts, directions = _table()[name]
    return mean + amounts[min(max(length, 1), len(amounts)) - 1] @ directions


@cache
def _table() -> dict[str, tuple[Style, Style, Style]]:
    """For each voice its mean style, its amounts for each length of text and the directions that they go (.ci/voice_table.py)."""
    with np.load(_TABLE, allow_pickle=False) as table:
        names, *parts = (table[part] for part in ("names", "mean", "amounts", "directions"))
    halves = [part.astype(np.float32) for part in parts]
    return {str(name): (halves[0][at], halves[1][at], halves[2][at]) for at, name in enumerate(names)}
