"""What synthesize takes, by the voice's model: shapes for every model, options where they are, and what a broken stream leaves."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest
import soundfile
from mcp.types import BlobResourceContents

from clients import DESIGN, Caller, Person, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox
from spending.books import books
from voice_design_mcp.speech.formats import decode
from voice_design_mcp.speech.loudness import loudness_lufs

QWEN, REALTIME = "qwen3-tts-vd-2026-01-26", "qwen3-tts-vd-realtime-2026-01-15"
QWEN_AUDIO, COSYVOICE = "qwen-audio-3.1-tts-flash", "cosyvoice-v3.5-flash"
LINE = "The bridge was built in a single winter."
MIME = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg", "pcm": "audio/L16;rate={};channels=1"}


async def voice_for(call: Caller, model: str) -> str:
    return (await call("design_voice", **{**DESIGN, "target_model": model}))["voice"]


async def bytes_of(call: Caller, uri: str) -> bytes:
    [content] = (await call.client.read_resource(uri)).contents
    assert isinstance(content, BlobResourceContents)
    return base64.b64decode(content.blob)


@pytest.mark.parametrize("model", [QWEN, REALTIME, QWEN_AUDIO, COSYVOICE])
@pytest.mark.parametrize(
    ("response_format", "rate_hz"), [("pcm", 8000), ("wav", 48000), ("mp3", 16000), ("opus", 24000)]
)
async def test_every_model_gives_every_format_at_every_rate(
    make_settings: MakeSettings, model: str, response_format: str, rate_hz: int
) -> None:
    async with connected(make_settings(), person=Person()) as call:
        voice = await voice_for(call, model)
        spoken = await call(
            "synthesize", text="Hello there.", voice=voice, response_format=response_format, sample_rate=rate_hz
        )
        audio = spoken["audio"]
        data = await bytes_of(call, audio["uri"])
    assert audio["mime_type"] == MIME[response_format].format(rate_hz)
    if response_format == "pcm":
        assert (audio["sample_rate_hz"], len(data) % 2) == (rate_hz, 0)
        length_s = len(data) / 2 / rate_hz
    else:
        file = soundfile.SoundFile(io.BytesIO(data))
        assert file.samplerate == rate_hz
        length_s = file.frames / rate_hz
    assert length_s == pytest.approx(audio["duration_s"], abs=0.1)
    assert length_s > 0.3


@pytest.mark.parametrize("model", [REALTIME, QWEN_AUDIO, COSYVOICE])
async def test_a_faster_rate_is_heard(make_settings: MakeSettings, model: str) -> None:
    async with connected(make_settings(), person=Person()) as call:
        voice = await voice_for(call, model)
        slow = await call("synthesize", text=LINE, voice=voice)
        fast = await call("synthesize", text=LINE, voice=voice, speech_rate=2.0, pitch_rate=1.2, volume=80)
    assert fast["audio"]["duration_s"] < 0.7 * slow["audio"]["duration_s"]


@pytest.mark.parametrize(
    ("model", "asked", "argument", "says"),
    [
        (QWEN, {"speech_rate": 1.5}, "speech_rate", "has no speech_rate"),
        (QWEN, {"volume": 10}, "volume", "has no volume"),
        (QWEN, {"instructions": "whisper"}, "instructions", "has no instructions"),
        (REALTIME, {"instructions": "whisper"}, "instructions", "has no instructions"),
        (REALTIME, {"speech_rate": 2.1}, "speech_rate", "takes 0.5 to 2"),
        (COSYVOICE, {"pitch_rate": 0.4}, "pitch_rate", "takes 0.5 to 2"),
        (COSYVOICE, {"volume": 101}, "volume", "takes 0 to 100"),
        (COSYVOICE, {"instructions": "a" * 101}, "instructions", "takes 1 to 100"),
        (COSYVOICE, {"language": "es", "text": "Buenas tardes."}, "language", "is not one that"),
        (QWEN, {"response_format": "flac"}, "response_format", "'flac' is not supported"),
        (QWEN, {"sample_rate": 44100}, "sample_rate", "44100"),
        (QWEN, {"name": "x" * 81}, "name", "1 to 80"),
        (QWEN, {"name": "../.."}, "name", "no letter or digit"),
        (COSYVOICE, {"text": "长" * 200_001}, "text", "200,001"),
    ],
)
async def test_what_a_model_has_not_is_refused_by_name_before_anything_is_bought(
    make_settings: MakeSettings, model: str, asked: dict[str, Any], argument: str, says: str
) -> None:
    settings = make_settings()
    async with connected(settings, person=Person()) as call:
        voice = await voice_for(call, model)
        error = await call.error("synthesize", **{"text": LINE, "voice": voice, **asked})
    assert (error["code"], error["argument"]) == ("invalid_argument", argument)
    assert says in error["message"]
    assert error["hint"]
    assert [hold["kind"] for hold in books(settings).holds] == ["voice"]


async def test_the_file_in_the_output_folder_is_called_as_asked_and_stays_in_it(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    async with connected(make_settings(output_dir=str(out)), person=Person()) as call:
        voice = await voice_for(call, QWEN)
        spoken = await call("synthesize", text=LINE, voice=voice, name="../Chapter 1: the bridge")
    path = Path(spoken["audio"]["path"])
    assert path.parent == out
    assert path.name.startswith("Chapter_1__the_bridge-")
    assert path.suffix == ".wav"


async def test_the_same_words_under_another_name_are_not_bought_again_and_lie_there_under_that_name(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    async with connected(make_settings(output_dir=str(out)), person=Person()) as call:
        voice = await voice_for(call, QWEN)
        first = await call("synthesize", text=LINE, voice=voice, name="one")
        again = await call("synthesize", text=LINE, voice=voice, name="two")
    assert (again["status"], again["audio"]["uri"]) == ("reused", first["audio"]["uri"])
    files = [Path(each["audio"]["path"]) for each in (first, again)]
    assert [file.name.partition("-")[0] for file in files] == ["one", "two"]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(("model", "surface"), [(REALTIME, "realtime"), (COSYVOICE, "inference")])
async def test_a_connection_that_breaks_in_the_middle_leaves_what_came_and_counts_as_charged(
    make_settings: MakeSettings, tmp_path: Path, model: str, surface: str
) -> None:
    with served_sandbox(tmp_path / "vendor") as url:
        settings = make_settings(base_url=url, api_key="sk-test", approval="auto")
        async with connected(settings) as call:
            voice = await voice_for(call, model)
            fault = {"match": {"operation": surface}, "when": "after", "action": "truncate", "frame": 9}
            httpx2.post(f"{url}/sandbox/faults", json=[fault]).raise_for_status()
            error = await call.error("synthesize", text=f"{LINE} " * 6, voice=voice)
            assert error["code"] == "answer_lost"
            [fragment] = [word.rstrip(".") for word in error["message"].split() if word.startswith("audio://")]
            samples, rate_hz = soundfile.read(io.BytesIO(await bytes_of(call, fragment)))
            assert 0.05 < len(samples) / rate_hz < 12
            listed = [str(resource.uri) for resource in (await call.client.list_resources()).resources]
            assert fragment not in listed
            again = await call("synthesize", text=f"{LINE} " * 6, voice=voice)
            assert again["audio"]["duration_s"] > len(samples) / rate_hz
        speech = [hold for hold in books(settings).holds if hold["kind"] == "speech"]
        assert [hold["state"] for hold in speech] == ["charged", "charged"]
        assert not list(settings.data_dir.rglob("*.part"))


@pytest.mark.parametrize("model", [QWEN, COSYVOICE])
async def test_speech_is_brought_to_the_loudness_that_is_set(make_settings: MakeSettings, model: str) -> None:
    heard: list[float] = []
    for lufs in ("-16", "-28"):
        async with connected(make_settings(loudness_lufs=lufs), person=Person()) as call:
            voice = await voice_for(call, model)
            spoken = await call("synthesize", text=LINE, voice=voice, response_format="mp3")
            assert spoken["audio"]["mime_type"] == "audio/mpeg"
            samples, rate_hz = decode(await bytes_of(call, spoken["audio"]["uri"]), "mp3", 0)
            heard.append(loudness_lufs(samples, rate_hz))
    assert heard == pytest.approx([-16, -28], abs=1)
