"""Speech of the second family over REST, whole and as events."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import numpy as np
import pytest

from sandbox.asking import AUDIO_MODEL, COSY_MODEL, Asker, refusal
from voice_design_mcp.speech import formats

SYNTHESIZER = "/api/v1/services/audio/tts/SpeechSynthesizer"


def ask(
    asker: Asker,
    voice: str,
    text: Any = "Good evening. Hello.",
    *,
    model: str = COSY_MODEL,
    sse: bool = False,
    **more: Any,
) -> httpx2.Response:
    body = {"model": model, "input": {"text": text, "voice": voice} | more}
    return asker.http.post(SYNTHESIZER, json=body, headers={"X-DashScope-SSE": "enable"} if sse else None)


def fetched(answer: dict[str, Any]) -> bytes:
    return httpx2.get(answer["output"]["audio"]["url"]).content


def events_of(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8", answer.text
    lines = answer.text.split("\n")
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


@pytest.fixture
def voice(asker: Asker) -> str:
    return asker.enrolled()


def test_the_default_is_an_mp3_file_at_22050_hz_behind_an_address(asker: Asker, voice: str) -> None:
    answer = ask(asker, voice).json()
    assert answer["output"]["audio"]["id"] == f"audio_{answer['request_id']}"
    assert answer["usage"] == {"characters": 20}
    sound = httpx2.get(answer["output"]["audio"]["url"])
    assert sound.headers["content-type"] == "audio/mpeg"
    samples, rate_hz = formats.decode(sound.content, "mp3", 0)
    assert rate_hz == 22050
    assert 1.4 < len(samples) / rate_hz < 4


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("response_format", ["pcm", "wav", "mp3", "opus"])
def test_the_file_is_in_the_asked_format_and_rate(asker: Asker, voice: str, response_format: str, rate_hz: int) -> None:
    sound = fetched(ask(asker, voice, format=response_format, sample_rate=rate_hz).json())
    assert formats.sniff(sound) == (None if response_format == "pcm" else response_format)
    samples, found_hz = formats.decode(sound, response_format, rate_hz)
    codable = {22050: 24000, 44100: 48000} if response_format == "opus" else {}
    assert found_hz == codable.get(rate_hz, rate_hz)
    assert 1.4 < len(samples) / found_hz < 4


def test_events_tell_each_sentence_s_begin_sound_and_end_and_then_the_file(asker: Asker, voice: str) -> None:
    *told, last = events_of(ask(asker, voice, "Good evening. 你好。", sse=True, format="wav", sample_rate=24000))
    sentences = [
        [one["output"]["type"] for one in told if one["output"]["sentence"]["index"] == index] for index in range(2)
    ]
    for kinds in sentences:
        assert (kinds[0], kinds[-1]) == ("sentence-begin", "sentence-end")
        assert set(kinds[1:-1]) == {"sentence-synthesis"}
    assert {one["output"]["original_text"] for one in told} == {"Good evening.", "你好。"}
    ends = [one["usage"]["characters"] for one in told if one["output"]["type"] == "sentence-end"]
    assert [*ends, last["usage"]["characters"]] == [13, 19, 19]
    assert asker.usage()["characters"] == 19
    streamed = b"".join(base64.b64decode(one["output"]["audio"]["data"], validate=True) for one in told)
    assert np.array_equal(formats.decode(streamed, "wav", 0)[0], formats.decode(fetched(last), "wav", 0)[0])
    plain = ask(asker, voice, "Good evening. 你好。", format="wav", sample_rate=24000).json()
    assert fetched(plain) == fetched(last)


def test_a_voice_and_a_model_that_do_not_belong_together_are_refused(asker: Asker, voice: str) -> None:
    expected = (400, "InvalidParameter", "[tts:]Engine return error code: 418")
    for sse in (False, True):
        assert refusal(ask(asker, voice, model=AUDIO_MODEL, sse=sse)) == expected
        assert refusal(ask(asker, "nobody", sse=sse)) == expected
    assert refusal(ask(asker, voice, model="qwen3-tts-vd-2026-01-26"))[:2] == (404, "ModelNotFound")


@pytest.mark.parametrize("sse", [False, True])
def test_a_voice_in_review_gives_an_empty_file_and_no_bill(asker: Asker, *, sse: bool) -> None:
    asker.review({"queries": None}, {"outcome": "UNDEPLOYED"})
    deploying, rejected = asker.enrolled(), asker.enrolled()
    answer = ask(asker, deploying, sse=sse)
    told = events_of(answer)[-1] if sse else answer.json()
    assert told["usage"] == {"characters": 0}
    assert fetched(told) == b""
    assert refusal(ask(asker, rejected, sse=sse)) == (400, "InvalidParameter", "Request voice is invalid!")
    assert asker.usage()["characters"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "text"),
        ("", "text"),
        (5, "text"),
        ("…", "Please ensure input text is valid."),
        ("长" * 10_001, "20000"),
        ("<speak>Hello.</speak>", "SSML text is not supported at the moment!"),
    ],
)
def test_a_text_that_cannot_be_spoken_is_refused(asker: Asker, voice: str, text: Any, message: str) -> None:
    status, code, told = refusal(ask(asker, voice, text))
    assert (status, code, message in told) == (400, "InvalidParameter", True), told
    assert asker.usage()["characters"] == 0


def test_a_text_of_20000_characters_is_taken(asker: Asker, voice: str) -> None:
    answer = ask(asker, voice, "Hi." + " " * 19_997, format="opus")
    assert answer.json()["usage"] == {"characters": 20_000}


def test_a_marked_text_is_refused_by_moderation(asker: Asker, voice: str) -> None:
    assert refusal(ask(asker, voice, "Oh [sandbox:inappropriate]."))[:2] == (400, "DataInspectionFailed")


@pytest.mark.parametrize("more", [{"format": "flac"}, {"rate": 3}, {"volume": "50"}, {"language_hints": "en"}])
def test_a_parameter_beyond_its_range_is_refused_by_its_name(asker: Asker, voice: str, more: dict[str, Any]) -> None:
    status, code, message = refusal(ask(asker, voice, **more))
    assert (status, code) == (400, "InvalidParameter")
    assert next(iter(more)) in message


def test_marked_up_text_is_spoken_without_its_marks(asker: Asker, voice: str) -> None:
    answer = ask(asker, voice, "<speak>Good evening.</speak>", enable_ssml=True, format="wav").json()
    assert answer["usage"] == {"characters": 13}
    assert fetched(answer) == fetched(ask(asker, voice, "Good evening.", format="wav").json())
