"""The MCP Inspector's command line on every transport: a client of somebody else's, which declares no elicitation."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN
from hosts.programs import run, served
from voice_design_mcp.tools import TOOLS
from voice_design_mcp.tools.spec import PANEL_URI

pytestmark = pytest.mark.services
TRANSPORTS = ("stdio", "http", "sse")
INVALID, UNKNOWN_TOOL = 1, 5


@contextmanager
def reached(transport: str, data_dir: Path) -> Generator[list[str]]:
    """The Inspector's arguments that lead to a server of ours over a transport."""
    serve = ["voice_design_mcp", "serve", "--data-dir", str(data_dir)]
    if transport == "stdio":
        yield [sys.executable, "-m", *serve]
        return
    with served(*serve, "--http", "--port", "0") as url:
        path = {"http": "mcp", "sse": "sse"}[transport]
        yield ["--server-url", f"{url}/{path}", "--transport", transport]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_inspector_lists_designs_and_hears(transport: str, tmp_path: Path) -> None:
    with reached(transport, tmp_path / "data") as server:
        listed = asked(tmp_path, *server, "--method", "tools/list", "--strict")
        assert [tool["name"] for tool in listed["tools"]] == [spec.name for spec in TOOLS]

        first = called(tmp_path, server, "design_voice", **DESIGN)
        assert first["status"] == "confirmation_required", (
            "it declares no elicitation, so it takes the path of two calls"
        )
        made = called(tmp_path, server, "design_voice", **DESIGN, approval=first["approval"]["id"])
        assert made["status"] == "created"

        preview = tmp_path / "preview.wav"
        ran = inspect(
            tmp_path,
            *(*server, "--method", "resources/read", "--uri", made["preview"]["uri"]),
            *("--output", str(preview), "--output-format", "raw"),
        )
        assert ran.returncode == 0, ran.stderr
        with wave.open(str(preview)) as heard:
            assert heard.getnframes() > heard.getframerate()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_inspector_is_told_of_a_tool_that_does_not_exist(transport: str, tmp_path: Path) -> None:
    with reached(transport, tmp_path / "data") as server:
        ran = inspect(tmp_path, *server, "--method", "tools/call", "--tool-name", "sing", "--format", "json")
    assert ran.returncode == UNKNOWN_TOOL, ran.stdout + ran.stderr


def test_the_inspector_finds_the_panel_behind_the_tools_that_name_it(tmp_path: Path) -> None:
    with reached("stdio", tmp_path / "data") as server:
        ran = inspect(tmp_path, *server, "--method", "tools/list", "--app-info", "--format", "json")
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {each["toolName"] for each in told if each["hasApp"]} == {spec.name for spec in TOOLS if "ui" in spec.meta}
    for each in told:
        if each["hasApp"]:
            assert (each["resourceUri"], each["resourceMimeType"]) == (PANEL_URI, "text/html;profile=mcp-app")


def called(home: Path, server: list[str], tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured result of a tool."""
    given = ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    return asked(home, *server, *given)["structuredContent"]


def asked(home: Path, *arguments: str) -> dict[str, Any]:
    """The result of one request."""
    ran = inspect(home, *arguments, "--format", "json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answered = json.loads(ran.stdout)
    return answered.get("result", answered)


def inspect(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the Inspector."""
    return run("mcp-inspector", "--cli", *arguments, home=home)
