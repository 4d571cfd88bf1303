"""Replicas as processes of their own, and a load balancer that knows nothing of MCP before them."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import IO

import anyio
import anyio.to_thread
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clients import Caller, Era, Person


@dataclass
class Replica:
    """One served process."""

    process: subprocess.Popen[str]
    url: str
    log: list[str]
    reading: threading.Thread

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End it as `kill -9` does, wherever it is."""
        self.process.kill()
        self.process.wait(timeout=60)
        self.reading.join(timeout=60)


def start_replica(environment: Mapping[str, str], *arguments: str, port: int = 0) -> Replica:
    """Start a replica; it takes connections when this returns."""
    serve = [sys.executable, "-m", "voice_design_mcp", "serve", "--http", "--port", str(port), *arguments]
    process = subprocess.Popen(
        serve,
        env={**environment, "AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    log: list[str] = []
    for line in process.stderr:
        log.append(line)
        if line.startswith("Serving MCP on "):
            reading = threading.Thread(target=_read_on, args=(process.stderr, log), daemon=True)
            reading.start()
            return Replica(process, line.split()[3].removesuffix("/mcp"), log, reading)
    raise RuntimeError("the replica did not start: " + "".join(log))


def _read_on(stream: IO[str], log: list[str]) -> None:
    with stream:
        log.extend(stream)


@contextmanager
def replicas(count: int, environment: Mapping[str, str], *arguments: str) -> Generator[list[Replica]]:
    """Some replicas that share an environment; they are killed at the end."""
    started: list[Replica] = []
    try:
        started.extend(start_replica(environment, *arguments) for _ in range(count))
        yield started
    finally:
        for replica in started:
            replica.kill()


class Fleet:
    """Replicas of which one is killed now and then, and another takes its place.

    Attributes:
        running: Those that run.
        killed: How many were killed.
    """

    def __init__(self, environment: Mapping[str, str], *arguments: str) -> None:
        self.running: list[Replica] = []
        self.killed = 0
        self._start = partial(start_replica, environment, *arguments)

    async def begin(self, count: int) -> None:
        """Start so many, at the same time."""
        async with anyio.create_task_group() as starting:
            for _ in range(count):
                starting.start_soon(self._add)

    async def lose_one_every(self, every_s: float, for_s: float) -> None:
        """Kill the oldest every few seconds, for some time. Only here does time pass by the clock: it is what is asked for."""
        async with anyio.create_task_group() as starting:
            with anyio.move_on_after(for_s):
                while True:
                    await anyio.sleep(every_s)
                    if len(self.running) > 1:
                        with anyio.CancelScope(shield=True):
                            await anyio.to_thread.run_sync(self.running.pop(0).kill)
                        self.killed += 1
                        starting.start_soon(self._add)

    def end(self) -> None:
        """Kill all."""
        while self.running:
            self.running.pop().kill()

    async def _add(self) -> None:
        self.running.append(await anyio.to_thread.run_sync(self._start))


@asynccontextmanager
async def load_balancer(backends: list[Replica]) -> AsyncGenerator[str]:
    """Hands each connection to the next replica in turn, or the one after it where that one is gone; gives its URL.

    `backends` may change while it runs.
    """
    turn = itertools.count()
    open_ones: set[asyncio.Task[None]] = set()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()

    async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(2 * len(backends)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", backends[next(turn) % len(backends)].port)
        return None

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        try:
            backend = await connected()
            if backend is None:
                writer.close()
                return
            with suppress(asyncio.CancelledError):  # the end of the test; asyncio would log it as an error
                await asyncio.gather(pipe(reader, backend[1]), pipe(backend[0], writer))
        finally:
            open_ones.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        ending = list(open_ones)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


@asynccontextmanager
async def client_at(
    url: str, token: str = "", era: Era = "2026-07-28", person: Person | None = None
) -> AsyncGenerator[Caller]:
    """A client that makes a new connection for each request, so that any replica gets any of them."""
    headers = {"Connection": "close", **({"Authorization": f"Bearer {token}"} if token else {})}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era, elicitation_callback=person) as client,
    ):
        yield Caller(client)
