"""The official OpenAI client, pointed at the sandbox's two servers of the open weights. These tests fail without it."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.asking import Asker
from sandbox.openspeech.openapi import DESCRIPTION, SAID, VOICES
from voice_design_mcp.speech.formats import decode

pytestmark = pytest.mark.extras


@pytest.fixture
def clients(asker: Asker) -> Generator[tuple[Any, Any]]:
    """A client of each server."""
    openai = importlib.import_module("openai")
    base = str(asker.http.base_url).rstrip("/")
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(openai.OpenAI(base_url=f"{base}/open/{place}/v1", api_key="none", max_retries=0))
            for place in ("design", "speech")
        )  # pyright: ignore[reportReturnType]  two of them


def test_the_openai_client_designs_a_voice_and_speaks_with_it_whole_and_streamed(
    clients: tuple[Any, Any], asker: Asker
) -> None:
    design, speech = clients
    [model] = list(design.models.list())
    clip = design.audio.speech.create(
        model=model.id,
        voice="",
        input=SAID,
        instructions=DESCRIPTION,
        response_format="wav",
        extra_body={"task_type": "VoiceDesign", "seed": 7},
    ).content
    assert decode(clip, "wav", 0)[1] == 24000
    form = {"name": "narrator", "consent": "designed", "ref_text": SAID}
    uploaded = asker.http.post(VOICES, data=form, files={"audio_sample": ("clip.wav", clip, "audio/wav")})
    assert uploaded.json()["success"] is True
    [base] = list(speech.models.list())
    asked = {"model": base.id, "voice": "narrator", "input": "The bridge was built in a single winter."}
    whole = speech.audio.speech.create(**asked, response_format="pcm", extra_body={"task_type": "Base"}).content
    streaming = speech.audio.speech.with_streaming_response.create
    with streaming(**asked, response_format="pcm", stream_format="audio") as coming:
        assert b"".join(coming.iter_bytes()) == whole


def test_the_openai_client_reads_the_refusals_as_its_own_errors(clients: tuple[Any, Any]) -> None:
    openai = importlib.import_module("openai")
    design, speech = clients
    with pytest.raises(openai.BadRequestError, match="does not support task_type='CustomVoice'") as refused:
        design.audio.speech.create(model="Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign", voice="", input=SAID)
    assert refused.value.body["code"] == 400
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        speech.audio.speech.create(model="tts-1", voice="alloy", input=SAID)
