"""What the benchmarks share: our server and its floor beside each other, learnt from one another, and ratios of pairs.

A pair is measured one right after the other, the first of them changing, so that whatever else the machine does meets both: the
median of the pairs' ratios says the same on a busy machine as on an idle one.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import floor
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult
from sqlalchemy import Engine, event

from clients import DESIGN
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings

OURS = [sys.executable, "-m", "voice_design_mcp", "serve"]
QWEN: dict[str, Any] = {**DESIGN, "target_model": "qwen3-tts-vd-2026-01-26", "language": "en"}
FULL = 2
"""What SQLite calls a connection whose commits wait for the disk."""
VOICES = 10
"""How many voices the account has while it is listed: a page."""


@asynccontextmanager
async def over_stdio(command: Sequence[str], environment: Mapping[str, str] | None = None) -> AsyncGenerator[Client]:
    """A client of a server that is started for it."""
    parameters = StdioServerParameters(command=command[0], args=list(command[1:]), env=dict(environment or {}))
    async with Client(stdio_client(parameters), read_timeout_seconds=300) as client:
        yield client


@contextmanager
def over_http(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Generator[tuple[str, int]]:
    """A served server's address and process; it says its URL in the first line that it prints or logs."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    assert process.stdout is not None
    try:
        line = next((line for line in process.stdout if "http://" in line), "")
        if not line:
            raise RuntimeError(f"{command} did not start")
        yield "http://" + line.partition("http://")[2].split("/mcp")[0].split()[0].strip(), process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def called(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    """A result that is no error."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert not result.is_error, result
    return result


async def learnt(base_url: str, folder: Path) -> dict[str, Any]:
    """What a floor is to do: our list of tools, a result of each of four, and the rows of each of their commits.

    Leaves a page of voices in the sandbox; `voice` is one of them.
    """
    logging.disable()  # the SDK switches it on here, in the process that measures
    said: dict[sqlite3.Connection, list[str]] = {}

    def listen(connection: sqlite3.Connection, _record: Any) -> None:
        connection.set_trace_callback(said.setdefault(connection, []).append)

    event.listen(Engine, "connect", listen)
    settings = Settings.load(
        {
            "VOICE_DESIGN_BASE_URL": base_url,
            "DASHSCOPE_API_KEY": "sk-bench",
            "VOICE_DESIGN_DATA_DIR": str(folder),
            "VOICE_DESIGN_APPROVAL": "auto",
            "VOICE_DESIGN_REQUESTS_PER_MINUTE": floor.UNHURRIED,
        }
    )
    answers: dict[str, Any] = {}
    commits: dict[str, list[dict[str, Any]]] = {}

    async def learn(tool: str, **arguments: Any) -> dict[str, Any]:
        for statements in said.values():
            statements.clear()
        step = f"{tool} approved" if arguments.get("approval") else tool
        answers[step] = (await called(client, tool, **arguments)).model_dump(
            by_alias=True, mode="json", exclude_none=True
        )
        commits[step] = [each for connection, statements in said.items() for each in _commits(connection, statements)]
        return answers[step]["structuredContent"]

    async with Client(build_server(settings)) as client:
        voices = [
            str((await learn("design_voice", **QWEN | {"preview_text": f"Good evening, number {number:05}."}))["voice"])
            for number in range(VOICES + 1)
        ]
        await called(client, "list_voices", family="qwen")
        await learn("synthesize", text="Good evening, everybody.", voice=voices[0])
        await learn("get_voice", voice=voices[0])
        asked = await learn("delete_voice", voice=voices[-1])
        await learn("delete_voice", voice=voices[-1], approval=asked["approval"]["id"])
        await learn("list_voices", family="qwen")
        tools = [
            tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in (await client.list_tools()).tools
        ]
    event.remove(Engine, "connect", listen)
    return {
        "tools": tools,
        "sandbox": base_url,
        "answers": answers,
        "commits": commits,
        "voice": voices[0],
        "database": str(folder / "raw.db"),
    }


def _commits(connection: sqlite3.Connection, said: Sequence[str]) -> list[dict[str, Any]]:
    """The bytes of each statement that wrote, by transaction, and whether that waited for the disk; an empty one is none."""
    commits: list[dict[str, Any]] = []
    rows: list[int] = []
    waits = connection.execute("PRAGMA synchronous").fetchone()[0] == FULL
    for statement in said:
        if statement.startswith("BEGIN"):
            rows = []
        elif statement.startswith(("INSERT", "UPDATE", "DELETE")):
            rows.append(len(statement))
        elif statement == "COMMIT" and rows:
            commits.append({"rows": rows, "waits": waits})
    return commits


def written(spec: Mapping[str, Any], path: Path, *, commits: bool = False) -> Path:
    """A spec as a file, with the commits or without."""
    path.write_text(json.dumps({**spec, "commits": spec["commits"] if commits else {}}), encoding="utf-8")
    return path


class Pairs:
    """Seconds taken by several that are compared, a row of each after the other."""

    def __init__(self, *names: str) -> None:
        self.taken: dict[str, list[float]] = {name: [] for name in names}
        self._turn = 0

    async def row(self, **does: Callable[[], Awaitable[Any]]) -> None:
        """Do each once, timed, in another order than the last time."""
        names = list(self.taken)
        at = self._turn % len(names)
        self._turn += 1
        for name in names[at:] + names[:at]:
            began = time.perf_counter()
            await does[name]()
            self.taken[name].append(time.perf_counter() - began)

    def ms(self, name: str) -> float:
        """The median of one."""
        return statistics.median(self.taken[name]) * 1000

    def ratio(self, name: str, floor_name: str) -> float:
        """The median of the pairs' ratios."""
        return statistics.median(a / b for a, b in zip(self.taken[name], self.taken[floor_name], strict=True))


__all__ = [
    "OURS",
    "QWEN",
    "Pairs",
    "called",
    "floor",
    "learnt",
    "over_http",
    "over_stdio",
    "written",
]
