"""The tools over the user's own servers: vLLM-Omni's API as the sandbox speaks it, a kept clip, and a server that forgets."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clients import DESIGN, Caller, Person, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox
from spending.books import books
from spending.time_and_clients import AT_ONCE
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Patience
from voice_design_mcp.errors import ConfigError
from voice_design_mcp.openweights.family import seed_of

MODEL = "qwen3-tts-open"
OPEN = {**DESIGN, "target_model": MODEL, "voice_prompt": DESIGN["voice_prompt"][:80]}
LINE = "The bridge was built in a single winter."


class Servers:
    """Both servers, from behind: what they were asked for, what they forget, what spoils their answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.settings = {"open_design_url": f"{url}/open/design", "open_speech_url": f"{url}/open/speech"}

    def counts(self) -> dict[str, int]:
        return httpx2.get(f"{self.url}/sandbox/open").json()

    def forget(self, voice: str) -> None:
        httpx2.delete(f"{self.url}/open/speech/v1/audio/voices/{voice}").raise_for_status()

    def spoil(self, operation: str, **fault: Any) -> None:
        script = [{"match": {"operation": operation}, **fault}]
        httpx2.post(f"{self.url}/sandbox/faults", json=script).raise_for_status()


@pytest.fixture
def servers(tmp_path: Path) -> Generator[Servers]:
    with served_sandbox(tmp_path / "own") as url:
        yield Servers(url)


@pytest.fixture
def settings(make_settings: MakeSettings, servers: Servers) -> Settings:
    return make_settings(**servers.settings)


@pytest.fixture
async def call(settings: Settings) -> AsyncGenerator[Caller]:
    async with connected(settings, retries=AT_ONCE) as caller:
        yield caller


async def test_everything_the_tools_do_is_done_without_a_key_a_question_or_a_charge(
    settings: Settings, servers: Servers
) -> None:
    async with connected(settings, person=(person := Person())) as call:
        made = await call("design_voice", **OPEN, candidates=3)
        assert {each["status"] for each in made["candidates"]} == {"created"}
        kept, *others = [each["voice"] for each in made["candidates"]]
        assert kept.startswith(f"{MODEL}-vd-narrator_")
        assert not person.asked
        assert (await call("keep_voice", voice=kept))["deleted"] == others
        assert len(person.asked) == 1, "what can't be undone is asked about"
        [listed] = (await call("list_voices"))["voices"]
        assert (listed["voice"], listed["family"]) == (kept, "open")
        assert (await call("get_voice", voice=kept))["voice_prompt"] == OPEN["voice_prompt"]
        spoken = await call("synthesize", voice=kept, text=LINE, response_format="mp3", sample_rate=48000)
        assert (spoken["status"], spoken["cost"]["amount"]) == ("ok", "0.00")
        assert spoken["audio"]["first_audio_ms"] >= 0
        long = await call("synthesize", voice=kept, text=" ".join(f"{LINE} This is {n}." for n in range(30)))
        assert long["audio"]["duration_s"] > 60
        told = await call("narrate", script=f"Alice: {LINE}\n\nAlice: It fell in a night.", cast={"Alice": kept})
        assert told["status"] == "ok"
    async with connected(settings, person=Person()) as call:
        assert (await call("get_voice", voice=kept))["voice_status"] == "OK"
        assert (await call("delete_voice", voice=kept))["status"] == "deleted"
        assert (await call("list_voices"))["voices"] == []
    assert servers.counts()["designs"] == 3
    assert servers.counts()["voices"] == 0
    assert {hold["usd_micros"] for hold in books(settings).holds} == {0}


async def test_under_the_policy_person_a_design_is_asked_about(make_settings: MakeSettings, servers: Servers) -> None:
    settings = make_settings(**servers.settings, approval="person")
    async with connected(settings, person=(person := Person())) as call:
        assert (await call("design_voice", **OPEN))["status"] == "created"
    assert "Nothing is charged" in person.asked[0]


async def test_a_voice_that_the_server_forgot_is_uploaded_again_when_it_speaks_and_that_is_said(
    call: Caller, servers: Servers
) -> None:
    voice = (await call("design_voice", **OPEN))["voice"]
    first = await call("synthesize", voice=voice, text=LINE)
    servers.forget(voice)
    again = await call("synthesize", voice=voice, text=f"{LINE} Again.")
    assert first["notes"][:1] != again["notes"]
    assert "uploaded again from the clip that is kept here" in " ".join(again["notes"])
    assert servers.counts() == {"designs": 1, "speeches": 2, "uploads": 2, "voices": 1}


async def test_a_voice_that_the_server_forgot_is_still_listed_and_is_there_again_once_it_is_looked_at(
    settings: Settings, servers: Servers
) -> None:
    async with connected(settings) as call:
        voice = (await call("design_voice", **OPEN))["voice"]
        await call("synthesize", voice=voice, text=LINE)
    servers.forget(voice)
    async with connected(settings) as call:
        [listed] = (await call("list_voices"))["voices"]
        assert (listed["voice"], listed["voice_status"]) == (voice, "DEPLOYING")
        shown = await call.raw("get_voice", voice=voice)
        assert "had forgotten this voice" in str(shown.content)
        assert (await call("list_voices"))["voices"][0].get("voice_status", "OK") == "OK"
    assert servers.counts()["uploads"] == 2


UPLOAD_FAULTS: list[dict[str, Any]] = [
    {"status": 500, "message": "CUDA error"},
    {"status": 400, "message": "Uploaded voice limit reached (1000). Delete an existing voice"},
    {"status": 409, "message": "not with several API servers"},
    {"status": 401},
    {"action": "reset"},
    {"action": "reset", "when": "after"},
    {"action": "garbage"},
    {"action": "truncate", "when": "after"},
]


@pytest.mark.parametrize("fault", UPLOAD_FAULTS, ids=json.dumps)
async def test_a_clip_whose_upload_fails_is_kept_and_the_same_call_finishes_the_job(
    settings: Settings, servers: Servers, fault: dict[str, Any]
) -> None:
    servers.spoil("open_upload", **fault)
    async with connected(settings, patience=Patience(review_s=0)) as call:
        first = await call("design_voice", **OPEN)
        assert first["status"] == "created"
        assert first["preview"]["size_bytes"] > 24_000
    async with connected(settings) as call:
        second = await call("design_voice", **OPEN)
        assert (second["status"], second["voice"], second["voice_status"]) == ("reused", first["voice"], "OK")
        assert (await call("synthesize", voice=second["voice"], text=LINE))["status"] == "ok"
    assert servers.counts()["designs"] == 1
    assert servers.counts()["voices"] == 1


@pytest.mark.parametrize(
    ("fault", "code", "hint"),
    [
        (
            {"status": 400, "message": "Instructions too long (max 60 characters)"},
            "invalid_argument",
            "tts-max-instructions",
        ),
        ({"status": 401}, "unauthorized", "VOICE_DESIGN_OPEN_KEY"),
        ({"status": 429, "message": "busy"}, "rate_limited", ""),
        ({"status": 500, "message": "CUDA error"}, "unavailable", "log"),
        ({"status": 400, "message": "VoiceDesign task"}, "refused", "VOICE_DESIGN_OPEN_DESIGN_URL"),
        ({"action": "reset"}, "connection_lost", "nothing is charged"),
        ({"action": "truncate", "when": "after"}, "connection_lost", "nothing is charged"),
    ],
)
async def test_a_design_that_the_server_refuses_leaves_nothing_and_says_why(
    call: Caller, settings: Settings, servers: Servers, fault: dict[str, Any], code: str, hint: str
) -> None:
    servers.spoil("open_design", **fault)
    error = await call.error("design_voice", **OPEN)
    assert error["code"] == code
    assert hint in error["hint"]
    assert [hold["state"] for hold in books(settings).holds] == ["released"]
    assert (await call("design_voice", **OPEN))["status"] == "created"


async def test_speech_that_breaks_off_is_no_whole_file_and_the_same_call_speaks_anew(
    call: Caller, servers: Servers
) -> None:
    voice = (await call("design_voice", **OPEN))["voice"]
    servers.spoil("open_speech", action="truncate", when="after", frame=2)
    error = await call.error("synthesize", voice=voice, text=f"{LINE} " * 5)
    assert error["code"] == "connection_lost"
    assert (await call("synthesize", voice=voice, text=f"{LINE} " * 5))["status"] == "ok"


async def test_a_text_that_makes_too_long_a_clip_is_refused_with_its_length(call: Caller) -> None:
    error = await call.error("design_voice", **{**OPEN, "preview_text": "这座桥是在一个冬天里建成的。" * 25})
    assert error["argument"] == "preview_text"
    assert "a clip of 1 to 30 s" in error["message"]


async def test_a_voice_whose_clip_was_lost_is_designed_again_by_the_seed_of_its_name(
    settings: Settings, servers: Servers
) -> None:
    async with connected(settings) as call:
        voice = (await call("design_voice", **OPEN))["voice"]
    servers.forget(voice)
    for file in (settings.data_dir / "audio").rglob("*.wav"):
        file.unlink()
    async with connected(settings) as call:
        assert (await call("synthesize", voice=voice, text=LINE))["status"] == "ok"
    assert servers.counts() == {"designs": 2, "speeches": 1, "uploads": 2, "voices": 1}
    assert 0 <= seed_of(voice) < 2**63


async def test_a_design_that_qwen_no_longer_serves_is_offered_here(
    make_settings: MakeSettings, servers: Servers
) -> None:
    settings = make_settings(**servers.settings, base_url=servers.url, api_key="sk-test", approval="auto")
    servers.spoil("create", status=400, code="InvalidParameter.ModelNotSupported", message="Model not exist.")
    servers.spoil("create", status=404, code="ModelNotFound", message="Model not found")
    async with connected(settings) as call:
        for _ in range(2):
            result = await call.raw("design_voice", **DESIGN)
            assert result.structured_content is not None
            error = result.structured_content.get("error", {})
            if error.get("code") == "model_unavailable":
                assert f"target_model {MODEL}" in error["hint"]
                return
    pytest.fail("the vendor's refusal was not taken for what it is")


async def test_a_server_that_speaks_nothing_or_lists_nothing_is_not_believed(call: Caller, servers: Servers) -> None:
    voice = (await call("design_voice", **OPEN))["voice"]
    done = 'event: speech.audio.done\ndata: {"type": "speech.audio.done"}\n\n'
    servers.spoil("open_speech", status=200, body=done)
    error = await call.error("synthesize", voice=voice, text=LINE)
    assert (error["code"], error["retryable"]) == ("not_spoken", True)
    servers.spoil("open_list", status=200, body="{}")
    error = await call.error("list_voices")
    assert "did not list its uploaded voices" in error["message"]
    assert servers.counts()["uploads"] == 1


async def test_a_key_is_accepted_and_its_lack_is_told_without_the_server_s_words(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    with served_sandbox(tmp_path / "keyed", api_key="sk-own") as url:
        own = Servers(url).settings
        async with connected(make_settings(**own, open_key="sk-own")) as call:
            assert (await call("design_voice", **OPEN))["status"] == "created"
        async with connected(make_settings(**own)) as call:
            error = await call.error("design_voice", **OPEN, take=2)
        assert error["code"] == "unauthorized"
        assert "Unauthorized" not in error["message"]


def test_a_key_is_not_sent_in_the_clear_beyond_loopback(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigError, match="must be https where VOICE_DESIGN_OPEN_KEY is sent beyond loopback"):
        make_settings(open_design_url="http://gpu-1:1", open_speech_url="https://gpu-2", open_key="sk-own")


async def test_after_a_restart_speech_says_that_the_server_had_forgotten_the_voice(
    settings: Settings, servers: Servers
) -> None:
    async with connected(settings) as call:
        voice = (await call("design_voice", **OPEN))["voice"]
        await call("synthesize", voice=voice, text=LINE)
    servers.forget(voice)
    async with connected(settings) as call:
        again = await call("synthesize", voice=voice, text=f"{LINE} Again.")
    assert "had forgotten this voice" in " ".join(again["notes"])


def test_one_server_alone_is_no_setting(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_OPEN_SPEECH_URL is needed beside VOICE_DESIGN_OPEN_DESIGN_URL"):
        make_settings(open_design_url="http://127.0.0.1:8001")
    with pytest.raises(ConfigError, match="must be a URL such as"):
        make_settings(open_design_url="gpu:1", open_speech_url="gpu:2")


async def test_without_servers_the_model_says_what_it_needs(make_settings: MakeSettings) -> None:
    async with connected(make_settings()) as call:
        error = await call.error("design_voice", **OPEN)
    assert "VOICE_DESIGN_OPEN_DESIGN_URL" in error["hint"]
