"""A vendor on loopback that does what a script says, one entry a request, and remembers what it was asked.

    async with Peer([answer({"output": {}}), reset(), stall()]) as peer:
        ... talk to peer.origin ...
    assert [request.json for request in peer.requests] == [...]

An entry is a Reply, or a function from the Request to one: what bills or counts goes there. After the script comes `then`, for
every further request; without it a further request is answered 599 and `peer.unexpected` counts it.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Request:
    """What the peer received. Header names are lower case; `body` is empty where the peer broke off before reading it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def action(self) -> str:
        """The customization action, or the last part of the path."""
        sent: dict[str, Any] = self.json or {}
        asked: dict[str, Any] = sent.get("input", {})
        return asked.get("action") or self.target.split("?")[0].rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is done with one request; the functions below name the usual ones.

    Args:
        raw: Everything that is sent, status line and all.
        until: Waited for before anything is sent.
        unread: Break off after the headers of the request, before its body.
        ending: What happens to the connection then.
    """

    raw: bytes = b""
    until: asyncio.Event | None = None
    unread: bool = False
    ending: str = "keep"


Script = Reply | Callable[[Request], Reply]


def answer(
    body: object = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
    until: asyncio.Event | None = None,
) -> Reply:
    """A whole answer: bytes and text as they are, anything else as JSON. `length` lies about the length."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = {"content-type": "application/json", "content-length": str(len(content) if length is None else length)}
    raw = _head(status, head | dict(headers or {})) + content
    return Reply(raw=raw, until=until, ending="keep" if length is None or length > len(content) else "close")


def truncated(body: object, *, status: int = 200) -> Reply:
    """An answer that ends, by a clean close, at half of its stated length."""
    whole = answer(body, status=status).raw
    head, content = whole.split(b"\r\n\r\n", 1)
    return Reply(raw=head + b"\r\n\r\n" + content[: len(content) // 2], ending="close")


def reset(*, before_body: bool = False, after: bytes = b"") -> Reply:
    """A TCP reset: before the request's body is read, or after it and after some bytes of an answer."""
    return Reply(unread=before_body, raw=after, ending="reset")


def hang_up() -> Reply:
    """Reads the request and closes the connection without a word."""
    return Reply(ending="close")


def garbage(raw: bytes = b"\x16\x03\x01 this is no HTTP\r\n\r\n") -> Reply:
    """Something that is not HTTP."""
    return Reply(raw=raw, ending="close")


def stall(*, after: bytes = b"") -> Reply:
    """Reads the request, perhaps begins an answer, and says nothing more until the other side gives up."""
    return Reply(raw=after, ending="hold")


def drip() -> Reply:
    """An answer that never stops coming, a byte at a time, fast enough for any clock that starts anew with each."""
    return Reply(raw=_head(200, {"content-type": "application/json", "transfer-encoding": "chunked"}), ending="drip")


@dataclass
class Peer:
    """A scripted HTTP/1.1 server on 127.0.0.1. `accepted` counts connections, `requests` holds requests in their order.

    Args:
        script: One entry a request.
        then: For every request after the script.
        tls: Speak TLS with this.
        refusing: Hold the port without listening, so that connections are refused until `listen()`.
    """

    script: Iterable[Script] = ()
    then: Script | None = None
    tls: ssl.SSLContext | None = None
    refusing: bool = False
    requests: list[Request] = field(default_factory=list[Request])
    accepted: int = 0
    unexpected: int = 0

    async def __aenter__(self) -> Self:
        self._left = list(self.script)
        self._closing = asyncio.Event()
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        if not self.refusing:
            await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def listen(self, *_: object) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._accept, sock=self._socket, ssl=self.tls)

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            while await self._serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the other side went away, as it may
        except asyncio.CancelledError:
            if not self._closing.is_set():
                raise
        finally:
            self._handlers.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection lives on."""
        request, length = _parsed(await reader.readuntil(b"\r\n\r\n"))
        entry = self._next()
        if not (isinstance(entry, Reply) and entry.unread):
            request = Request(request.method, request.target, request.headers, await reader.readexactly(length))
        self.requests.append(request)
        reply = entry if isinstance(entry, Reply) else entry(request)
        if reply.until is not None:
            await reply.until.wait()
        writer.write(reply.raw)
        await writer.drain()
        return await self._end(reply.ending, reader, writer)

    async def _end(self, ending: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if ending == "hold":
            await reader.read()
        elif ending == "drip":
            while not self._closing.is_set() and not writer.transport.is_closing():
                writer.write(b"1\r\n \r\n")
                await writer.drain()
                await asyncio.sleep(0)
        elif ending == "reset":
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif ending == "close":
            writer.close()
            await writer.wait_closed()
        return ending == "keep"

    def _next(self) -> Script:
        if self._left:
            return self._left.pop(0)
        if self.then is not None:
            return self.then
        self.unexpected += 1
        return answer({"message": "the script is over"}, status=599)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _parsed(head: bytes) -> tuple[Request, int]:
    line, *rest = head.decode("latin-1").strip().split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, value in (row.split(":", 1) for row in rest)}
    return Request(method, target, headers, b""), int(headers.get("content-length", "0"))
