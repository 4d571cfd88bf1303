"""The fault script at work: which fault is next, and which answers are being held. Knows no vendor operation's content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import RefusalError, refused
from voice_design_mcp.sandbox.faults import Fault, Operation, read_script, show_script
from voice_design_mcp.sandbox.spoiling import HungUp, Spoiled

Work = Callable[[], Awaitable[Response]]


class FaultScript:
    """The faults still to come and the answers being held, of one served or mounted sandbox."""

    def __init__(self) -> None:
        self._left: list[Fault] = []
        self._held: list[anyio.Event] = []
        self._arrival = anyio.Event()
        self._closed = False

    def add(self, raw: bytes, *, served: bool) -> None:
        """Appends a script; `ValueError` if it is not one."""
        self._left += read_script(raw, served=served)

    def report(self) -> dict[str, Any]:
        """What is left of the script, and how many answers are held now."""
        return {"faults": show_script(self._left), "held": len(self._held)}

    def clear(self) -> None:
        """Forgets what is left; what is held stays held."""
        self._left.clear()

    def release(self) -> int:
        """Lets everything held go on; how many that were."""
        released = len(self._held)
        for gate in self._held:
            gate.set()
        self._held.clear()
        return released

    def close(self) -> None:
        """Ends everything held without letting it go on: the server stops."""
        self._closed = True
        self.release()

    async def until_held(self, count: int, limit_s: float) -> None:
        """Returns when `count` answers are held, at the latest after `limit_s`."""
        with anyio.move_on_after(limit_s):
            while len(self._held) < count:
                await self._arrival.wait()

    async def hold(self, limit_s: float) -> bool:
        """Waits until released, at most `limit_s`; false if the server stops instead."""
        if limit_s > 0 and not self._closed:
            gate = anyio.Event()
            self._held.append(gate)
            self._arrival.set()
            self._arrival = anyio.Event()
            try:
                with anyio.move_on_after(limit_s):
                    await gate.wait()
            finally:
                if gate in self._held:
                    self._held.remove(gate)
        return not self._closed

    async def perform(self, operation: Operation, work: Work) -> Response:
        """Runs an operation as the script wants it: its answer, another, or a damaged one."""
        fault = self.take(operation)
        if fault is None:
            return await _finish(work)
        answer = await _finish(work) if fault.when == "after" else None
        if not await self.hold(fault.hold_s):
            return HungUp()
        if answer is None and fault.lets_it_happen:
            answer = await _finish(work)
        if answer is None or fault.scripted:
            answer = fault.answer(operation)
        for name, value in fault.headers.items():
            answer.headers[name] = value
        return Spoiled(answer, fault.damage, self.hold) if fault.damage else answer

    def take(self, operation: Operation, *, websocket: bool = False) -> Fault | None:
        """The fault that is next for an operation, which is then used up once more."""
        for index, fault in enumerate(self._left):
            if fault.match.operation in (operation, "*") and (websocket or fault.action != "close"):
                rest = [fault.model_copy(update={"times": fault.times - 1})] if fault.times > 1 else []
                self._left[index : index + 1] = rest
                return fault
        return None


async def _finish(work: Work) -> Response:  # pyright: ignore[reportReturnType]  nobody cancels this scope, so it swallows nothing
    """An operation that began ends, as the vendor's does, whether or not its caller still waits."""
    with anyio.CancelScope(shield=True):
        try:
            return await work()
        except RefusalError as refusal:
            return refused(refusal)
