"""A vendor's WebSocket on loopback: one conversation for each connection, written as a coroutine over a Line.

    async with Talker(realtime([b"sound"])) as talker:
        ... speak over talker.origin ...
    assert talker.lines[0].heard == [{"type": "session.update", ...}, ...]

`realtime` and `inference` are conversations as the documents have them; `Cut` breaks any of them off at a frame.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)


class OverError(Exception):
    """This line says nothing more."""


@dataclass(frozen=True)
class Cut:
    """Where and how a line breaks off: before its frame of this number (from 0) is sent."""

    before: int
    ending: str


@dataclass
class Line:
    """The vendor's end of one connection. `sent` counts its frames, `heard` holds the client's events in their order."""

    request: Request
    wire: WSConnection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cut: Cut | None = None
    sent: int = 0
    sound_sent: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ended: str = ""
    _events: list[Event] = field(default_factory=list[Event])

    async def say(self, **event: Any) -> None:
        await self._frame(TextMessage(json.dumps(event)))

    async def tell(self, text: str) -> None:
        """A text frame, whatever it holds."""
        await self._frame(TextMessage(text))

    async def sound(self, data: bytes) -> None:
        await self._frame(BytesMessage(data))
        self.sound_sent += len(data)

    async def hear(self) -> dict[str, Any]:
        """The client's next event."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, TextMessage):
                    self.heard.append(json.loads(event.data))
                    return self.heard[-1]
                if isinstance(event, Ping):
                    self.writer.write(self.wire.send(event.response()))
                if isinstance(event, CloseConnection):
                    self.ended = f"close {event.code}"
                    raise OverError
            await self._read()

    async def end(self, ending: str) -> None:
        """Break off: close-CODE[ REASON], drop, reset, hold, or nonsense."""
        if ending.startswith("close-"):
            code, _, reason = ending.removeprefix("close-").partition(" ")
            self.writer.write(self.wire.send(CloseConnection(int(code), reason or None)))
            await self.writer.drain()
        elif ending == "nonsense":
            self.writer.write(b"\xff\x00 this is no frame")
            await self.writer.drain()
        elif ending == "reset":
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.writer.transport.abort()
        elif ending == "hold":
            await self.until_gone()
        raise OverError

    async def until_gone(self) -> None:
        """Listen until the other side has left."""
        with suppress(OverError, ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self.hear()

    async def _frame(self, event: Event) -> None:
        if self.cut is not None and self.sent == self.cut.before:
            await self.end(self.cut.ending)
        self.writer.write(self.wire.send(event))
        await self.writer.drain()
        self.sent += 1

    async def _read(self) -> None:
        data = await self.reader.read(65536)
        if not data:
            self.ended = "drop"
            raise OverError
        self.wire.receive_data(data)
        self._events.extend(self.wire.events())


Conversation = Callable[[Line], Awaitable[None]]


@dataclass(frozen=True)
class Refusal:
    """An answer in place of the handshake."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class Talker:
    """A scripted WebSocket server on 127.0.0.1.

    Args:
        conversation: What each connection is, or a refusal to have one.
        then: The same for every connection after the first.
        cut: Where each line breaks off.
        headers: Sent with every accepted handshake.
    """

    conversation: Conversation | Refusal
    then: Conversation | Refusal | None = None
    cut: Cut | None = None
    headers: Sequence[tuple[str, str]] = ()
    lines: list[Line] = field(default_factory=list[Line])
    accepted: int = 0

    async def __aenter__(self) -> Self:
        self._handlers: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.accepted += 1
        conversation = self.conversation if self.accepted == 1 or self.then is None else self.then
        try:
            await self._converse(conversation, reader, writer)
        except (OverError, ConnectionError, asyncio.IncompleteReadError):
            pass  # as the script wants it, or as the other side may
        except asyncio.CancelledError:
            if self._server.is_serving():
                raise
        finally:
            self._handlers.discard(task)
            writer.close()

    async def _converse(
        self, conversation: Conversation | Refusal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wire = WSConnection(ConnectionType.SERVER)
        wire.receive_data(await reader.readuntil(b"\r\n\r\n"))
        request = next(iter(wire.events()))
        assert isinstance(request, Request)
        if isinstance(conversation, Refusal):
            headers = [(name.encode(), value.encode()) for name, value in conversation.headers.items()]
            length = (b"content-length", str(len(conversation.body)).encode())
            refused = RejectConnection(
                status_code=conversation.status, headers=[*headers, length], has_body=bool(conversation.body)
            )
            writer.write(wire.send(refused))
            if conversation.body:
                writer.write(wire.send(RejectData(conversation.body)))
            await writer.drain()
            return
        headers = [(name.encode(), value.encode()) for name, value in self.headers]
        writer.write(wire.send(AcceptConnection(extra_headers=headers)))
        await writer.drain()
        line = Line(request, wire, reader, writer, self.cut)
        self.lines.append(line)
        await conversation(line)


def realtime(
    *responses: Sequence[bytes], characters: int | None = 7, status: str = "completed", stays: bool = False
) -> Conversation:
    """A realtime session that speaks these responses, each in these pieces, for the text or for each commit of it."""

    async def converse(line: Line) -> None:
        await line.say(type="session.created", session={"id": "sess_1", "voice": "Cherry"})
        update = await line.hear()
        assert update["type"] == "session.update"
        await line.say(type="session.updated", session={"id": "sess_1", **update["session"]})
        spoken = list(responses)
        while (event := await line.hear())["type"] != "session.finish":
            if event["type"] == "input_text_buffer.commit":
                await respond(line, spoken.pop(0))
        for response in spoken:
            await respond(line, response)
        await line.say(type="session.finished")
        await (line.until_gone() if stays else line.end("close-1000"))

    async def respond(line: Line, pieces: Sequence[bytes]) -> None:
        await line.say(type="input_text_buffer.committed", item_id="")
        await line.say(type="response.created", response={"status": "in_progress"})
        await line.say(type="response.output_item.added", item={})
        await line.say(type="response.content_part.added", part={"type": "audio"})
        for piece in pieces:
            await line.say(type="response.audio.delta", delta=base64.b64encode(piece).decode())
            line.sound_sent += len(piece)
        await line.say(type="response.audio.done")
        await line.say(type="response.content_part.done")
        await line.say(type="response.output_item.done")
        usage = {} if characters is None else {"usage": {"characters": characters}}
        await line.say(type="response.done", response={"status": status, **usage})

    return converse


def inference(*sentences: Sequence[bytes], characters: int | None = 7, told_at_the_end: bool = True) -> Conversation:
    """A task that speaks these sentences, each in these pieces, and counts so many characters for each."""

    async def converse(line: Line) -> None:
        run = await line.hear()
        assert run["header"]["action"] == "run-task"
        head: dict[str, Any] = {"task_id": run["header"]["task_id"], "attributes": {}}
        await line.say(header={**head, "event": "task-started"}, payload={})
        while (await line.hear())["header"]["action"] != "finish-task":
            pass
        counted = 0
        result = {**head, "event": "result-generated"}
        for index, pieces in enumerate(sentences):
            sentence: dict[str, Any] = {"sentence": {"index": index, "words": []}}
            await line.say(header=result, payload={"output": {**sentence, "type": "sentence-begin"}})
            for piece in pieces:
                await line.say(header=result, payload={"output": {**sentence, "type": "sentence-synthesis"}})
                await line.sound(piece)
            counted += characters or 0
            usage = {} if characters is None else {"usage": {"characters": counted}}
            await line.say(header=result, payload={"output": {**sentence, "type": "sentence-end"}, **usage})
        attributes = {"request_uuid": "uuid-1"} if told_at_the_end else {}
        usage = {"usage": {"characters": counted}} if told_at_the_end and characters is not None else {}
        await line.say(header={**head, "event": "task-finished", "attributes": attributes}, payload=usage)
        await line.until_gone()

    return converse
