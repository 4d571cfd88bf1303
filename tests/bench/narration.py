"""How much memory a long narration takes over the idle server: a book of two hours, from a served sandbox, over stdio.

A benchmark, not a test: it prints, and judges nothing but the bar (40 MB over idle, where idle is after one short narration). The
peak is the kernel's own (VmHWM), of the server's process alone, so it needs Linux: `python tests/bench/narration.py --hours 2`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import figures
from bench.figures import Row
from bench.process import book, count_the_peak_from_here, memory_mb, result_of, started
from clients import DESIGN
from sandbox.served import sandbox_process

BAR_MB = 40.0


async def measured(base_url: str, folder: str, hours: float, response_format: str) -> Row:
    """Narrate, and print what it took."""
    async with started(base_url, folder) as (client, pid):
        designed = await result_of(client, "design_voice", **DESIGN)
        shape = {"cast": designed["voice"], "response_format": response_format}
        await result_of(client, "narrate", script="A short one.\n\nTo begin with.", **shape)
        idle_mb, began_s = memory_mb(pid, "VmRSS"), time.monotonic()
        count_the_peak_from_here(pid)
        told = await result_of(client, "narrate", script=book(hours), **shape)
        took_s, over_mb = time.monotonic() - began_s, memory_mb(pid, "VmHWM") - idle_mb
    audio = told["audio"]
    print(
        f"{response_format:<4} {audio['duration_s'] / 3600:.2f} h, {audio['size_bytes'] / 1e6:6.1f} MB, {told['lines']} lines "
        f"in {took_s:.0f} s: idle {idle_mb:.0f} MB, peak {over_mb:+.1f} MB   bar {BAR_MB:g} MB: "
        f"{'holds' if over_mb <= BAR_MB else 'MISSED'}"
    )
    return Row(f"peak over idle, a narration of {hours:g} h in {response_format}", over_mb, BAR_MB, "MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0, help="how long the book is, roughly")
    parser.add_argument("--formats", nargs="+", default=["wav", "mp3"], help="of the file; each narrates the book anew")
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox_process(Path(folder) / "vendor") as sandbox:
        for response_format in options.formats:
            data = str(Path(folder) / response_format)
            row = asyncio.run(measured(sandbox.base_url, data, options.hours, response_format))
            figures.keep(options.json, [row])


if __name__ == "__main__":
    main()
