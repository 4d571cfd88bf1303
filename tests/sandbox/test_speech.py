"""Previews and synthesized speech: that they are sound, what they cost and how long they can be fetched."""

from __future__ import annotations

import base64
import io
import json
import wave
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import numpy as np
import pytest

from sandbox.asking import AUDIO_MODEL, COSY_MODEL, REALTIME_MODEL, SPEECH_MODEL, Asker, Clock, refusal
from sandbox.served import served_sandbox
from voice_design_mcp.sandbox.speaking import spoken_language
from voice_design_mcp.sandbox.state import State, Voice
from voice_design_mcp.speech import formats

DAY_S = 86_400


def pcm_of_wav(data: bytes) -> bytes:
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (24000, 1, 2)
        return sound.readframes(sound.getnframes())


def assert_speech(pcm: bytes, *, longer_than_s: float) -> None:
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768
    assert len(samples) > longer_than_s * 24000
    assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.5
    assert np.abs(samples).max() < 1


def test_a_preview_is_by_default_a_wav_of_speech_at_24_khz_mono_16_bit(asker: Asker) -> None:
    audio = asker.create().json()["output"]["preview_audio"]
    assert (audio["sample_rate"], audio["response_format"]) == (24000, "wav")
    assert_speech(pcm_of_wav(base64.b64decode(audio["data"], validate=True)), longer_than_s=0.4)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000, 48000])
@pytest.mark.parametrize("response_format", ["pcm", "wav", "mp3", "opus"])
def test_a_preview_comes_in_the_asked_format_and_rate(asker: Asker, response_format: str, rate_hz: int) -> None:
    parameters = {"sample_rate": rate_hz, "response_format": response_format}
    audio = asker.create(parameters=parameters).json()["output"]["preview_audio"]
    assert {name: audio[name] for name in parameters} == parameters
    data = base64.b64decode(audio["data"], validate=True)
    assert formats.sniff(data) == (None if response_format == "pcm" else response_format)
    seconds, loudness = sound_of(data, response_format, rate_hz)
    assert 0.4 < seconds < 3
    assert loudness > 0.01


def sound_of(data: bytes, response_format: str, rate_hz: int) -> tuple[float, float]:
    """Seconds and root mean square, by libsndfile where there is a header."""
    import soundfile

    if response_format == "pcm":
        samples = np.frombuffer(data, dtype="<i2").astype(np.float64) / 32768
    else:
        samples, found_rate_hz = soundfile.read(io.BytesIO(data))
        assert (found_rate_hz, samples.ndim) == (rate_hz, 1)
    return len(samples) / rate_hz, float(np.sqrt(np.mean(samples**2)))


def test_speech_is_a_wav_behind_an_address_that_needs_no_key(asker: Asker) -> None:
    answer = asker.synthesize(asker.voice(), "Good evening.").json()
    audio = answer["output"]["audio"]
    assert (audio["data"], answer["output"]["finish_reason"]) == ("", "stop")
    assert audio["id"] == f"audio_{answer['request_id']}"
    assert audio["url"].startswith(f"{str(asker.http.base_url).rstrip('/')}/sandbox/audio/")
    fetched = httpx2.get(audio["url"])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "audio/wav")
    assert_speech(pcm_of_wav(fetched.content), longer_than_s=0.5)


def test_streamed_speech_is_the_same_sound_in_pieces_and_then_as_a_file(asker: Asker) -> None:
    voice = asker.voice()
    answer = asker.synthesize(voice, "Good evening.", sse=True)
    data = [json.loads(line.removeprefix("data:")) for line in answer.text.split("\n") if line.startswith("data:")]
    streamed = b"".join(base64.b64decode(one["output"]["audio"]["data"]) for one in data)
    whole = pcm_of_wav(httpx2.get(data[-1]["output"]["audio"]["url"]).content)
    plain = asker.synthesize(voice, "Good evening.").json()["output"]["audio"]["url"]
    assert len(data) > 2
    assert streamed == whole == pcm_of_wav(httpx2.get(plain).content)
    assert {one["usage"]["characters"] for one in data} == {13}
    assert asker.usage()["characters"] == 26


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("Hi, you.", 8),
        ("你好", 4),
        ("你好, ok。", 9),
        ("かなカナ", 4),
        ("漢字と仮名", 9),
        ("안녕 大韓", 7),
        ("𠀋a", 3),
    ],
)
def test_a_han_character_is_billed_as_two_and_everything_else_as_one(asker: Asker, text: str, characters: int) -> None:
    answer = asker.synthesize(asker.voice(), text)
    assert answer.json()["usage"] == {"characters": characters}
    assert asker.usage() == {"voice_creations": 1, "free_quota_used": 1, "characters": characters}


def test_a_voice_speaks_with_the_model_it_was_designed_for_only(asker: Asker) -> None:
    expected = (400, "InvalidParameter", "TTS speak request failed, please verify your input.")
    realtime = asker.voice(target_model=REALTIME_MODEL)
    assert refusal(asker.synthesize(realtime)) == expected
    assert refusal(asker.synthesize("nobody")) == expected
    assert refusal(asker.synthesize("nobody", sse=True)) == expected
    assert asker.usage()["characters"] == 0


@pytest.mark.parametrize("place", ["input", "parameters"])
def test_the_language_is_read_from_either_place_and_heard(asker: Asker, place: str) -> None:
    voice = asker.voice()

    def ask(name: str) -> httpx2.Response:
        body: dict[str, Any] = {"input": {"text": "Taxi 42", "voice": voice}, "parameters": {}}
        body[place]["language_type"] = name
        return asker.synthesize(voice, input=body["input"], parameters=body["parameters"])

    german, french = (httpx2.get(ask(name).json()["output"]["audio"]["url"]).content for name in ("German", "French"))
    assert german != french
    assert refusal(ask("Klingon"))[:2] == (400, "InvalidParameter")


def test_audio_can_be_fetched_for_24_hours_and_not_a_second_longer(asker: Asker, clock: Clock) -> None:
    audio = asker.synthesize(asker.voice()).json()["output"]["audio"]
    assert audio["expires_at"] == int(clock.now_s) + DAY_S
    assert parse_qs(audio["url"].partition("?")[2])["Expires"] == [str(audio["expires_at"])]
    clock.now_s += DAY_S
    assert httpx2.get(audio["url"]).status_code == 200
    clock.now_s += 1
    expired = httpx2.get(audio["url"])
    assert (expired.status_code, "Request has expired" in expired.text) == (403, True)


def test_an_address_that_was_changed_in_any_part_opens_nothing(asker: Asker) -> None:
    voice = asker.voice()
    url, other = (asker.synthesize(voice).json()["output"]["audio"]["url"] for _ in range(2))
    path, _, query = url.partition("?")
    expires, signature = (parse_qs(query)[name][0] for name in ("Expires", "Signature"))
    for params in (
        {},
        {"Expires": expires},
        {"Signature": signature},
        {"Expires": str(int(expires) + 1), "Signature": signature},
        {"Expires": expires, "Signature": ("B" if signature[0] == "A" else "A") + signature[1:]},
        {"Expires": expires, "Signature": "é" + signature},
        {"Expires": "9" * 400, "Signature": signature},
    ):
        assert httpx2.get(path, params=params).status_code == 403
    assert httpx2.get(f"{other.partition('?')[0]}?{query}").status_code == 403
    assert httpx2.get(f"{path.rpartition('/')[0]}/..%2fsandbox.sqlite3?{query}").status_code in (403, 404)


def test_a_voice_whose_engine_is_not_here_is_refused_and_not_billed(tmp_path: Path) -> None:
    spec = json.dumps({"engine": "gone", "engine_version": "1", "seed": 1, "description_sha256": "", "parameters": {}})
    unnamed = Voice("qwen", "", SPEECH_MODEL, "en", "A calm man.", "Hello.", spec, Clock()(), Clock()())
    voice = State(tmp_path).add_voice(unnamed, "v-{suffix}").voice
    with served_sandbox(tmp_path, now=Clock()) as base_url, (asker := Asker(base_url)).http:
        for sse in (False, True):
            status, code, message = refusal(asker.synthesize(voice, sse=sse))
            assert (status, code) == (400, "InvalidParameter")
            assert "gone" in message
        assert asker.usage()["characters"] == 0


def test_the_origin_of_audio_addresses_can_be_given(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, audio_origin="http://audio.test:81/") as base_url, (asker := Asker(base_url)).http:
        url = asker.synthesize(asker.voice()).json()["output"]["audio"]["url"]
        assert url.startswith("http://audio.test:81/sandbox/audio/")


def test_english_without_a_declared_language_is_spoken_as_english_and_kept_as_the_default_zh(asker: Asker) -> None:
    """The documents' own sample does so."""
    undeclared = asker.create(language=None, preview_text="The evening news, with all the details.")
    assert_speech(pcm_of_wav(base64.b64decode(undeclared.json()["output"]["preview_audio"]["data"])), longer_than_s=1.5)
    assert asker.list()["voice_list"][0]["language"] == "zh"


@pytest.mark.parametrize(
    ("text", "language", "declared", "spoken"),
    [
        ("Hello everyone.", "zh", False, "en"),
        ("Hello everyone.", "zh", True, "en"),
        ("Bonjour à tous.", "en", False, "fr"),
        ("Bonjour à tous.", "en", True, "en"),
        ("東京", "ja", False, "ja"),
        ("東京", "zh", False, "zh"),
        ("こんにちは", "zh", False, "ja"),
        ("Taxi 42", "zh", False, "en"),
        ("Taxi 42", "de", False, "de"),
        ("42", "ru", False, "ru"),
    ],
)
def test_a_text_is_read_in_the_declared_language_or_the_one_it_plainly_is(
    text: str,
    language: str,
    declared: bool,  # noqa: FBT001  a column of the table
    spoken: str,
) -> None:
    assert spoken_language(text, language, declared=declared) == spoken


def test_the_catalogue_knows_what_is_served_and_pages_it(asker: Asker) -> None:
    def ask(**params: str) -> dict[str, Any]:
        return asker.http.get("/api/v1/models", params=params).json()["output"]

    assert {model["model"] for model in ask()["models"]} >= {"qwen-voice-design", SPEECH_MODEL, REALTIME_MODEL}
    assert ask(model="qwen9") == {"total": 0, "page_no": 1, "page_size": 10, "models": []}
    assert {model["model"] for model in ask(page_size="50")["models"]} >= {"voice-enrollment", COSY_MODEL, AUDIO_MODEL}
    second = ask(page_no="2", page_size="10")
    assert (second["total"], len(second["models"])) == (13, 3)
    for params in ({"page_no": "0"}, {"page_size": "0"}, {"page_size": "101"}, {"page_no": "x"}, {"page_no": "²"}):
        refused = asker.http.get("/api/v1/models", params=params)
        assert (refused.status_code, refused.json()["success"]) == (400, False)
