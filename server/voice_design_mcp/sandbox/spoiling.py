"""What happens to an answer that a fault spoils, byte by byte. Knows neither the script nor any operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from voice_design_mcp.sandbox.connection import connection_of

GARBAGE = b"\xff\xfe<garbage>\x00{{{"
DRIPS = 8

Hold = Callable[[float], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Damage:
    """What to do to an answer: `action` of the fault table, `hold_s` where it waits, `frame` of an event stream.

    A WebSocket is closed with `close_code` and `reason`.
    """

    action: str
    hold_s: float
    frame: int
    close_code: int
    reason: str


class HungUp(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's signature
        """Resets the connection."""
        await connection_of(scope).reset()


class Spoiled(Response):
    """An answer on its way to damage.

    Args:
        answer: The answer as it would have been.
        damage: What becomes of it.
        hold: Waits until released, at most so many seconds; false if the server stops instead.
    """

    def __init__(self, answer: Response, damage: Damage, hold: Hold) -> None:
        super().__init__()
        self._answer = answer
        self._damage = damage
        self._hold = hold

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Gives the damaged answer."""
        if (self._answer.media_type or "").startswith("text/event-stream"):
            stream = _SpoiledStream(self._damage, self._hold, scope, send)
            await self._answer(scope, receive, stream.send)
            return
        start, body = await _collected(self._answer, scope, receive)
        await self._spoil(start, body, scope, send)

    async def _spoil(self, start: Message, body: bytes, scope: Scope, send: Send) -> None:
        half = len(body) // 2
        match self._damage.action:
            case "reset":
                await connection_of(scope).reset()
            case "truncate":
                await send(start)
                await send(_part(body[:half]))
                await connection_of(scope).close()
            case "stall":
                await self._in_parts(start, [body[:half], body[half:]], scope, send)
            case "drip":
                step = max(1, -(-len(body) // DRIPS))
                await self._in_parts(start, [body[at : at + step] for at in range(0, len(body), step)], scope, send)
            case "garbage":
                await _whole(start, GARBAGE, send)
            case _:
                await _whole(start, body[:half], send)

    async def _in_parts(self, start: Message, parts: list[bytes], scope: Scope, send: Send) -> None:
        await send(start)
        for index, part in enumerate(parts):
            if index and not await self._hold(self._damage.hold_s):
                await connection_of(scope).reset()
                return
            await send(_part(part))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _SpoiledStream:
    """A `send` that lets some events through and damages the next, or every one that follows."""

    def __init__(self, damage: Damage, hold: Hold, scope: Scope, send: Send) -> None:
        self._damage = damage
        self._hold = hold
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._events = 0

    async def send(self, message: Message) -> None:
        """Passes a message on, damaged if it is its turn."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._events += bool(message.get("body"))
        spoils = self._events == self._damage.frame + 1 and bool(message.get("body"))
        if self._start is not None and not (spoils and self._damage.action == "reset"):
            await self._send(self._start)
            self._start = None
        if spoils:
            message = await self._spoil(message)
        elif self._damage.action == "drip" and self._events > 1:
            await self._wait()
        await self._send(message)

    async def _spoil(self, message: Message) -> Message:
        body = message["body"]
        match self._damage.action:
            case "reset":
                await connection_of(self._scope).reset()
            case "truncate":
                await connection_of(self._scope).close()
            case "garbage":
                return {**message, "body": GARBAGE + b"\n\n"}
            case "wrong_length":
                return {**message, "body": body[: len(body) // 2] + b"\n\n"}
            case _:
                await self._wait()
        return message

    async def _wait(self) -> None:
        if not await self._hold(self._damage.hold_s):
            await connection_of(self._scope).reset()


async def _collected(answer: Response, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await answer(scope, receive, collect)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


async def _whole(start: Message, body: bytes, send: Send) -> None:
    length = (b"content-length", b"%d" % len(body))
    headers = [header for header in start["headers"] if header[0] != b"content-length"]
    await send({**start, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
