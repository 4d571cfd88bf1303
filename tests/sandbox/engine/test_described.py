"""Either engine sounds as twenty descriptions say: pitch, pace and colour within stated ranges, in every candidate."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.speech.measure import Measured, measure

from .descriptions import DESCRIBED, Described
from .test_voices import ANNOUNCER, GIRL, TEXTS

PACES = {"slow": (5.5, 10.2), "medium": (9.2, 13.9), "fast": (14.0, 20.0)}
"""Letters a second in English, pauses included."""

COLOURS = {  # Hz of the centre of gravity of the spectrum; a plain voice of the natural engine is darker than the other's
    seam.FORMANT: {"dark": (400, 1050), "": (550, 1900), "bright": (900, 2300)},
    seam.NEURAL: {"dark": (180, 450), "": (300, 1250), "bright": (650, 1700)},
}


class Heard(NamedTuple):
    """A text in one voice: its figures, and its level in dB in each third of an octave."""

    measured: Measured
    spectrum_db: NDArray[np.float64]


def heard(description: str, engine: str, seed: int, language: str = "en") -> Heard:
    text = TEXTS[language]
    samples = seam.speak_whole(seam.design(description, seed, engine), text, language)
    return Heard(measure(samples, seam.SAMPLE_RATE_HZ, text), spectrum_db(samples))


def spectrum_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    power = np.square(np.abs(np.fft.rfft(samples)))
    edges = 200 * 2 ** (np.arange(17) / 3) * len(samples) / seam.SAMPLE_RATE_HZ
    levels = 10 * np.log10([power[int(low) : int(high)].sum() for low, high in pairwise(edges)])
    return levels - levels.mean()


def check(described: Described, engine: str, candidates: list[Heard]) -> None:
    slowest, fastest = PACES[described.pace]
    darkest, brightest = COLOURS[engine][described.colour]
    for measured, _ in candidates:
        assert measured.median_pitch_hz is not None
        assert described.lowest_hz < measured.median_pitch_hz < described.highest_hz
        assert measured.characters_per_s is not None
        assert slowest < measured.characters_per_s < fastest
        assert darkest < measured.brightness_hz < brightest
        assert measured.clipped_fraction == 0
    for one, other in combinations(candidates, 2):
        assert audible_difference(one, other) > 1


def audible_difference(one: Heard, other: Heard) -> float:
    """The largest difference, in steps that are just heard: of pitch, of pace, of the colour of the voice."""
    steps = (("median_pitch_hz", 0.02), ("duration_s", 0.02))
    colour_db = float(np.abs(one.spectrum_db - other.spectrum_db).mean())
    return max(
        colour_db / 1.0,
        *(
            abs(float(np.log(getattr(one.measured, name) / getattr(other.measured, name)))) / step
            for name, step in steps
        ),
    )


@pytest.mark.parametrize("described", DESCRIBED, ids=range(len(DESCRIBED)))
def test_the_base_engine_sounds_as_described(described: Described) -> None:
    check(described, seam.FORMANT, [heard(described.description, seam.FORMANT, seed) for seed in range(2)])


@pytest.mark.extras
@pytest.mark.parametrize("described", DESCRIBED, ids=range(len(DESCRIBED)))
def test_the_natural_engine_sounds_as_described(described: Described) -> None:
    seeds = 2 if described.colour else 1
    check(described, seam.NEURAL, [heard(described.description, seam.NEURAL, seed) for seed in range(seeds)])


@pytest.mark.extras
@pytest.mark.parametrize("language", seam.LANGUAGES)
@pytest.mark.parametrize("description", [ANNOUNCER, GIRL], ids=["announcer", "girl"])
def test_a_natural_voice_keeps_its_pitch_and_pace_in_every_language(description: str, language: str) -> None:
    target_hz = seam.design(description, 0, seam.NEURAL).parameters["pitch_hz"]
    measured, _ = heard(description, seam.NEURAL, 0, language)
    assert measured.median_pitch_hz == pytest.approx(target_hz, rel=0.12)
    assert measured.characters_per_s is not None
    assert (2.5 if language in {"zh", "ja", "ko"} else 8) < measured.characters_per_s < 15
    assert measured.silence_fraction < 0.4
