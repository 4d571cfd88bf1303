"""GET /api-ws/v1/inference: tasks that speak text as it arrives: run-task, continue-task, finish-task.

What the documents leave open is decided so: a voice is checked with run-task; a failed task closes its connection with
1007; a sentence is spoken when it is whole, and what is left of the text at a flush and at the end; a cancelled task
ends as a finished one does; all of a task is one sound file. A voice that is DEPLOYING gives a finished task without a
sound, and no bill.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import anyio
from starlette.websockets import WebSocket

from voice_design_mcp.sandbox import inference_events as events
from voice_design_mcp.sandbox.answers import RefusalError, invalid
from voice_design_mcp.sandbox.enrollment import speaking_voice
from voice_design_mcp.sandbox.enrollment_contract import ENROLLMENT_TARGETS
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.inference_task import Task
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.speech_contract import read_order
from voice_design_mcp.sandbox.wire import GoneError, Wire

PATH = "/api-ws/v1/inference"

_INVALID_DATA = 1007
_NO_MODEL = "Missing required parameter 'payload.model'! Please follow the protocol!"


async def converse(peer: Peer, websocket: WebSocket) -> None:
    """Runs one task after the other on one connection."""
    wire = Wire(websocket, peer.script)
    if await wire.open("inference"):
        await _Connection(peer, wire).run()


class _Connection:
    def __init__(self, peer: Peer, wire: Wire) -> None:
        self._peer = peer
        self._wire = wire
        self._task: Task | None = None
        self._task_id = ""
        self._actions: dict[str, Callable[[Fields], Awaitable[None]]] = {
            "run-task": self._on_run,
            "continue-task": self._on_continue,
            "finish-task": self._on_finish,
        }

    async def run(self) -> None:
        """Listens and speaks at the same time, until the connection ends."""
        async with anyio.create_task_group() as self._tasks:
            await self._until_gone(self._listen)
        if self._task is not None:
            self._task.close()

    async def _until_gone(self, work: Callable[[], Awaitable[None]]) -> None:
        """Ends the whole conversation when the connection is gone; what cannot be done fails the task, and ends it too."""
        with suppress(GoneError):
            try:
                await work()
                return
            except RefusalError as refusal:
                await self._wire.send(events.failed(self._task_id, refusal.code, refusal.message))
                await self._wire.close(_INVALID_DATA)
        self._tasks.cancel_scope.cancel()

    async def _listen(self) -> None:
        while True:
            event = await self._next()
            header = event.section("header", required=True)
            action = self._actions[header.choice("action", tuple(self._actions))]
            task_id = header.string("task_id")
            if self._task is None:
                self._task_id = task_id
            elif task_id != self._task_id:
                raise invalid(f"The task {self._task_id} is running on this connection. Please follow the protocol!")
            await action(event.section("payload", required=True))

    async def _next(self) -> Fields:
        if self._task is None or not self._task.takes_text:
            return await self._wire.receive()
        limit_s = self._peer.idle_limit_s
        try:
            with anyio.fail_after(limit_s):
                return await self._wire.receive()
        except TimeoutError:
            raise RefusalError(400, "CLIENT_ERROR", f"request timeout after {limit_s:g} seconds.") from None

    async def _on_run(self, payload: Fields) -> None:
        if self._task is not None:
            raise invalid("A task is running already. Please follow the protocol!")
        if not payload.has("model"):
            raise invalid(_NO_MODEL)
        for name, value in {"task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}.items():
            payload.choice(name, (value,))
        parameters = payload.section("parameters")
        parameters.choice("text_type", ("PlainText", "SSML"), "PlainText")
        order = read_order(payload.model(ENROLLMENT_TARGETS), parameters)
        voice = await speaking_voice(self._peer, order.model, order.voice)
        self._task = Task(self._task_id, order, voice)
        await self._wire.send(events.started(self._task_id))
        self._tasks.start_soon(self._until_gone, partial(self._speak, self._task))

    async def _on_continue(self, payload: Fields) -> None:
        task = self._running()
        asked = payload.section("input", required=True)
        if asked.has("text"):
            task.take(asked.text("text"))
        elif not asked.flag("flush"):
            raise invalid("Invalid payload data")
        if asked.flag("flush"):
            task.flush()

    async def _on_finish(self, payload: Fields) -> None:
        task = self._running()
        cancelled = payload.section("input").choice("directive", ("cancel", "none"), "none") == "cancel"
        task.finish(cancelled=cancelled)

    def _running(self) -> Task:
        if self._task is None or not self._task.takes_text:
            raise invalid("No task takes text now. Please follow the protocol!")
        return self._task

    async def _speak(self, task: Task) -> None:
        await task.speak(self._peer, self._wire)
        task.close()
        self._task = None
        await self._wire.send(events.finished(task.task_id, task.characters))
