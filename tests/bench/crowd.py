"""How many calls a second a server answers over streamable HTTP, how long each waits, beside the floor's; and pings amid speech.

A benchmark, not a test: it prints, and judges nothing but two bars: read tools for 200 clients at 0.8 × the floor's
throughput, and `ping` answered within 50 ms for 99 of 100 while 50 clients synthesize. Ours and the floor are processes that
take turns, on the same served sandbox, which gives way to them (nice 19), since a vendor is another machine. The clients are
sockets that send what an SDK's client sends and read no more of the answer than where it ends, so that what is measured is the
servers: `python tests/bench/crowd.py --seconds 3 --rounds 5`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import figures
import paired
from figures import Row
from paired import floor

from sandbox.served import sandbox_process

CROWDS = (1, 8, 64, 200)
BAR, PING_BAR_MS = 0.8, 50.0
SPEAKERS = 50
VERSION = "2025-11-25"


@dataclass
class Visitor:
    """One client with a session and a connection of its own."""

    host: str
    port: int
    session: str = ""
    _number: int = 0
    _reader: asyncio.StreamReader = field(init=False)
    _writer: asyncio.StreamWriter = field(init=False)

    async def connect(self) -> None:
        """A new connection for the same session: a server closes those that wait for another's round to end."""
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port, limit=1 << 22)

    async def __aenter__(self) -> Self:
        await self.connect()
        told = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "crowd", "version": "1"}}
        await self.ask("initialize", told)
        await self._post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> bytes:
        """The body of the answer to a request, as it came."""
        self._number += 1
        asked = {"jsonrpc": "2.0", "id": self._number, "method": method, **({"params": params} if params else {})}
        body = await self._post(asked)
        if b'"result"' not in body or b'"isError":true' in body:
            raise RuntimeError(f"{method}: {body[:2000]!r}")
        return body

    async def _post(self, message: Mapping[str, Any]) -> bytes:
        body = json.dumps(message).encode()
        session = f"mcp-session-id: {self.session}\r\nmcp-protocol-version: {VERSION}\r\n" if self.session else ""
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: {self.host}:{self.port}\r\naccept: application/json, text/event-stream\r\n"
            f"content-type: application/json\r\n{session}content-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if not 200 <= int(lines[0].split()[1]) < 300:
            raise RuntimeError(lines[0])
        self.session = headers.get("mcp-session-id", self.session)
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        return await self._chunks() if headers.get("transfer-encoding") == "chunked" else b""

    async def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(await self._reader.readline(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()
        return bytes(body)


@dataclass
class Round:
    """What one round of one server brought: calls a second, and each call's seconds."""

    per_s: float
    waited: list[float]

    def ms(self, share: float) -> float:
        """How long that share of the calls took at most."""
        ordered = sorted(self.waited)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1000


async def crowded(visitors: Sequence[Visitor], seconds: float, call: Mapping[str, Any]) -> Round:
    """Everybody calls, again and again, for so long."""
    for visitor in visitors:
        await visitor.connect()
    waited: list[float] = []
    began = time.perf_counter()

    async def visit(visitor: Visitor) -> None:
        while (now := time.perf_counter()) - began < seconds:
            await visitor.ask("tools/call", call)
            waited.append(time.perf_counter() - now)

    await asyncio.gather(*map(visit, visitors))
    took_s = time.perf_counter() - began
    for visitor in visitors:
        await visitor.__aexit__()
    return Round(len(waited) / took_s, waited)


async def throughput(
    urls: Mapping[str, str], count: int, seconds: float, rounds: int, call: Mapping[str, Any]
) -> dict[str, Any]:
    """Rounds of each server in turns, and the medians of what they say."""
    crowds = {name: await arrived(url, count) for name, url in urls.items()}
    taken: dict[str, list[Round]] = {name: [] for name in urls}
    for turn in range(rounds + 1):
        for name in sorted(urls, reverse=bool(turn % 2)):
            one = await crowded(crowds[name], seconds if turn else min(seconds, 1.0), call)
            if turn:  # the first only warms up
                taken[name].append(one)
    told = {
        name: {
            "per_s": statistics.median(one.per_s for one in of),
            "p50_ms": statistics.median(one.ms(0.5) for one in of),
            "p99_ms": statistics.median(one.ms(0.99) for one in of),
        }
        for name, of in taken.items()
    }
    ratio = statistics.median(a.per_s / b.per_s for a, b in zip(taken["ours"], taken["floor"], strict=True))
    return {"clients": count, **told, "ratio": ratio}


async def arrived(url: str, count: int) -> list[Visitor]:
    """So many clients, each with its session."""
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    return [await Visitor(place.hostname, place.port).__aenter__() for _ in range(count)]


async def pings(url: str, voice: str, speakers: int, runs: int) -> Round:
    """How long each ping took while so many clients, each of which has spoken before, synthesized one text after another."""
    crowd = await arrived(url, speakers)
    [pinger] = await arrived(url, 1)
    over, spoke, number = asyncio.Event(), asyncio.Semaphore(0), iter(range(10**9))

    async def speak(visitor: Visitor) -> None:
        while not over.is_set():
            text = f"This is line number {next(number)} of a rather long evening, and it is read by whoever is there."
            await visitor.ask("tools/call", {"name": "synthesize", "arguments": {"text": text, "voice": voice}})
            spoke.release()

    waited: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        for visitor in crowd:
            tasks.create_task(speak(visitor))
        for _ in crowd:
            await spoke.acquire()
        await pinger.connect()
        began = time.perf_counter()
        while len(waited) < runs:
            now = time.perf_counter()
            await pinger.ask("ping")
            waited.append(time.perf_counter() - now)
            await asyncio.sleep(0.02)
        took_s = time.perf_counter() - began
        over.set()
    return Round(len(waited) / took_s, waited)


async def measured(base_url: str, folder: Path, options: argparse.Namespace) -> list[Row]:
    """Everything, printed as it comes."""
    spec = await paired.learnt(base_url, folder / "learnt")
    calls = {
        "list_voices": {"name": "list_voices", "arguments": {"family": "qwen"}},
        "get_voice": {"name": "get_voice", "arguments": {"voice": spec["voice"]}},
    }
    found: list[Row] = []
    with ExitStack() as stack:
        environment = floor.our_environment(base_url, folder / "ours")
        ours, _ = stack.enter_context(paired.over_http([*paired.OURS, "--http", "--port", "0"], environment))
        bare, _ = stack.enter_context(
            paired.over_http(floor.command(paired.written(spec, folder / "floor.json"), "--http"))
        )
        print(
            f"{'tool':12} {'clients':>7} {'ours/s':>8} {'p50 ms':>7} {'p99':>7} "
            f"{'floor/s':>8} {'p50 ms':>7} {'p99':>7} {'ratio':>6}"
        )
        for tool, count in ((tool, count) for tool in options.tools for count in options.clients):
            told = await throughput({"ours": ours, "floor": bare}, count, options.seconds, options.rounds, calls[tool])
            bar = BAR if count == max(CROWDS) else None
            found.append(
                row := Row(f"{tool} a second for {count} clients, beside the floor", told["ratio"], bar, at_least=True)
            )
            rows = [
                f"{row['per_s']:8.0f} {row['p50_ms']:7.1f} {row['p99_ms']:7.1f}"
                for row in (told["ours"], told["floor"])
            ]
            judged = f"   bar {BAR}: {row.verdict}" if row.bar else ""
            print(f"{tool:12} {count:7} {' '.join(rows)} {told['ratio']:6.3f}{judged}", flush=True)
        for name, url in {"ours": ours, "floor": bare}.items() if options.pings else ():
            heard = await pings(url, spec["voice"], SPEAKERS, options.pings)
            told = {"p50_ms": heard.ms(0.5), "p99_ms": heard.ms(0.99), "worst_ms": heard.ms(1)}
            bar = PING_BAR_MS if name == "ours" else None
            found.append(row := Row(f"ping amid {SPEAKERS} syntheses, p99, {name}", told["p99_ms"], bar, "ms"))
            judged = f"   bar {bar:g} ms: {row.verdict}" if bar else ""
            shown = ", ".join(f"{figure.removesuffix('_ms')} {ms:.1f}" for figure, ms in told.items())
            print(f"ping amid {SPEAKERS} syntheses, {name}: {shown} ms{judged}")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=CROWDS, help="sizes of the crowd")
    parser.add_argument(
        "--tools", nargs="+", default=["list_voices", "get_voice"], choices=["list_voices", "get_voice"]
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3, help="of each server at each size")
    parser.add_argument("--pings", type=int, default=300, help="amid speech; 0 for none")
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sandbox_process(Path(name) / "vendor") as sandbox:
        os.setpriority(os.PRIO_PROCESS, sandbox.process.pid, 19)
        found = asyncio.run(measured(sandbox.base_url, Path(name), options))
    figures.keep(options.json, found)


if __name__ == "__main__":
    main()
