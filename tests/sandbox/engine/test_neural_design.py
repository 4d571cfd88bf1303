"""A description becomes a blend of Kokoro's voices without a sound being made, and either engine can speak for the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_design_mcp.describe import lexicon
from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.sandbox.engine.neural import styles, voices
from voice_design_mcp.sandbox.engine.neural.design import blend_from
from voice_design_mcp.sandbox.engine.traits_to_voice import BASES

from .test_voices import ANNOUNCER, GIRL

NOWHERE = Path("no-such-file.onnx")
SPEC = seam.design(ANNOUNCER, 0, seam.NEURAL)


def damaged(**parameters: Any) -> seam.VoiceSpec:
    stored = json.loads(SPEC.to_json())
    stored["parameters"] |= parameters
    return seam.VoiceSpec.from_json(json.dumps(stored))


def test_a_blend_is_the_same_everywhere_and_survives_being_stored() -> None:
    assert seam.design(ANNOUNCER, 0, seam.NEURAL) == SPEC
    assert seam.VoiceSpec.from_json(SPEC.to_json()) == SPEC
    assert (SPEC.engine, SPEC.engine_version) == ("neural", "1")


def test_two_takes_have_other_blends_of_the_same_register() -> None:
    takes = [seam.design(ANNOUNCER, seed, seam.NEURAL) for seed in range(8)]
    assert len({json.dumps(take.parameters["timbre"]) for take in takes}) == 8
    assert len({json.dumps(take.parameters["prosody"]) for take in takes}) > 3
    for take in takes:
        blend = blend_from(take.parameters)
        assert sum(blend.timbre.values()) == pytest.approx(1, abs=0.01)
        assert voices.PROSODIES[blend.low].pitch_hz < voices.PROSODIES[blend.high].pitch_hz


def test_every_group_of_people_has_voices_of_the_table_to_draw_on() -> None:
    table = set(np.load(styles.__file__.replace("styles.py", "voices.npz"))["names"].tolist())
    assert voices.TIMBRES.keys() == BASES.keys()
    assert len(table) == 54
    assert {name for pool in voices.TIMBRES.values() for name in pool} <= voices.PROSODIES.keys() <= table
    assert {name for accent in voices.ACCENTS.values() for name in (accent.male, accent.female)} <= table
    assert voices.ACCENTS.keys() == set(seam.LANGUAGES)


@pytest.mark.parametrize("language", seam.LANGUAGES)
@pytest.mark.parametrize("pitch_hz", [60.0, 95.0, 150.0, 220.0, 330.0, 470.0])
def test_any_pitch_is_reached_by_the_prosody_and_a_little_transposing(language: str, pitch_hz: float) -> None:
    blend = blend_from(SPEC.parameters if pitch_hz < 160 else seam.design(GIRL, 0, seam.NEURAL).parameters)
    how = styles.manner(blend, language, pitch_hz)
    assert sum(how.prosody.values()) == pytest.approx(1)
    assert sum(how.timbre.values()) == pytest.approx(1, abs=0.01)
    reached = np.exp(sum(share * np.log(voices.PROSODIES[name].pitch_hz) for name, share in how.prosody.items()))
    assert reached * voices.ACCENTS[language].pitch * how.transposed == pytest.approx(pitch_hz, rel=0.001)
    style = how.style(100)
    assert style.shape == (256,)
    assert np.isfinite(style).all()
    assert np.abs(style).max() < 5


def test_a_voice_within_its_own_register_is_hardly_transposed() -> None:
    for description in (ANNOUNCER, GIRL, "A woman", "A young man", "An old woman with a husky voice"):
        spec = seam.design(description, 3, seam.NEURAL)
        pitch_hz = spec.parameters["pitch_hz"]
        assert isinstance(pitch_hz, float)
        assert styles.manner(blend_from(spec.parameters), "en", pitch_hz).transposed == pytest.approx(1, abs=0.09)


def test_a_voice_whose_engine_is_gone_is_spoken_by_the_base_engine_which_says_so() -> None:
    rendering = seam.rendering(SPEC, NOWHERE)
    assert rendering.engine == seam.FORMANT
    assert rendering.note.isascii()
    assert "base engine" in rendering.note
    instead = seam.speak_whole(SPEC, "Good evening.", "en", kokoro_model=NOWHERE)
    own = seam.speak_whole(seam.design(ANNOUNCER, 0), "Good evening.", "en")
    assert np.array_equal(instead, own)


def test_a_voice_of_the_base_engine_keeps_it() -> None:
    assert seam.rendering(seam.design(ANNOUNCER, 0)) == seam.Rendering(seam.FORMANT)


def test_new_voices_are_for_the_base_engine_where_the_natural_one_cannot_speak() -> None:
    assert seam.best(NOWHERE) == seam.FORMANT
    assert seam.unavailable(seam.NEURAL, NOWHERE)
    assert seam.unavailable("klatt")
    assert not seam.unavailable(seam.FORMANT)


def test_an_engine_that_this_program_does_not_have_is_refused() -> None:
    with pytest.raises(seam.EngineError, match="'klatt'"):
        seam.design(ANNOUNCER, 0, "klatt")


@pytest.mark.parametrize(
    "parameters",
    [
        {"timbre": {}},
        {"timbre": {"nobody": 1.0}},
        {"timbre": {"am_onyx": 0.4}},
        {"timbre": [1.0]},
        {"timbre": {"am_onyx": None}},
        {"prosody": {"am_onyx": 1.0}},
        {"prosody": {"am_onyx": 0.5, "nobody": 0.5}},
        {"prosody": 3.0},
        {"throat": 40.0},
        {"throat": "wide"},
        {"throat": float("nan")},
    ],
)
def test_a_damaged_blend_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(seam.EngineError, match="damaged"):
        blend_from(damaged(**parameters).parameters)


@pytest.mark.parametrize("word", [*lexicon.EMOTIONS, *lexicon.CHARACTERISTICS])
def test_every_word_that_the_parser_knows_can_be_blended(word: str) -> None:
    assert blend_from(seam.design(f"A {word} woman", 0, seam.NEURAL).parameters)


def test_a_size_that_is_not_the_models_is_told_without_reading_it(tmp_path: Path) -> None:
    wrong = tmp_path / "kokoro.onnx"
    wrong.write_bytes(b"not it")
    assert seam.best(wrong) == seam.FORMANT
    reason = seam.unavailable(seam.NEURAL, wrong)
    assert "6 bytes" in reason or "not installed" in reason
    assert str(tmp_path) not in reason
