"""The colours that an engine lays over speech do what they are named for, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine import fx, seam
from voice_design_mcp.speech.measure import measure

RATE_HZ = 24_000
VOICE = seam.speak_whole(seam.design("A man", 0), "The weather today is bright and clear.", "en")


def tone(frequency_hz: float, seconds: float = 0.5) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def level_db(samples: NDArray[np.float32]) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return 10 * float(np.log10(np.square(middle).mean()))


def periodicity(samples: NDArray[np.float32]) -> float:
    """How much of a steady 100 Hz tone's next period is like this one."""
    period = RATE_HZ // 100
    return float(np.corrcoef(samples[:-period], samples[period:])[0, 1])


@pytest.mark.parametrize(("frequency_hz", "gain_db"), [(100, 0.0), (1000, 3.0), (4000, 6.0)])
def test_the_equaliser_gives_each_frequency_its_gain(frequency_hz: float, gain_db: float) -> None:
    sound = tone(frequency_hz)
    changed = fx.equalised(sound, RATE_HZ, ((20, 0), (250, 0), (4000, 6), (12000, 6)))
    assert len(changed) == len(sound)
    assert level_db(changed) - level_db(sound) == pytest.approx(gain_db, abs=0.1)


def test_the_equaliser_moves_nothing_in_time() -> None:
    click = np.zeros(4800, np.float32)
    click[2400] = 1
    assert int(np.abs(fx.equalised(click, RATE_HZ, ((20, -3), (1000, 0), (8000, 6)))).argmax()) == 2400


def test_breath_is_noise_that_follows_the_voice_and_is_the_same_for_the_same_seed() -> None:
    sound = np.concatenate([tone(100), np.zeros(RATE_HZ // 2, np.float32)])
    breathed = fx.breathy(sound, RATE_HZ, -10, seed=1)
    assert np.array_equal(breathed, fx.breathy(sound, RATE_HZ, -10, seed=1))
    assert not np.array_equal(breathed, fx.breathy(sound, RATE_HZ, -10, seed=2))
    assert periodicity(breathed[: RATE_HZ // 2]) < periodicity(fx.breathy(sound, RATE_HZ, -22, seed=1)[: RATE_HZ // 2])
    assert np.abs(breathed[-RATE_HZ // 4 :]).max() < 1e-4


def test_roughness_makes_the_strength_flicker_and_keeps_the_pitch() -> None:
    sound = VOICE
    harsh = fx.rough(sound, seam.SAMPLE_RATE_HZ, 0.3, seed=1)
    assert np.all(np.abs(harsh) <= np.abs(sound) + 1e-6)
    assert periodicity(fx.rough(tone(100), RATE_HZ, 0.3, 1)) < 0.98 < periodicity(tone(100))
    plain, heard = measure(sound, RATE_HZ).median_pitch_hz, measure(harsh, RATE_HZ).median_pitch_hz
    assert heard == pytest.approx(plain, rel=0.02)


def test_resonance_adds_depth() -> None:
    resonant = fx.resonant(VOICE, RATE_HZ)
    assert len(resonant) == len(VOICE)
    assert measure(resonant, RATE_HZ).brightness_hz < measure(VOICE, RATE_HZ).brightness_hz


def test_evening_narrows_the_distance_between_loud_and_quiet() -> None:
    sound = np.concatenate([tone(200), 0.2 * tone(200)])
    evened = fx.evened(sound, RATE_HZ)
    half = len(sound) // 2
    before = level_db(sound[:half]) - level_db(sound[half:])
    assert level_db(evened[:half]) - level_db(evened[half:]) < before - 5


@pytest.mark.parametrize("tempo", [0.6, 0.8, 1.25, 1.8])
def test_another_tempo_is_another_length_at_the_same_pitch_and_loudness(tempo: float) -> None:
    changed = fx.at_tempo(VOICE, RATE_HZ, tempo)
    assert len(changed) == pytest.approx(len(VOICE) / tempo, abs=0.04 * RATE_HZ)
    before, after = measure(VOICE, RATE_HZ), measure(changed, RATE_HZ)
    assert after.median_pitch_hz == pytest.approx(before.median_pitch_hz, rel=0.03)
    assert after.loudness_lufs == pytest.approx(before.loudness_lufs, abs=1.5)


@pytest.mark.parametrize("length", [0, 1, 100, 1000])
def test_sounds_too_short_to_colour_come_through(length: int) -> None:
    sound = tone(300)[:length]
    for changed in (
        fx.at_tempo(sound, RATE_HZ, 1.5),
        fx.rough(sound, RATE_HZ, 0.3, 1),
        fx.equalised(sound, RATE_HZ, ((20, 0), (9000, 3))),
    ):
        assert len(changed) == length
    if length:
        assert len(fx.breathy(sound, RATE_HZ, -10, 1)) == len(fx.resonant(sound, RATE_HZ)) == length
