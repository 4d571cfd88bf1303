"""Speech is repeatable, clean at its edges, safe with any text, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.sandbox.engine.shaping import shaped
from voice_design_mcp.speech.measure import measure

SPEC = seam.design("A calm woman", 0)
TEXT = "The weather today is bright and clear. Tomorrow it may rain."


def sha256(samples: NDArray[np.float32]) -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()


def test_the_same_words_in_the_same_voice_are_the_same_bytes_in_every_process() -> None:
    program = (
        "import hashlib, sys; from voice_design_mcp.sandbox.engine import seam\n"
        "spec = seam.VoiceSpec.from_json(sys.argv[1])\n"
        "print(hashlib.sha256(seam.speak_whole(spec, sys.argv[2], 'en').tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, SPEC.to_json(), TEXT], capture_output=True, check=True, encoding="utf-8"
    )
    here = {sha256(seam.speak_whole(SPEC, TEXT, "en")) for _ in range(2)}
    assert here == {other.stdout.strip()}
    assert other.stderr == ""


def test_another_seed_is_another_sound() -> None:
    other = seam.design("A calm woman", 1)
    assert sha256(seam.speak_whole(SPEC, TEXT, "en")) != sha256(seam.speak_whole(other, TEXT, "en"))


@pytest.mark.parametrize(
    "description",
    ["A calm woman", "A powerful, energetic teenage boy", "A soothing, breathy old woman", "A husky deep man"],
)
def test_every_voice_is_about_as_loud_and_never_clips_or_clicks(description: str) -> None:
    samples = seam.speak_whole(seam.design(description, 0), TEXT, "en")
    measured = measure(samples, seam.SAMPLE_RATE_HZ)
    assert samples.dtype == np.float32
    assert measured.loudness_lufs == pytest.approx(-20.5, abs=3)
    assert measured.peak_dbfs < -0.9
    assert np.abs(samples[[0, -1]]).max() < 1e-4
    assert np.abs(np.diff(samples[:24])).max() < 0.01


def test_speech_comes_in_small_blocks_that_join_to_the_whole() -> None:
    blocks = list(seam.speak(SPEC, TEXT, "en"))
    assert len(blocks) > 20
    assert max(map(len, blocks)) <= 0.2 * seam.SAMPLE_RATE_HZ
    assert np.array_equal(np.concatenate(blocks), seam.speak_whole(SPEC, TEXT, "en"))


@given(cuts=st.lists(st.integers(0, 40_000), max_size=30), odd=st.booleans())
@settings(max_examples=30)
def test_the_sound_does_not_depend_on_how_the_pipe_cuts_it(cuts: list[int], *, odd: bool) -> None:
    tone = (8000 * np.sin(np.arange(20_000) / 20)).astype(np.int16).tobytes() + b"\0" * odd
    edges = sorted({0, len(tone), *cuts})
    pieces = [tone[start:end] for start, end in pairwise(edges)]
    assert np.array_equal(
        np.concatenate(list(shaped(pieces, 22_050, 0))), np.concatenate(list(shaped([tone], 22_050, 0)))
    )


@pytest.mark.parametrize("rate", [0.7, 1.5, 2.0])
def test_rate_is_how_many_times_as_fast(rate: float) -> None:
    normal, changed = (
        measure(seam.speak_whole(SPEC, TEXT, "en", rate=asked), seam.SAMPLE_RATE_HZ, TEXT).characters_per_s
        for asked in (1.0, rate)
    )
    assert normal is not None
    assert changed == pytest.approx(rate * normal, rel=0.06)


@pytest.mark.parametrize("pitch", [0.6, 1.3, 1.8])
def test_pitch_is_how_many_times_as_high(pitch: float) -> None:
    normal, changed = (
        measure(seam.speak_whole(SPEC, TEXT, "en", pitch=asked), seam.SAMPLE_RATE_HZ).median_pitch_hz
        for asked in (1.0, pitch)
    )
    assert normal is not None
    assert changed == pytest.approx(pitch * normal, rel=0.05)


@pytest.mark.parametrize("text", ["", " \n\t", "...!?", "😀🎉", "\u200b\u202e", "。、「」", "——"])
@pytest.mark.parametrize("language", ["en", "zh", "ja"])
def test_a_text_with_nothing_to_say_is_an_error_and_not_silence(text: str, language: str) -> None:
    with pytest.raises(seam.EngineError, match="nothing to say"):
        seam.speak_whole(SPEC, text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hi"),
        ("en", "7"),
        ("zh", "嗯"),
        ("ja", "あ"),
        ("ja", "2026年11月22日、3.5倍、090-1234-5678"),
        ("zh", "今天学习Python编程，OK吗？"),
        ("ru", "hello, Москва"),
        ("ko", "AI 시대 ２０２６"),
        ("de", "x\x00y \ud800 \u202egab"),
        ("en", "[[h@'loU]] <speak><break time='9s'/><audio src='/etc/passwd'/></speak> &lt;"),
        ("fr", "é" * 300),
        ("es", "¿Hola?\n\n\n\nSí.\r\n"),
    ],
)
def test_any_text_with_a_letter_or_a_digit_is_spoken(language: str, text: str) -> None:
    measured = measure(seam.speak_whole(SPEC, text, language), seam.SAMPLE_RATE_HZ)
    assert measured.median_pitch_hz is not None
    assert measured.duration_s > 0.3
    assert measured.silence_fraction < 0.8


def test_markup_in_a_text_is_read_and_not_obeyed() -> None:
    plain = seam.speak_whole(SPEC, "one two", "en")
    marked = seam.speak_whole(SPEC, 'one <break time="9s"/> two', "en")
    assert measure(marked, seam.SAMPLE_RATE_HZ).silence_fraction < 0.5
    assert len(marked) > len(plain)


@pytest.mark.parametrize(
    ("language", "options"),
    [("xx", {}), ("EN", {}), ("en", {"rate": 0.49}), ("en", {"rate": 2.01}), ("en", {"pitch": float("nan")})],
)
def test_what_the_engine_does_not_have_is_refused_before_any_work(language: str, options: dict[str, float]) -> None:
    with pytest.raises(seam.EngineError):
        seam.speak(SPEC, TEXT, language, rate=options.get("rate", 1.0), pitch=options.get("pitch", 1.0))


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"engine":"formant"}', SPEC.to_json().replace("pitch_hz", "pitch")])
def test_a_damaged_spec_is_refused(damage: str) -> None:
    with pytest.raises(seam.EngineError, match="damaged"):
        seam.speak_whole(seam.VoiceSpec.from_json(damage), TEXT, "en")


def test_a_voice_of_another_engine_is_refused() -> None:
    with pytest.raises(seam.EngineError, match="'klatt'"):
        seam.speak(seam.VoiceSpec.from_json(SPEC.to_json().replace("formant", "klatt", 1)), TEXT, "en")


def test_many_threads_speak_at_once_and_each_hears_only_its_own_words() -> None:
    def say(seed: int) -> str:
        return sha256(seam.speak_whole(seam.design("A man", seed), f"Number {seed} speaking.", "en"))

    alone = [say(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(say, range(8)))
    assert together == alone
    assert len(set(alone)) == 8


def test_a_stream_that_is_closed_early_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    blocks = seam.speak(SPEC, TEXT * 50, "en")
    next(blocks)
    assert set(threading.enumerate()) > before
    blocks.close()
    assert set(threading.enumerate()) == before
