"""One WebSocket, as the fault script wants it: its handshake, its frames out, counted, and its end. Knows no protocol.

The fault table is in `faults`. On a WebSocket a frame is what one message is, text or binary.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import anyio
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_design_mcp.sandbox.answers import INVALID_BODY, RefusalError, invalid
from voice_design_mcp.sandbox.connection import connection_of
from voice_design_mcp.sandbox.faults import Fault, Operation
from voice_design_mcp.sandbox.fields import Fields, read_body
from voice_design_mcp.sandbox.script import FaultScript
from voice_design_mcp.sandbox.spoiling import GARBAGE, Damage

_LINGER_S = 5.0
_CUTS = ("reset", "truncate", "close")
_CLOSED = (WebSocketDisconnect, RuntimeError, anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream)


class GoneError(Exception):
    """The connection has ended; nothing more can be sent or received."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the script wants of one synthesis that may begin: nothing, unless `fault` is there."""

    fault: Fault | None = None


class Wire:
    """One connection. Several tasks may send; what one call sends is not torn apart."""

    def __init__(self, websocket: WebSocket, script: FaultScript) -> None:
        self._websocket = websocket
        self._script = script
        self._lock = anyio.Lock()
        self._sent = 0
        self._damage: Damage | None = None
        self._strikes_at = 0

    async def open(self, operation: Operation) -> bool:
        """Answers the handshake; false if the connection is over with it."""
        fault = self._script.take(operation, websocket=True)
        try:
            if fault is None:
                await self._websocket.accept()
            elif fault.scripted or (fault.when == "before" and not fault.lets_it_happen):
                await self._refuse_by(fault)
            else:
                if not await self._script.hold(fault.hold_s):
                    await self._cut("reset")
                await self._websocket.accept()
                self._expect(fault.damage)
        except (GoneError, *_CLOSED):
            return False
        return True

    async def deny(self, answer: Response) -> None:
        """Answers the handshake with an HTTP response instead."""
        start = {"type": "websocket.http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
        await self._websocket.send(start)
        await self._websocket.send({"type": "websocket.http.response.body", "body": bytes(answer.body)})

    async def receive(self) -> Fields:
        """The next event.

        Raises:
            RefusalError: It is none.
            GoneError: There is none any more.
        """
        try:
            message = await self._websocket.receive()
        except _CLOSED:
            raise GoneError from None
        if message["type"] != "websocket.receive":
            raise GoneError
        text = message.get("text")
        if text is None:
            raise invalid(INVALID_BODY)
        return read_body(text.encode("utf-8", "surrogatepass"))

    async def send(self, event: dict[str, Any], sound: bytes = b"") -> None:
        """Sends an event, and in a binary frame right behind it the sound that it announces, if there is any."""
        async with self._lock:
            await self._put(json.dumps(event, ensure_ascii=False))
            if sound:
                await self._put(sound)

    async def close(self, code: int, reason: str = "") -> NoReturn:
        """Closes the connection."""
        with suppress(*_CLOSED):
            await self._websocket.close(code, reason)
        raise GoneError

    async def turn(self) -> Turn | None:
        """Asks the script before a text is spoken. None: something else was sent in its place.

        Raises:
            RefusalError: The script refuses to speak it.
            GoneError: The connection was cut instead.
        """
        fault = self._script.take("synthesize", websocket=True)
        if fault is None or fault.when == "after":
            return Turn(fault)
        if not await self._script.hold(fault.hold_s):
            await self._cut("reset")
        if fault.lets_it_happen:
            self._expect(fault.damage)
            return Turn()
        if fault.action in _CUTS:
            await self._cut(fault.action, fault)
        if fault.damage is not None:
            self._damage, self._strikes_at = fault.damage, self._sent
        if fault.body is not None:
            async with self._lock:
                await self._put(fault.body)
            return None
        raise fault.refusal()

    async def billed(self, turn: Turn) -> None:
        """Tells the script that the text of this turn was billed: what it wanted after that comes now."""
        fault = turn.fault
        if fault is None:
            return
        if not await self._script.hold(fault.hold_s):
            await self._cut("reset")
        self._expect(fault.damage)
        if fault.scripted:
            raise fault.refusal()

    def _expect(self, damage: Damage | None) -> None:
        if damage is not None:
            self._damage, self._strikes_at = damage, self._sent + damage.frame

    async def _refuse_by(self, fault: Fault) -> None:
        if not await self._script.hold(fault.hold_s):
            await self._cut("reset")
        if fault.action == "close":
            await self._websocket.accept()
        if fault.action in _CUTS:
            await self._cut(fault.action, fault)
        answer = fault.answer()
        if fault.action == "garbage":
            answer.body = GARBAGE
        elif fault.action == "wrong_length":
            answer.body = bytes(answer.body)[: len(answer.body) // 2]
        answer.headers.update({**fault.headers, "content-length": str(len(answer.body))})
        await self.deny(answer)
        raise GoneError

    async def _put(self, frame: str | bytes) -> None:
        damage = self._damage
        if damage is not None and self._sent >= self._strikes_at:
            frame = await self._damaged(frame, damage)
        self._sent += 1
        try:
            if isinstance(frame, str):
                await self._websocket.send_text(frame)
            else:
                await self._websocket.send_bytes(frame)
        except _CLOSED:
            raise GoneError from None

    async def _damaged(self, frame: str | bytes, damage: Damage) -> str | bytes:
        if damage.action in _CUTS:
            await self._cut(damage.action, damage)
        if damage.action == "drip":
            if self._sent == self._strikes_at:
                return frame
        else:
            self._damage = None
        match damage.action:
            case "garbage":
                return GARBAGE if isinstance(frame, bytes) else GARBAGE.decode("utf-8", "replace")
            case "wrong_length":
                return frame[: len(frame) // 2]
            case _:
                if not await self._script.hold(damage.hold_s):
                    await self._cut("reset")
                return frame

    async def _cut(self, action: str, how: Fault | Damage | None = None) -> NoReturn:
        if action == "close" and how is not None:
            await self.close(how.close_code, how.reason)
        connection = connection_of(self._websocket.scope)
        if action != "truncate":
            await connection.reset()
            raise GoneError
        connection.end_output()
        # A socket that is closed with something unread is reset, and the peer may lose what it was sent before.
        with anyio.move_on_after(_LINGER_S), suppress(GoneError):
            while True:
                with suppress(RefusalError):
                    await self.receive()
        await connection.close()
        raise GoneError
