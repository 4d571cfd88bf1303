"""Who may come in, where it listens, and that what is on disk survives a kill and is shared."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from sandbox.asking import CUSTOMIZATION, GENERATION, SPEECH_MODEL, Asker, refusal
from sandbox.served import sandbox_process, served_sandbox
from voice_design_mcp.sandbox.app import sandbox_app
from voice_design_mcp.sandbox.server import serve
from voice_design_mcp.sandbox.state import StateVersionError

KILLED_AFTER = (1, 5)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic c2s6", "sk-test"])
def test_without_a_bearer_key_the_answer_is_the_vendor_s_401(asker: Asker, authorization: str) -> None:
    paths = {CUSTOMIZATION: "POST", "/api/v1/models": "GET"}
    for path, method in paths.items():
        answer = httpx2.request(
            method, f"{asker.http.base_url}{path}", headers={"Authorization": authorization} if authorization else None
        )
        assert refusal(answer) == (401, "InvalidApiKey", "Invalid API-key provided.")
        assert answer.headers["x-voice-design-sandbox"] == "1"


def test_with_a_key_given_no_other_is_accepted(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, api_key="sk-right") as base_url:
        for key, status in {"sk-right": 200, "sk-wrong": 401, "sk-right2": 401}.items():
            asker = Asker(base_url, key)
            with asker.http:
                assert asker.http.get("/api/v1/models").status_code == status


@pytest.mark.parametrize("spelling", ["X-DashScope-WorkSpace", "X-DashScope-Workspace", "x-dashscope-workspace"])
def test_the_workspace_header_is_accepted_in_every_spelling(asker: Asker, spelling: str) -> None:
    assert asker.http.get("/api/v1/models", headers={spelling: "llm-ws123"}).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v2", 404), ("GET", CUSTOMIZATION, 405)])
def test_a_wrong_path_or_method_is_told_in_the_vendor_s_shape(
    asker: Asker, method: str, path: str, status: int
) -> None:
    answer = asker.http.request(method, path)
    assert refusal(answer)[0] == status
    assert answer.headers["x-voice-design-sandbox"] == "1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.test", ""])  # noqa: S104  that is what is refused
def test_it_listens_beyond_loopback_only_when_told(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(0, tmp_path / "state", host=host)
    assert not (tmp_path / "state").exists()


def test_the_process_says_its_url_on_one_line_of_stdout(tmp_path: Path) -> None:
    with sandbox_process(tmp_path, "--key", "sk-right") as sandbox:
        asker = Asker(sandbox.base_url, "sk-right")
        with asker.http:
            assert asker.usage() == {"voice_creations": 0, "free_quota_used": 0, "characters": 0}
        sandbox.process.terminate()
        assert sandbox.process.stdout is not None
        assert sandbox.process.stdout.read() == ""


async def test_mounted_in_process_it_designs_speaks_and_gives_the_audio_out(tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(sandbox_app(tmp_path, engine="formant"))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://sandbox.test", headers={"Authorization": "Bearer k"}
    ) as client:
        asked = {"action": "create", "target_model": SPEECH_MODEL, "voice_prompt": "A man.", "preview_text": "Hello."}
        created = await client.post(CUSTOMIZATION, json={"model": "qwen-voice-design", "input": asked})
        voice = created.json()["output"]["voice"]
        body = {"model": SPEECH_MODEL, "input": {"text": "Hello.", "voice": voice}}
        spoken = (await client.post(GENERATION, json=body)).json()["output"]["audio"]["url"]
        assert spoken.startswith("http://sandbox.test/sandbox/audio/")
        assert (await client.get(spoken)).content.startswith(b"RIFF")


def test_killed_in_the_middle_of_creating_the_bill_still_equals_the_voices(tmp_path: Path) -> None:
    answered = 0
    for killed_after in KILLED_AFTER:
        with sandbox_process(tmp_path) as sandbox:
            answered += create_until_killed(sandbox.base_url, killed_after, sandbox.kill)
    with served_sandbox(tmp_path) as base_url, (asker := Asker(base_url)).http:
        billed, listed = asker.usage()["voice_creations"], asker.list()["total_count"]
    assert billed == listed
    assert sum(KILLED_AFTER) <= answered <= billed


def create_until_killed(base_url: str, killed_after: int, kill: object) -> int:
    """Creates from three callers at once; when so many were answered, kills the peer under the others."""
    answered, enough = [0], threading.Event()
    lock = threading.Lock()

    def keep_creating() -> None:
        asker = Asker(base_url)
        with asker.http:
            while True:
                try:
                    assert asker.create().status_code == 200
                except httpx2.TransportError:
                    return
                with lock:
                    answered[0] += 1
                    if answered[0] >= killed_after:
                        enough.set()

    with ThreadPoolExecutor(3) as callers:
        running = [callers.submit(keep_creating) for _ in range(3)]
        assert enough.wait(timeout=60)
        assert callable(kill)
        kill()
        for one in running:
            one.result()
    return answered[0]


def test_two_processes_share_one_account(tmp_path: Path) -> None:
    with sandbox_process(tmp_path) as one, sandbox_process(tmp_path) as two:
        askers = [Asker(one.base_url), Asker(two.base_url)]
        with askers[0].http, askers[1].http, ThreadPoolExecutor(4) as callers:
            made = [callers.submit(askers[number % 2].voice) for number in range(8)]
            voices = [one.result() for one in made]
            assert len(set(voices)) == 8
            assert {item["voice"] for item in askers[0].list(page_size=50)["voice_list"]} == set(voices)
            assert askers[1].usage() == {"voice_creations": 8, "free_quota_used": 8, "characters": 0}
            for number, voice in enumerate(voices[:4]):
                url = askers[number % 2].synthesize(voice).json()["output"]["audio"]["url"]
                assert httpx2.get(url.replace(one.base_url, two.base_url)).status_code == 200


def test_sandboxes_may_start_on_a_new_folder_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as starters:
        started = [starters.submit(started_usage, tmp_path) for _ in range(4)]
    assert [one.result() for one in started] == [{"voice_creations": 0, "free_quota_used": 0, "characters": 0}] * 4


def started_usage(state_dir: Path) -> dict[str, int]:
    with served_sandbox(state_dir) as base_url, (asker := Asker(base_url)).http:
        return asker.usage()


def test_a_folder_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    sandbox_app(tmp_path)
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StateVersionError, match="99"):
        sandbox_app(tmp_path)
