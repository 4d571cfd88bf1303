"""How several sounds are told apart in words."""

from __future__ import annotations

from typing import Any

import pytest

from voice_design_mcp.speech.contrast import ALIKE, contrasts

MIDDLE: dict[str, Any] = {
    "median_pitch_hz": 200.0,
    "characters_per_s": 12.0,
    "brightness_hz": 1000,
    "loudness_lufs": -20.0,
    "pitch_range_semitones": 5.0,
    "clipped_fraction": 0.0,
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ALIKE),
        ({"median_pitch_hz": 100.0}, "12 semitones lower"),
        ({"median_pitch_hz": 213.0}, "1 semitone higher"),
        ({"median_pitch_hz": 205.0}, ALIKE),
        ({"characters_per_s": 15.0}, "25 % faster"),
        ({"characters_per_s": 9.0}, "25 % slower"),
        ({"brightness_hz": 700}, "30 % darker"),
        ({"brightness_hz": 1300}, "30 % brighter"),
        ({"loudness_lufs": -26.0}, "6 dB quieter"),
        ({"loudness_lufs": -14.0}, "6 dB louder"),
        ({"pitch_range_semitones": 9.0}, "4 semitones livelier"),
        ({"pitch_range_semitones": 2.0}, "3 semitones flatter"),
        ({"clipped_fraction": 0.01}, "clips"),
        ({"median_pitch_hz": 150.0, "characters_per_s": 10.0}, "5 semitones lower; 17 % slower"),
        ({"median_pitch_hz": None, "characters_per_s": None}, ALIKE),
    ],
)
def test_a_sound_is_told_by_what_people_hear_against_the_middle_of_the_others(
    changed: dict[str, Any], said: str
) -> None:
    others = [{**MIDDLE, "median_pitch_hz": hz} for hz in (150.0, 200.0, 270.0)]
    assert contrasts([{**MIDDLE, **changed}, *others])[0] == said


def test_a_sound_alone_or_without_figures_differs_in_nothing() -> None:
    assert contrasts([]) == []
    assert contrasts([MIDDLE]) == [""]
    assert contrasts([{}, MIDDLE, {**MIDDLE}]) == ["", ALIKE, ALIKE]
    assert contrasts([{}, MIDDLE]) == ["", ""]
