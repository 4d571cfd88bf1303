"""What is measured of a sound is true of it, and the words say it to a reader who cannot hear."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice_design_mcp.speech.measure import in_words, measure

RATE_HZ = 24_000


def buzz(hz: float, seconds: float = 1.0, rate_hz: int = RATE_HZ, level: float = 0.2) -> NDArray[np.float32]:
    """A tone with falling harmonics, as a voice has them."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.zeros(len(t))
    for n in range(1, int(0.45 * rate_hz / hz)):
        sound += np.sin(2 * np.pi * hz * n * t) / n
    return (level * sound).astype(np.float32)


def silence(seconds: float, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    return np.zeros(round(seconds * rate_hz), np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("hz", [62, 98, 155, 220, 310, 430])
def test_pitch_is_found_within_one_percent_at_every_rate(hz: float, rate_hz: int) -> None:
    measured = measure(buzz(hz, rate_hz=rate_hz), rate_hz)
    assert measured.median_pitch_hz == pytest.approx(hz, rel=0.01)
    assert measured.pitch_range_semitones == pytest.approx(0, abs=0.2)


def test_the_movement_of_pitch_is_told_in_semitones() -> None:
    steps = np.concatenate([buzz(100), buzz(100 * 2 ** (6 / 12))])
    assert measure(steps, RATE_HZ).pitch_range_semitones == pytest.approx(6, abs=0.3)


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(7).standard_normal(2 * RATE_HZ).astype(np.float32) * 0.1
    measured = measure(noise, RATE_HZ)
    assert measured.median_pitch_hz is None
    assert measured.brightness_hz == pytest.approx(4000, rel=0.1)
    assert "without a voice" in in_words(measured)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
def test_loudness_is_the_standards_own_calibration(rate_hz: int) -> None:
    t = np.arange(5 * rate_hz) / rate_hz
    full_scale = np.sin(2 * np.pi * 997 * t).astype(np.float32)
    assert measure(full_scale, rate_hz).loudness_lufs == pytest.approx(-3.01, abs=0.1)
    assert measure(full_scale * np.float32(0.1), rate_hz).loudness_lufs == pytest.approx(-23.01, abs=0.1)


def test_loudness_does_not_count_the_pauses() -> None:
    speech = buzz(200, 4)
    with_pauses = np.concatenate([speech, silence(6), speech])
    assert measure(with_pauses, RATE_HZ).loudness_lufs == pytest.approx(measure(speech, RATE_HZ).loudness_lufs, abs=0.4)


def test_silence_is_a_share_of_the_time() -> None:
    measured = measure(np.concatenate([silence(1), buzz(120, 3), silence(2)]), RATE_HZ)
    assert measured.silence_fraction == pytest.approx(0.5, abs=0.01)
    assert measured.duration_s == pytest.approx(6)


def test_clipping_is_counted_and_warned_of() -> None:
    measured = measure(np.clip(buzz(120, level=1.5), -1, 1), RATE_HZ)
    assert measured.clipped_fraction > 0.05
    assert measured.peak_dbfs == pytest.approx(0, abs=0.01)
    assert in_words(measured).startswith("CLIPS;")
    assert "% clipped" in in_words(measured)
    assert measure(buzz(120), RATE_HZ).clipped_fraction == 0


@pytest.mark.parametrize("sound", [silence(0), silence(2), silence(2) + 1e-5])
def test_silence_is_called_silence(sound: NDArray[np.float32]) -> None:
    measured = measure(sound, RATE_HZ, "Hello")
    assert measured.silence_fraction == 1
    assert measured.loudness_lufs == -70
    assert measured.characters_per_s is None
    assert in_words(measured).startswith("SILENT")


def test_short_and_mostly_silent_sounds_are_warned_of() -> None:
    assert in_words(measure(buzz(120, 0.1), RATE_HZ)).startswith("TOO SHORT")
    assert in_words(measure(np.concatenate([buzz(120), silence(4)]), RATE_HZ)).startswith("MOSTLY SILENT")


@pytest.mark.parametrize(
    ("text", "seconds", "rate", "pace"),
    [
        ("Twenty letters here.. ok?", 2, 10.0, "medium"),
        ("Twenty letters here.. ok?", 1, 20.0, "fast"),
        ("Twenty letters here.. ok?", 4, 5.0, "slow"),
        ("今天天气很好。", 1.5, 4.0, "medium"),
        ("今天天气很好。", 1, 6.0, "fast"),
        ("안녕하세요", 2.5, 2.0, "slow"),
    ],
)
def test_pace_is_counted_from_first_to_last_sound_and_judged_by_script(
    text: str, seconds: float, rate: float, pace: str
) -> None:
    measured = measure(np.concatenate([silence(1), buzz(120, seconds), silence(1)]), RATE_HZ, text)
    assert measured.characters_per_s == pytest.approx(rate, rel=0.05)
    assert measured.pace == pace
    assert f"characters a second ({pace})" in in_words(measured)


@pytest.mark.parametrize(
    ("hz", "words"), [(75, "deep man"), (100, "of a man"), (165, "between"), (210, "of a woman"), (300, "of a child")]
)
def test_pitch_is_told_in_the_words_that_descriptions_use(hz: float, words: str) -> None:
    assert words in in_words(measure(buzz(hz), RATE_HZ))


def test_a_brighter_sound_measures_brighter() -> None:
    dark = measure(np.sin(np.cumsum(np.full(RATE_HZ, 2 * np.pi * 300 / RATE_HZ))).astype(np.float32), RATE_HZ)
    assert dark.brightness_hz == pytest.approx(300, abs=15)
    assert measure(buzz(300), RATE_HZ).brightness_hz > dark.brightness_hz + 100


@given(
    samples=st.lists(st.floats(-1.5, 1.5, width=32), max_size=3000),
    rate_hz=st.sampled_from([8000, 24_000, 48_000]),
    text=st.text(max_size=30),
)
def test_any_sound_can_be_measured_kept_as_json_and_told_in_one_line(
    samples: list[float], rate_hz: int, text: str
) -> None:
    measured = measure(np.array(samples, np.float32), rate_hz, text)
    assert json.loads(json.dumps(measured.as_dict(), allow_nan=False)) == measured.as_dict()
    assert 0 <= measured.silence_fraction <= 1
    words = in_words(measured)
    assert len(words) <= 220
    assert "\n" not in words


def test_a_long_sound_measures_like_its_part() -> None:
    part = np.concatenate([buzz(110, 0.8), silence(0.2)])
    whole, first = measure(np.tile(part, 200), RATE_HZ, "a" * 2000), measure(part, RATE_HZ, "a" * 10)
    assert whole.median_pitch_hz == pytest.approx(first.median_pitch_hz, rel=0.01)
    assert whole.loudness_lufs == pytest.approx(first.loudness_lufs, abs=1)
    assert whole.silence_fraction == pytest.approx(first.silence_fraction, abs=0.01)
    assert whole.duration_s == 200
