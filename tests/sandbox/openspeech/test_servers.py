"""vLLM-Omni's speech API, as the sandbox speaks it: designs, clips that become voices, speech, and the documented refusals."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.openspeech.openapi import DESCRIPTION, SAID, VOICES, Servers, refusal
from sandbox.served import served_sandbox
from voice_design_mcp.speech.formats import decode, encode


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Servers]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        servers = Servers(url)
        with servers.http:
            yield servers


@pytest.fixture
def servers(served: Servers) -> Servers:
    assert served.http.post("/sandbox/reset").status_code == 200
    return served


def noise(seconds: float) -> bytes:
    """A clip from elsewhere."""
    samples = np.sin(np.arange(int(24000 * seconds)) * 2 * np.pi * 220 / 24000).astype(np.float32) * 0.3
    return encode(samples, 24000, "wav", 24000)


def wrapped_anew(clip: bytes) -> bytes:
    """The same samples in another file."""
    out = io.BytesIO()
    with wave.open(io.BytesIO(clip)) as read, wave.open(out, "wb") as written:
        written.setparams(read.getparams())
        written.writeframes(read.readframes(read.getnframes()))
    return out.getvalue()[:12] + b"LIST\x04\0\0\0INFO" + out.getvalue()[12:]


def test_a_design_is_sound_and_the_same_seed_designs_the_same_voice_again(servers: Servers) -> None:
    first, again, other = servers.design(), servers.design(), servers.design(seed=8)
    assert first.status_code == 200
    assert first.headers["content-type"] == "audio/wav"
    assert first.headers["x-voice-design-sandbox"] == "1"
    assert int(first.headers["x-vllm-omni-output-tokens"]) > 12
    samples, rate_hz = decode(first.content, "wav", 0)
    assert (rate_hz, 1 < len(samples) / rate_hz < 30) == (24000, True)
    assert again.content == first.content
    assert other.content != first.content
    assert servers.counts() == {"designs": 3, "speeches": 0, "uploads": 0, "voices": 0}


def test_a_designed_clip_becomes_a_voice_that_is_listed_speaks_and_is_forgotten(servers: Servers) -> None:
    clip = servers.design().content
    told = servers.upload(clip).json()
    assert told["success"] is True
    assert {name: told["voice"][name] for name in ("name", "ref_text", "speaker_description", "mime_type")} == {
        "name": "Narrator",
        "ref_text": SAID,
        "speaker_description": DESCRIPTION,
        "mime_type": "audio/wav",
    }
    listed = servers.voices()
    assert listed["voices"] == ["narrator"]
    assert listed["uploaded_voices"] == [told["voice"]]
    spoken = servers.speak("NARRATOR")
    assert decode(spoken.content, "wav", 0)[1] == 24000
    gone = servers.http.delete(f"{VOICES}/narrator")
    assert gone.json() == {"success": True, "message": "Voice 'narrator' deleted successfully"}
    missing = servers.http.delete(f"{VOICES}/narrator")
    assert (missing.status_code, missing.json()) == (404, {"success": False, "error": "Voice 'narrator' not found"})
    assert servers.voices() == {"voices": [], "uploaded_voices": []}


def test_a_voice_speaks_as_the_design_that_its_clip_is_of(servers: Servers) -> None:
    clip = servers.design().content
    servers.upload(clip, "one")
    servers.upload(wrapped_anew(clip), "wrapped_anew")
    servers.upload(noise(2), "from_elsewhere")
    inline = {"ref_audio": "data:audio/wav;base64," + base64.b64encode(clip).decode(), "ref_text": SAID}
    spoken = servers.speak("one").content
    assert servers.speak("wrapped_anew").content == spoken
    assert servers.speak("nobody_knows_it", **inline).content == spoken
    assert servers.speak("from_elsewhere").content != spoken


def test_an_upload_of_the_same_name_overwrites_and_its_time_grows(servers: Servers) -> None:
    first = servers.upload(noise(2)).json()["voice"]
    second = servers.upload(noise(3), "narrator").json()["voice"]
    assert second["created_at"] > first["created_at"]
    assert [each["name"] for each in servers.voices()["uploaded_voices"]] == ["narrator"]


@pytest.mark.parametrize("stream", [{"stream": True}, {"stream_format": "sse"}])
def test_streamed_speech_comes_in_events_and_ends_with_its_usage(servers: Servers, stream: dict[str, Any]) -> None:
    servers.upload(servers.design().content)
    answer = servers.speak("narrator", response_format="pcm", **stream)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    events = [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]
    assert {name for name, _ in events[:-1]} == {"speech.audio.delta"}
    pcm = b"".join(base64.b64decode(data["audio"]) for _, data in events[:-1])
    assert pcm == servers.speak("narrator", response_format="pcm").content
    assert servers.speak("narrator", response_format="pcm", stream_format="audio").content == pcm
    name, done = events[-1]
    assert (name, done["type"]) == ("speech.audio.done", "speech.audio.done")
    assert done["usage"]["output_tokens"] == -(-len(pcm) * 125 // 480_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task_type": None}, "Qwen3-TTS VoiceDesign checkpoint does not support task_type='CustomVoice'"),
        ({"task_type": "Base"}, "Qwen3-TTS VoiceDesign checkpoint does not support task_type='Base'"),
        ({"instructions": ""}, "VoiceDesign task requires 'instructions' to describe the voice"),
        ({"instructions": None}, "VoiceDesign task requires 'instructions' to describe the voice"),
        ({"instructions": "a" * 501}, "Instructions too long (max 500 characters)"),
        ({"input": " "}, "Input text cannot be empty"),
        ({"language": "Klingon"}, "Invalid language 'Klingon'"),
        ({"speed": 5}, "speed should be from 0.25 to 4.0."),
        ({"seed": -1}, "seed should be 0 to 9223372036854775807."),
    ],
)
def test_the_design_server_refuses_in_the_documented_words(
    servers: Servers, changes: dict[str, Any], said: str
) -> None:
    status, message = refusal(servers.design(**changes))
    assert (status, message[: len(said)]) == (400, said)
    assert servers.counts()["designs"] == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"task_type": "VoiceDesign", "instructions": "x"},
            "Qwen3-TTS Base checkpoint does not support task_type='VoiceDesign'",
        ),
        ({"task_type": None}, "Qwen3-TTS Base checkpoint does not support task_type='CustomVoice'"),
        ({"voice": "nobody"}, "Base task with built-in speaker 'nobody' requires 'ref_audio' for voice cloning"),
        ({"voice": None}, "Base task requires 'ref_audio' or 'speaker_embedding' for voice cloning"),
        (
            {"ref_audio": "clip.wav"},
            "ref_audio must be a URL (http/https), base64 data URL (data:...), or file URI (file://...)",
        ),
        ({"ref_audio": "data:audio/wav;base64,AAAA"}, "Base task requires non-empty 'ref_text'"),
        ({"ref_audio": "data:audio/wav;base64,AAAA", "ref_text": "x"}, "Could not decode audio file"),
        ({"stream_format": "sse", "response_format": "mp3"}, "Streaming requires response_format='pcm' or 'wav'"),
    ],
)
def test_the_speech_server_refuses_in_the_documented_words(
    servers: Servers, changes: dict[str, Any], said: str
) -> None:
    status, message = refusal(servers.speak(changes.pop("voice", "nobody"), **changes))
    assert (status, message[: len(said)]) == (400, said)
    assert servers.counts()["speeches"] == 0


@pytest.mark.parametrize(
    ("clip", "changes", "said"),
    [
        (noise(0.5), {}, "Reference audio too short (0.5s). At least 1s of clear speech is required."),
        (noise(31), {}, "Reference audio too long (31.0s). Maximum 30s supported"),
        (b"no sound", {}, "Could not decode audio file"),
        (noise(2), {"name": "a/b"}, "Invalid voice name 'a/b'"),
        (noise(2), {"name": None}, "Invalid voice name ''"),
        (noise(2), {"consent": None}, "Field required: consent"),
    ],
)
def test_an_upload_that_can_be_no_voice_is_refused(
    servers: Servers, clip: bytes, changes: dict[str, Any], said: str
) -> None:
    status, message = refusal(servers.upload(clip, **changes))
    assert (status, message[: len(said)]) == (400, said)
    assert servers.voices()["voices"] == []


def test_a_model_that_is_not_the_server_s_is_not_found_and_its_own_is_listed(servers: Servers) -> None:
    assert refusal(servers.design(model="tts-1")) == (404, "The model `tts-1` does not exist.")
    models = servers.http.get("/open/design/v1/models").json()["data"]
    assert [model["id"] for model in models] == ["Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign"]
    assert servers.design(model=models[0]["id"]).status_code == 200


def test_voices_outlive_a_restart_and_a_key_that_is_set_is_asked_for(tmp_path: Path) -> None:
    with served_sandbox(tmp_path) as url, Servers(url).http as http:
        servers = Servers(url)
        servers.http = http
        servers.upload(noise(2))
    with served_sandbox(tmp_path, api_key="sk-open") as url:
        servers = Servers(url)
        with servers.http as http:
            refused = http.get(VOICES)
            assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})
            http.headers["Authorization"] = "Bearer sk-open"
            assert servers.voices()["voices"] == ["narrator"]


def test_a_scripted_fault_strikes_the_server_it_names_in_that_servers_shape(servers: Servers) -> None:
    script = [{"match": {"operation": "open_upload"}, "status": 409, "message": "not with several API servers"}]
    assert servers.http.post("/sandbox/faults", json=script).status_code == 200
    clip = servers.design().content
    assert refusal(servers.upload(clip)) == (409, "not with several API servers")
    assert servers.upload(clip).status_code == 200
