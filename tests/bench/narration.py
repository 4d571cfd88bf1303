"""How much memory a long narration takes over the idle server: a book of two hours, from a served sandbox, over stdio.

A benchmark, not a test: it prints, and judges nothing but the bar (40 MB over idle, where idle is after one short narration). The
peak is the kernel's own (VmHWM), of the server's process alone, so it needs Linux: `python tests/bench/narration.py --hours 2`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from clients import DESIGN
from sandbox.served import sandbox_process

BAR_MB = 40.0
CHARACTERS_AN_HOUR = 65_000
TALE = (
    "the lamp was lit by a keeper who had seen storms and ships and winters pass over this hill before anyone wrote down its name "
    "and nobody in the village could say when he came or where he would go once the light went out"
)


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


async def narrated(client: Client, **arguments: Any) -> dict[str, Any]:
    """The result of a narration, waited for as long as it takes."""
    while True:
        result = await client.call_tool("narrate", arguments)
        told = result.structured_content
        assert told is not None
        assert not result.is_error, told
        if told["status"] != "in_progress":
            return told


async def measured(base_url: str, folder: str, hours: float, response_format: str) -> bool:
    """Narrate, and print what it took."""
    environment = {
        "PATH": os.defpath,
        "VOICE_DESIGN_BASE_URL": base_url,
        "DASHSCOPE_API_KEY": "sk-bench",
        "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0",
        "VOICE_DESIGN_DATA_DIR": folder,
        "VOICE_DESIGN_APPROVAL": "auto",
    }
    command = StdioServerParameters(command=sys.executable, args=["-m", "voice_design_mcp"], env=environment)
    before = children()
    async with Client(stdio_client(command), read_timeout_seconds=120) as client:
        [pid] = children() - before
        designed = (await client.call_tool("design_voice", DESIGN)).structured_content
        assert designed is not None
        shape = {"cast": designed["voice"], "response_format": response_format}
        await narrated(client, script="A short one.\n\nTo begin with.", **shape)
        idle_mb, began_s = memory_mb(pid, "VmRSS"), time.monotonic()
        count_the_peak_from_here(pid)
        told = await narrated(client, script=book(hours), **shape)
        took_s, over_mb = time.monotonic() - began_s, memory_mb(pid, "VmHWM") - idle_mb
    audio = told["audio"]
    print(
        f"{response_format:<4} {audio['duration_s'] / 3600:.2f} h, {audio['size_bytes'] / 1e6:6.1f} MB, {told['lines']} lines "
        f"in {took_s:.0f} s: idle {idle_mb:.0f} MB, peak {over_mb:+.1f} MB   bar {BAR_MB:g} MB: "
        f"{'holds' if over_mb <= BAR_MB else 'MISSED'}"
    )
    return over_mb <= BAR_MB


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0, help="how long the book is, roughly")
    parser.add_argument("--formats", nargs="+", default=["wav", "mp3"], help="of the file; each narrates the book anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox_process(Path(folder) / "vendor") as sandbox:
        for response_format in options.formats:
            data = str(Path(folder) / response_format)
            asyncio.run(measured(sandbox.base_url, data, options.hours, response_format))


if __name__ == "__main__":
    main()
