"""Whether what the SDK returns is speech, and is what the vendor's documents print."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import soundfile

from sandbox.shapes import shape

SAMPLES: dict[str, Any] = {
    sample["name"]: sample
    for sample in json.loads((Path(__file__).parents[2] / "wire/doc_samples.json").read_text(encoding="utf-8"))[
        "samples"
    ]
}


def assert_speech(sound: bytes, container: str = "WAV", rate_hz: int = 24000) -> None:
    """A player's library reads it, in the container and at the rate; PCM is 16-bit."""
    if container == "PCM":
        samples = np.frombuffer(sound, "<i2").astype(np.float64) / 32768
    else:
        with soundfile.SoundFile(io.BytesIO(sound)) as file:
            assert (file.format, file.samplerate, file.channels) == (container, rate_hz, 1)
            samples = file.read()
    assert len(samples) > 0.4 * rate_hz
    assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.5
    assert np.abs(samples).max() < 1


def assert_speech_at(url: str, container: str = "WAV", rate_hz: int = 24000) -> None:
    """The address is open without a key, and speech is there."""
    answer = httpx2.get(url)
    assert answer.status_code == 200
    assert_speech(answer.content, container, rate_hz)


def assert_speech_in(chunks: list[Any], rate_hz: int = 24000) -> None:
    """Base64 pieces of PCM in a stream of answers, and a whole file behind the last one's address."""
    assert len(chunks) > 2
    assert {chunk.status_code for chunk in chunks} == {200}
    assert_speech(b"".join(base64.b64decode(chunk.output.audio["data"]) for chunk in chunks), "PCM", rate_hz)
    assert_speech_at(chunks[-1].output.audio["url"])
    assert [chunk.output.finish_reason for chunk in chunks] == ["null"] * (len(chunks) - 1) + ["stop"]


def assert_printed_as(answer: Any, sample: str) -> None:
    """The answer prints the fields that the document's sample has, of the same kinds."""
    assert shape(json.loads(str(answer))) == shape(SAMPLES[sample]["response"])
