"""How sounds that were measured differ from one another, in words for a reader that is deaf. Knows figures only."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

_SEMITONES: Final = 1.0
_PACE: Final = 0.08
_BRIGHTNESS: Final = 0.12
_LOUDNESS_DB: Final = 2.0
_LIVELINESS_SEMITONES: Final = 2.0
ALIKE: Final = "close to the others in all that is measured"


def contrasts(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each sound how it differs from the middle of the others: "3 semitones lower; 12 % slower".

    Differences that hardly anybody hears are left out. One sound alone, or one without figures, has nothing to differ in: "".

    Args:
        figures: As `measure.Measured.as_dict` gives them; empty where a sound could not be measured.
    """
    return [_contrast(own, [other for other in figures if other and other is not own]) for own in figures]


def _contrast(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> str:
    if not own or not others:
        return ""
    said = [
        _steps(_ratio(own, others, "median_pitch_hz"), "higher", "lower"),
        _share(_ratio(own, others, "characters_per_s"), _PACE, "faster", "slower"),
        _share(_ratio(own, others, "brightness_hz"), _BRIGHTNESS, "brighter", "darker"),
        _gap(own, others, "loudness_lufs", _LOUDNESS_DB, ("dB louder", "dB quieter")),
        _gap(own, others, "pitch_range_semitones", _LIVELINESS_SEMITONES, ("semitones livelier", "semitones flatter")),
        "clips" if (own.get("clipped_fraction") or 0) > 0.001 else "",
    ]
    return "; ".join(filter(None, said)) or ALIKE


def _middle(others: Sequence[Mapping[str, Any]], name: str) -> float | None:
    known = [float(other[name]) for other in others if other.get(name) is not None]
    return statistics.median(known) if known else None


def _ratio(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]], name: str) -> float | None:
    middle = _middle(others, name)
    return float(own[name]) / middle if own.get(name) and middle else None


def _steps(ratio: float | None, more: str, less: str) -> str:
    semitones = 12 * math.log2(ratio) if ratio else 0.0
    if abs(semitones) < _SEMITONES:
        return ""
    count = round(abs(semitones))
    return f"{count} semitone{'s' if count > 1 else ''} {more if semitones > 0 else less}"


def _share(ratio: float | None, least: float, more: str, less: str) -> str:
    if ratio is None or abs(ratio - 1) < least:
        return ""
    return f"{100 * abs(ratio - 1):.0f} % {more if ratio > 1 else less}"


def _gap(
    own: Mapping[str, Any], others: Sequence[Mapping[str, Any]], name: str, least: float, words: tuple[str, str]
) -> str:
    middle = _middle(others, name)
    if own.get(name) is None or middle is None or abs(own[name] - middle) < least:
        return ""
    return f"{abs(own[name] - middle):.0f} {words[own[name] < middle]}"
