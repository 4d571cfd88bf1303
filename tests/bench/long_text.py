"""How long 10,000 characters take from a vendor that needs two seconds for each request, and an hour of speech of memory.

A benchmark, not a test: it prints, and judges nothing but the bars: 1.2 times the ideal, which is the vendor's two seconds times
the requests that each of the lanes makes, and 30 MB over the idle server, where idle is after one short text. The peak is the
kernel's own (VmHWM), so it needs Linux: `python tests/bench/long_text.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from pathlib import Path

import httpx2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import figures
from bench.figures import Row
from bench.process import TALE, book, count_the_peak_from_here, memory_mb, result_of, started
from clients import DESIGN
from sandbox.served import sandbox_process
from voice_design_mcp.narration.running import AT_ONCE

BAR_RATIO, BAR_MB = 1.2, 30.0
CHARACTERS = 10_000
MANY = 1000


def left_of(base_url: str) -> int:
    """How many answers of the script are left."""
    [script] = httpx2.get(f"{base_url}/sandbox/faults").raise_for_status().json()["faults"]
    return int(script["times"])


def answer(base_url: str, voice: str) -> str:
    """A true answer of the vendor's, with the address of a line's sound."""
    asked = {"text": TALE.capitalize() + ".", "voice": voice, "language_type": "English"}
    path = "/api/v1/services/aigc/multimodal-generation/generation"
    told = httpx2.post(
        base_url + path,
        json={"model": "qwen3-tts-vd-2026-01-26", "input": asked},
        headers={"Authorization": "Bearer sk-bench"},
    )
    return json.dumps({**told.raise_for_status().json(), "usage": {"characters": 1}})


async def how_long(base_url: str, folder: str, delay_s: float) -> Row:
    """Speak the text, and print its time against the ideal."""
    async with started(base_url, folder) as (client, _):
        voice = (await result_of(client, "design_voice", **DESIGN))["voice"]
        await result_of(client, "synthesize", voice=voice, text="To begin with.")
        slow = {"match": {"operation": "synthesize"}, "status": 200, "delay_s": delay_s, "times": MANY}
        script = [{**slow, "body": answer(base_url, voice)}]  # nothing but the wait: the peer's own work is not ours
        httpx2.post(f"{base_url}/sandbox/faults", json=script).raise_for_status()
        began_s = time.monotonic()
        await result_of(client, "synthesize", voice=voice, text=book(0.2)[:CHARACTERS])
        took_s, requests = time.monotonic() - began_s, MANY - left_of(base_url)
        httpx2.delete(f"{base_url}/sandbox/faults").raise_for_status()
    ideal_s = math.ceil(requests / AT_ONCE) * delay_s
    print(
        f"{CHARACTERS:,} characters in {requests} requests of {delay_s:g} s, {AT_ONCE} at once: {took_s:.1f} s, "
        f"{took_s / ideal_s:.2f} times the ideal of {ideal_s:g} s   bar {BAR_RATIO:g}: "
        f"{'holds' if took_s <= BAR_RATIO * ideal_s else 'MISSED'}"
    )
    return Row(f"{CHARACTERS:,} characters from a slow vendor, beside the ideal", took_s / ideal_s, BAR_RATIO)


async def how_much(base_url: str, folder: str, hours: float) -> Row:
    """Speak for so many hours, and print what it took of memory."""
    async with started(base_url, folder) as (client, pid):
        voice = (await result_of(client, "design_voice", **DESIGN))["voice"]
        await result_of(client, "synthesize", voice=voice, text=book(0.01))
        idle_mb, began_s = memory_mb(pid, "VmRSS"), time.monotonic()
        count_the_peak_from_here(pid)
        told = await result_of(client, "synthesize", voice=voice, text=book(hours))
        took_s, over_mb = time.monotonic() - began_s, memory_mb(pid, "VmHWM") - idle_mb
    audio = told["audio"]
    print(
        f"{audio['duration_s'] / 3600:.2f} h, {audio['size_bytes'] / 1e6:.1f} MB in {took_s:.0f} s: idle {idle_mb:.0f} MB, "
        f"peak {over_mb:+.1f} MB   bar {BAR_MB:g} MB: {'holds' if over_mb <= BAR_MB else 'MISSED'}"
    )
    return Row(f"peak over idle, a text of {hours:g} h", over_mb, BAR_MB, "MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=2.0, help="seconds that the vendor takes for a request")
    parser.add_argument(
        "--hours", type=float, default=1.0, help="how long the speech is whose memory is measured; 0: none"
    )
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox_process(Path(folder) / "vendor") as sandbox:
        rows = [asyncio.run(how_long(sandbox.base_url, str(Path(folder) / "first"), options.delay))]
        if options.hours:
            rows.append(asyncio.run(how_much(sandbox.base_url, str(Path(folder) / "second"), options.hours)))
    figures.keep(options.json, rows)


if __name__ == "__main__":
    main()
