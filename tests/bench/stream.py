"""What 100 MB of streamed speech take of memory over the warm server, and how often its bytes are written on their way in.

A benchmark, not a test: it prints, and judges nothing but the bars: a peak of 20 MB over warm idle, and twice the bytes written (to
the file that takes them as they come, and to the store). Idle is after one short text. The vendor is a scripted peer that sends PCM
over the inference WebSocket as fast as it is taken. Both figures are the kernel's own, of the server's process alone, so it needs
Linux: `python tests/bench/stream.py --mb 100`.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import figures
from bench.figures import Row
from bench.process import count_the_peak_from_here, memory_mb, result_of, started
from clients import DESIGN
from sandbox.served import sandbox_process
from vendor_client.talker import Line, Talker

BAR_MB, BAR_COPIES = 20.0, 2.0
MODEL = "cosyvoice-v3.5-flash"
PIECE = bytes(range(256)) * 75
"""A fifth of a second of PCM at 48 kHz; not silent, so that it is measured as any sound is."""


def talkative(size: int) -> Talker:
    """A vendor that speaks so many bytes whatever it is asked."""

    async def converse(line: Line) -> None:
        head: dict[str, Any] = {"task_id": (await line.hear())["header"]["task_id"], "attributes": {}}
        await line.say(header={**head, "event": "task-started"}, payload={})
        texts = 0
        while (said := await line.hear())["header"]["action"] != "finish-task":
            texts = max(texts, len(str(said)))
        for _ in range(max(1, (size if texts > 200 else 0) // len(PIECE))):
            await line.sound(PIECE)
        await line.say(header={**head, "event": "task-finished"}, payload={"usage": {"characters": 6}})
        await line.until_gone()

    return Talker(converse)


def written_bytes(pid: int) -> int:
    """How many bytes a process has handed to the kernel to write, to files and sockets."""
    found = re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text(encoding="ascii"))
    assert found
    return int(found[1])


async def measured(base_url: str, folder: str, size: int, response_format: str) -> list[Row]:
    """Speak, and print what it took."""
    async with talkative(size) as talker:
        elsewhere = {"VOICE_DESIGN_WS_URL": talker.origin.replace("http", "ws"), "VOICE_DESIGN_REGION": "beijing"}
        async with started(base_url, folder, **elsewhere) as (client, pid):
            designed = await result_of(client, "design_voice", **DESIGN | {"target_model": MODEL})
            shape = {"voice": designed["voice"], "sample_rate": 48000, "response_format": response_format}
            await result_of(client, "synthesize", text="To begin with.", **shape)
            idle_mb, before = memory_mb(pid, "VmRSS"), written_bytes(pid)
            count_the_peak_from_here(pid)
            told = await result_of(client, "synthesize", text="And so on. " * 60, **shape)
            over_mb, copies = memory_mb(pid, "VmHWM") - idle_mb, round((written_bytes(pid) - before) / size, 2)
    what = f"{size / 1e6:.0f} MB of PCM streamed into {response_format}"
    rows = [
        Row(f"peak over warm idle, {what}", over_mb, BAR_MB, "MB"),
        Row(f"times written, {what}", copies, BAR_COPIES),
    ]
    print(
        f"{response_format}: {size / 1e6:.0f} MB of PCM, {told['audio']['duration_s'] / 60:.1f} minutes: idle {idle_mb:.0f} MB, "
        f"peak {over_mb:+.1f} MB (bar {BAR_MB:g}): {rows[0].verdict}; "
        f"written {copies:.2f} times (bar {BAR_COPIES:g}): {rows[1].verdict}"
    )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, default=100.0, help="how much PCM the vendor sends")
    parser.add_argument("--formats", nargs="+", default=["wav"], help="of the file; each is spoken anew")
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox_process(Path(folder) / "vendor") as sandbox:
        for response_format in options.formats:
            data = str(Path(folder) / response_format)
            rows = asyncio.run(measured(sandbox.base_url, data, int(options.mb * 1_000_000), response_format))
            figures.keep(options.json, rows)


if __name__ == "__main__":
    main()
