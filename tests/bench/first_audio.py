"""How long after the vendor's first sound has been sent the first piece of it has left `stream` and is written to its file.

A benchmark, not a test: it prints, and judges nothing but the bar (15 ms). The vendor is a scripted peer on loopback, in a thread
of its own, that keeps each listener waiting before its first sound. Run it alone on an idle machine, in an environment with the
package and its tests: `python tests/bench/first_audio.py --runs 100`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import figures
from bench.figures import Row
from vendor_client.peer import Peer, Reply
from vendor_client.speaking import COSYVOICE, PLAIN_QWEN, REALTIME, stream
from vendor_client.talker import Line, Talker
from voice_design_mcp.dashscope.http import Http
from voice_design_mcp.tools.recording import Recording

BAR_MS = 15.0
SOUND = bytes(4800)
"""A tenth of a second of PCM at 24 kHz."""


class Serving(Protocol):
    """A peer that can be entered and has an origin."""

    origin: str

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *error: object) -> None: ...


def realtime_peer(delay_s: float, sent_at: list[float]) -> Talker:
    """Speaks one response once the text is there."""

    async def converse(line: Line) -> None:
        await line.say(type="session.created", session={"id": "sess_1"})
        await line.hear()
        await line.say(type="session.updated", session={})
        while (await line.hear())["type"] != "session.finish":
            pass
        await line.say(type="response.created", response={"status": "in_progress"})
        await asyncio.sleep(delay_s)
        sent_at.append(time.perf_counter())
        await line.say(type="response.audio.delta", delta=base64.b64encode(SOUND).decode())
        await line.say(type="response.done", response={"status": "completed", "usage": {"characters": 6}})
        await line.say(type="session.finished")
        await line.end("close-1000")

    return Talker(converse)


def inference_peer(delay_s: float, sent_at: list[float]) -> Talker:
    """Speaks one sentence once the text is there."""

    async def converse(line: Line) -> None:
        head: dict[str, Any] = {"task_id": (await line.hear())["header"]["task_id"], "attributes": {}}
        await line.say(header={**head, "event": "task-started"}, payload={})
        while (await line.hear())["header"]["action"] != "finish-task":
            pass
        await asyncio.sleep(delay_s)
        sent_at.append(time.perf_counter())
        await line.sound(SOUND)
        await line.say(header={**head, "event": "task-finished"}, payload={"usage": {"characters": 6}})
        await line.until_gone()

    return Talker(converse)


def events_peer(delay_s: float, sent_at: list[float]) -> Peer:
    """Answers with a stream of events whose first sound is late by the time the reply is made."""

    def reply(_: object) -> Reply:
        time.sleep(delay_s)  # nothing else runs on this thread meanwhile
        sent_at.append(time.perf_counter())
        sound = {"audio": {"data": base64.b64encode(SOUND).decode()}, "finish_reason": "null"}
        last = {"audio": {"data": "", "url": "http://a.aliyuncs.com/x"}, "finish_reason": "stop"}
        body = "".join(f"event:result\ndata:{json.dumps({'output': each})}\n\n" for each in (sound, last)).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
        return Reply(raw=head.encode() + body)

    return Peer(then=reply)


PEERS: dict[str, tuple[str, Callable[[float, list[float]], Any]]] = {
    "realtime WebSocket": (REALTIME, realtime_peer),
    "inference WebSocket": (COSYVOICE, inference_peer),
    "server-sent events": (PLAIN_QWEN, events_peer),
}


@contextmanager
def served(peer: Serving) -> Generator[str]:
    """Run a peer in a thread with a loop of its own, and give its origin."""
    answering, leave = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with peer:
            answering.set()
            await leave.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    answering.wait()
    try:
        yield peer.origin
    finally:
        loop.call_soon_threadsafe(leave.set)
        thread.join()
        loop.close()


async def latencies_ms(origin: str, model: str, sent_at: list[float], runs: int, folder: Path) -> list[float]:
    """Speak so often, and say how long each first piece took."""
    took: list[float] = []
    async with Http(base_url=origin, api_key="sk-bench") as client:
        for _ in range(runs):
            recording = Recording(folder, 24000, "wav", 24000)
            async with aclosing(stream(client, model)) as pieces:
                recording.write((await anext(pieces)).audio)
                took.append((time.perf_counter() - sent_at[-1]) * 1000)
                async for piece in pieces:
                    assert piece.finished
            file = recording.finish()
            assert file is not None
            assert SOUND in file.read_bytes()
    return took


def line_of(name: str, took: Sequence[float]) -> str:
    """One line of the table."""
    ordered = sorted(took)
    worst, middle = ordered[-1], statistics.median(ordered)
    ninety_fifth = ordered[int(0.95 * (len(ordered) - 1))]
    verdict = "holds" if worst <= BAR_MS else "MISSED"
    return f"{name:<20} median {middle:6.2f}  p95 {ninety_fifth:6.2f}  worst {worst:6.2f} ms   bar {BAR_MS:g} ms: {verdict}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, default=50, help="speeches over each surface, the first of them not counted"
    )
    parser.add_argument("--delay", type=float, default=0.05, help="seconds that the peer waits before its first sound")
    figures.option(parser)
    options = parser.parse_args()
    for name, (model, make) in PEERS.items():
        sent_at: list[float] = []
        with served(make(options.delay, sent_at)) as origin, tempfile.TemporaryDirectory() as folder:
            took = asyncio.run(latencies_ms(origin, model, sent_at, options.runs + 1, Path(folder)))
        print(line_of(name, took[1:]))
        worst = Row(f"first sound after the vendor's, over the {name}, worst", max(took[1:]), BAR_MS, "ms")
        figures.keep(options.json, [worst])


if __name__ == "__main__":
    main()
