"""The server as a host runs it: a process, JSON-RPC lines on stdin and stdout, logs on stderr, over when its input ends."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp.types import jsonrpc_message_adapter
from pydantic import ValidationError

from sandbox.asking import ANNOUNCER, Asker
from sandbox.served import served_sandbox
from voice_design_mcp.tools import TOOLS

CANARY = "sk-canary7f3e9b1c5d8a2046e1"
DESIGN = {"voice_prompt": ANNOUNCER, "preview_text": "Good evening, and welcome.", "preferred_name": "announcer"}


class Host:
    """The other end of the pipes: writes requests, keeps every line that comes back."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._asked = 0

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Sends a request and returns its result."""
        self._asked += 1
        self.send({"id": self._asked, "method": method, "params": params})
        while True:
            answer = self.read()
            if answer.get("id") == self._asked and ("result" in answer or "error" in answer):
                assert "error" not in answer, answer
                return answer["result"]

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the server ended with {self.process.wait()} instead of answering"
        self.lines.append(line)
        return json.loads(line)

    def shake_hands(self) -> dict[str, Any]:
        client = {"name": "raw", "version": "1"}
        about = self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        self.send({"method": "notifications/initialized"})
        return about

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.ask("tools/call", name=tool, arguments=arguments)

    def design(self, **changes: Any) -> dict[str, Any]:
        """Designs a voice through the two-step approval and returns the structured result."""
        asked = self.call("design_voice", **DESIGN | changes)["structuredContent"]
        assert asked["status"] == "confirmation_required", asked
        made = self.call("design_voice", **DESIGN | changes, approval=asked["approval"]["id"])["structuredContent"]
        assert made["status"] == "created", made
        return made

    def end_input(self) -> int:
        """Closes the server's input, reads what it still says and returns its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.lines += self.process.stdout.readlines()
        return self.process.wait()


@contextmanager
def served_over_stdio(data_dir: Path, *arguments: str, **environment: str) -> Generator[tuple[Host, list[str]]]:
    """Runs the server with a data folder and settings of the test's own; gives its host and the lines of its stderr."""
    inherited = os.environ  # noqa: TID251  what a host's child inherits; no setting of ours is left in it but the engine
    command = [sys.executable, "-m", "voice_design_mcp", "serve", "--data-dir", str(data_dir), *arguments]
    logged: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=inherited | environment,
    ) as process:
        assert process.stderr is not None
        reader = threading.Thread(target=logged.extend, args=(process.stderr,), daemon=True)
        reader.start()
        try:
            yield Host(process), logged
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()


def test_the_main_job_runs_over_stdio_on_json_rpc_lines_alone(tmp_path: Path) -> None:
    with served_over_stdio(tmp_path, "--verbose") as (host, logged):
        about = host.shake_hands()
        assert about["serverInfo"]["name"] == "voice-design-mcp"
        assert [tool["name"] for tool in host.ask("tools/list")["tools"]] == [spec.name for spec in TOOLS]

        voice = host.design()
        preview = voice["preview"]
        heard = host.ask("resources/read", uri=preview["uri"])["contents"][0]
        assert heard["mimeType"] == preview["mime_type"] == "audio/wav"
        assert base64.b64decode(heard["blob"]) == Path(preview["path"]).read_bytes()

        speech = host.call("synthesize", text="Here is the news.", voice=voice["voice"])["structuredContent"]
        assert (speech["status"], speech["voice"], speech["sandbox"]) == ("ok", voice["voice"], True)
        assert Path(speech["audio"]["path"]).stat().st_size == speech["audio"]["size_bytes"]

        assert host.end_input() == 0
        assert all(is_json_rpc(line) for line in host.lines), host.lines
    assert any("event=charged" in line for line in logged)  # it did log, and not to stdout


def test_a_line_that_is_not_json_rpc_does_not_end_the_conversation(tmp_path: Path) -> None:
    with served_over_stdio(tmp_path) as (host, _):
        host.shake_hands()
        assert host.process.stdin is not None
        host.process.stdin.write("this is no message\n")
        host.process.stdin.flush()
        assert host.ask("tools/list")["tools"]
        assert host.end_input() == 0
        assert all(is_json_rpc(line) for line in host.lines), host.lines


def test_a_server_that_was_asked_nothing_ends_with_its_input_and_leaves_nothing(tmp_path: Path) -> None:
    with served_over_stdio(tmp_path / "data") as (host, logged):
        assert host.end_input() == 0
        assert host.lines == []
    assert logged == []
    assert not (tmp_path / "data").exists()


def test_the_api_key_appears_in_no_answer_no_log_and_no_file(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with (
        served_sandbox(tmp_path / "vendor", api_key=CANARY) as base_url,
        served_over_stdio(data_dir, "--verbose", DASHSCOPE_API_KEY=CANARY, VOICE_DESIGN_BASE_URL=base_url) as (
            host,
            logged,
        ),
    ):
        host.shake_hands()
        voice = host.design()["voice"]
        assert host.call("synthesize", text="Here is the news.", voice=voice)["structuredContent"]["status"] == "ok"
        host.call("list_voices")
        host.ask("resources/list")
        host.ask("resources/read", uri=f"voice://{voice}")
        for fault in refusals_that_repeat_the_key(base_url):
            failed = host.call("get_voice", voice=voice)
            assert failed["isError"], (fault, failed)
        held_open = files_with(data_dir, CANARY)
        assert host.end_input() == 0
        assert creations(base_url) == 1  # the key was really used
    assert logged
    assert not any(CANARY in line for line in (*host.lines, *logged))
    assert held_open == files_with(data_dir, CANARY) == []
    assert any(data_dir.rglob("*.db"))


def refusals_that_repeat_the_key(base_url: str) -> Generator[dict[str, Any]]:
    """Scripts the vendor's refusals one by one; each repeats the key, as an answer that echoes its request would."""
    asker = Asker(base_url, CANARY)
    with asker.http:
        for status in (400, 401, 403, 500):
            fault = {"match": {"operation": "query"}, "status": status, "message": f"bad key {CANARY}", "times": 8}
            asker.script(fault)
            yield fault
            asker.http.delete("/sandbox/faults")


def creations(base_url: str) -> int:
    """How many voices a served sandbox would have billed."""
    asker = Asker(base_url, CANARY)
    with asker.http:
        return asker.usage()["voice_creations"]


def is_json_rpc(line: str) -> bool:
    """Whether a line is one JSON-RPC message."""
    try:
        jsonrpc_message_adapter.validate_json(line)
    except ValidationError:
        return False
    return True


def files_with(folder: Path, text: str) -> list[str]:
    """The files under a folder whose bytes hold a text."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
