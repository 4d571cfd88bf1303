"""A server as a process of its own, over stdio: what a benchmark has it say, how it is waited for, and the memory that it takes."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

CHARACTERS_AN_HOUR = 38_000
"""As the base engine speaks."""
TALE = (
    "the lamp was lit by a keeper who had seen storms and ships and winters pass over this hill before anyone wrote down its name "
    "and nobody in the village could say when he came or where he would go once the light went out"
)


@asynccontextmanager
async def started(base_url: str, folder: str, **settings: str) -> AsyncGenerator[tuple[Client, int]]:
    """A client of a new server that buys from a vendor without asking, and the server's process id."""
    environment = {
        "PATH": os.defpath,
        "VOICE_DESIGN_BASE_URL": base_url,
        "DASHSCOPE_API_KEY": "sk-bench",
        "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0",
        "VOICE_DESIGN_DATA_DIR": folder,
        "VOICE_DESIGN_APPROVAL": "auto",
        **settings,
    }
    command = StdioServerParameters(command=sys.executable, args=["-m", "voice_design_mcp"], env=environment)
    before = children()
    async with Client(stdio_client(command), read_timeout_seconds=120) as client:
        [pid] = children() - before
        yield client, pid


async def result_of(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a call, which is made again for as long as the work goes on."""
    while True:
        result = await client.call_tool(tool, arguments)
        told = result.structured_content
        assert told is not None
        assert not result.is_error, told
        if told["status"] != "in_progress":
            return told


def book(hours: float) -> str:
    """Chapters of paragraphs of sentences, no two alike, of so many hours roughly."""
    chance = random.Random(6)  # noqa: S311 the same book each time
    words = TALE.split()
    left, lines = hours * CHARACTERS_AN_HOUR, list[str]()
    while left > 0:
        sentences = [" ".join(chance.choices(words, k=chance.randint(6, 18))).capitalize() + "." for _ in range(5)]
        lines.append(f"# Chapter {len(lines) // 40 + 1}" if len(lines) % 40 == 0 else " ".join(sentences))
        left -= len(lines[-1])
    return "\n\n".join(lines)


def memory_mb(pid: int, name: str) -> float:
    """A figure of a process's memory, as the kernel has it."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found, name
    return int(found[1]) / 1024


def count_the_peak_from_here(pid: int) -> None:
    """Set a process's peak to what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    return {
        int(pid)
        for thread in Path("/proc/self/task").iterdir()
        for pid in (thread / "children").read_text(encoding="ascii").split()
    }
