"""The natural engine really speaks, the same each time, in pieces, and only with the model whose hash is known."""

from __future__ import annotations

import gc
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.sandbox.engine.neural import model, weights
from voice_design_mcp.speech.measure import measure

from .test_voices import ANNOUNCER, GIRL

pytestmark = pytest.mark.extras

SPEC = seam.design(ANNOUNCER, 0, seam.NEURAL)
TEXT = "Good evening, everyone. The weather is clear today."


@pytest.fixture(scope="module")
def spoken() -> NDArray[np.float32]:
    return seam.speak_whole(SPEC, TEXT, "en")


def test_the_natural_engine_is_taken_where_it_is_installed() -> None:
    assert seam.unavailable(seam.NEURAL) == ""
    assert seam.best() == seam.NEURAL
    assert seam.rendering(SPEC) == seam.Rendering(seam.NEURAL)


def test_an_announcer_sounds_like_one(spoken: NDArray[np.float32]) -> None:
    measured = measure(spoken, seam.SAMPLE_RATE_HZ, TEXT)
    assert measured.median_pitch_hz == pytest.approx(SPEC.parameters["pitch_hz"], rel=0.12)
    assert measured.loudness_lufs == pytest.approx(-20.5, abs=3)
    assert measured.peak_dbfs < -0.9
    assert 1.5 < measured.duration_s < 6
    assert measured.silence_fraction < 0.45


def test_a_girl_sounds_like_one() -> None:
    spec = seam.design(GIRL, 0, seam.NEURAL)
    measured = measure(seam.speak_whole(spec, TEXT, "en"), seam.SAMPLE_RATE_HZ)
    assert measured.median_pitch_hz == pytest.approx(spec.parameters["pitch_hz"], rel=0.12)


def test_the_same_words_in_the_same_voice_are_the_same_bytes_in_every_process(spoken: NDArray[np.float32]) -> None:
    program = (
        "import hashlib, sys; from voice_design_mcp.sandbox.engine import seam\n"
        "spec = seam.VoiceSpec.from_json(sys.argv[1])\n"
        "print(hashlib.sha256(seam.speak_whole(spec, sys.argv[2], 'en').tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, SPEC.to_json(), TEXT], capture_output=True, check=True, encoding="utf-8"
    )
    assert other.stdout.strip() == hashlib.sha256(spoken.tobytes()).hexdigest()
    assert other.stderr == ""


def test_sound_comes_before_the_whole_text_is_computed(
    spoken: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[int] = []
    say = model.Model.say

    def noting(kokoro: model.Model, tokens: tuple[int, ...], style: NDArray[np.float32], speed: float) -> object:
        said.append(len(tokens))
        return say(kokoro, tokens, style, speed)

    monkeypatch.setattr(model.Model, "say", noting)
    blocks = seam.speak(SPEC, TEXT, "en")
    first = next(blocks)
    assert len(said) == 1
    rest = list(blocks)
    assert len(said) == 2
    assert max(map(len, rest)) <= 0.2 * seam.SAMPLE_RATE_HZ
    assert np.array_equal(np.concatenate([first, *rest]), spoken)


def test_a_stream_that_is_closed_early_computes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = seam.speak(SPEC, TEXT * 20, "en")
    next(blocks)

    def more(*_: object) -> None:
        pytest.fail("it goes on")

    monkeypatch.setattr(model.Model, "say", more)
    blocks.close()
    gc.collect()


def test_several_threads_speak_at_once_and_each_hears_only_its_own_words(spoken: NDArray[np.float32]) -> None:
    def say(text: str) -> NDArray[np.float32]:
        return seam.speak_whole(SPEC, text, "en")

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(say, [TEXT, "Yes.", TEXT, "No!", "Yes.", "No!", "Yes.", "No!"]))
    assert np.array_equal(together[0], spoken)
    assert np.array_equal(together[2], spoken)
    assert len(together[1]) < len(spoken)


@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_rate_is_how_many_times_as_fast(spoken: NDArray[np.float32], rate: float) -> None:
    normal = measure(spoken, seam.SAMPLE_RATE_HZ, TEXT).characters_per_s
    changed = measure(seam.speak_whole(SPEC, TEXT, "en", rate=rate), seam.SAMPLE_RATE_HZ, TEXT).characters_per_s
    assert normal is not None
    assert changed == pytest.approx(rate * normal, rel=0.15)


@pytest.mark.parametrize("pitch", [0.7, 2.0])
def test_pitch_is_how_many_times_as_high(pitch: float) -> None:
    changed = measure(seam.speak_whole(SPEC, TEXT, "en", pitch=pitch), seam.SAMPLE_RATE_HZ).median_pitch_hz
    wanted_hz = SPEC.parameters["pitch_hz"]
    assert isinstance(wanted_hz, float)
    assert changed == pytest.approx(pitch * wanted_hz, rel=0.12)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "嗯"),
        ("ja", "あ"),
        ("en", "7"),
        ("zh", "今天学习Python，OK吗？"),
        ("ko", "AI 시대"),
        ("ru", "hello, Москва"),
    ],
)
def test_short_and_mixed_texts_are_spoken(language: str, text: str) -> None:
    measured = measure(seam.speak_whole(SPEC, text, language), seam.SAMPLE_RATE_HZ)
    assert measured.median_pitch_hz is not None
    assert measured.duration_s > 0.15


@pytest.mark.parametrize("text", ["", "...!?", "😀🎉"])
def test_a_text_with_nothing_to_say_is_an_error_and_not_silence(text: str) -> None:
    with pytest.raises(seam.EngineError, match="nothing to say"):
        seam.speak_whole(SPEC, text, "en")


def test_a_model_with_another_hash_is_not_loaded(tmp_path: Path) -> None:
    forged = bytearray(weights.read())
    forged[-1] ^= 1
    file = tmp_path / "kokoro.onnx"
    file.write_bytes(forged)
    assert seam.best(file) == seam.NEURAL
    with pytest.raises(seam.EngineError, match="hash"):
        seam.speak_whole(SPEC, TEXT, "en", kokoro_model=file)


def test_a_file_of_the_users_own_stands_in_for_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kokoro.onnx"
    file.write_bytes(weights.read())
    monkeypatch.setattr(weights, "_PARTS", (("no-such-package", "part.bin"),))
    assert "missing" in seam.unavailable(seam.NEURAL)
    assert seam.unavailable(seam.NEURAL, file) == ""
    assert weights.read(file) == file.read_bytes()


def test_asking_whether_the_engine_is_there_loads_nothing() -> None:
    program = (
        "import sys; from voice_design_mcp.sandbox.engine import seam\n"
        "seam.best(); seam.design('A man', 0, 'neural')\n"
        "print([name for name in sys.modules if name.split('.')[0].startswith(('onnx', 'numpy', 'kokoro', 'pypinyin'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8")
    assert ran.stdout.strip() == "[]"
