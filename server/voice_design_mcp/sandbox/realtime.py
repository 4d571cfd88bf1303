"""GET /api-ws/v1/realtime?model=…: speech as the text arrives, in the vendor's realtime events.

What the documents leave open is decided so: an `error` leaves the connection open; a session is updated once, and an
update that was refused does not count; under server_commit every whole sentence is a response of its own; each response
is a sound file of its own; text that was never committed is spoken at the end.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import parse_qs

import anyio
from anyio import to_thread
from starlette.websockets import WebSocket

from voice_design_mcp.sandbox import realtime_events as events
from voice_design_mcp.sandbox.answers import RefusalError, invalid
from voice_design_mcp.sandbox.contract import REALTIME_MODELS
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.qwen import FAMILY
from voice_design_mcp.sandbox.segmenting import Segments
from voice_design_mcp.sandbox.speaking import Track, Utterance, spoken_language
from voice_design_mcp.sandbox.speech_contract import SessionUpdate, check_speakable, read_session
from voice_design_mcp.sandbox.state import Voice
from voice_design_mcp.sandbox.texts import billed_characters, check_moderation
from voice_design_mcp.sandbox.wire import GoneError, Turn, Wire

PATH = "/api-ws/v1/realtime"

_NORMAL, _INVALID_DATA = 1000, 1007
_NO_MODEL_PATIENCE_S = 1.0
_UPDATED_ALREADY = "Session update error: session already started or finished or failed."
_NOTHING_TO_COMMIT = "Error committing input text buffer: buffer is empty."


async def converse(peer: Peer, websocket: WebSocket) -> None:
    """Holds one session. A wrong model is accepted at first and closes the connection with 1007."""
    wire = Wire(websocket, peer.script)
    if not await wire.open("realtime"):
        return
    model = _model(websocket)
    with suppress(GoneError):
        if model not in REALTIME_MODELS:
            # With the first event, as the official SDK expects it; a client that waits for ours is told all the same.
            with anyio.move_on_after(_NO_MODEL_PATIENCE_S), suppress(RefusalError):
                await wire.receive()
            await wire.close(_INVALID_DATA, "Model not found")
        await _Session(peer, wire, model).run()


def _model(websocket: WebSocket) -> str:
    """The model in the address; the official SDK appends `?model=` even to an address that has it."""
    named = parse_qs(websocket.url.query).get("model", [""])[0]
    return named.partition("?")[0]


class _Session:
    def __init__(self, peer: Peer, wire: Wire, model: str) -> None:
        self._peer = peer
        self._wire = wire
        self._model = model
        self._id = events.new_id("sess")
        self._update: SessionUpdate | None = None
        self._voice: Voice | None = None
        self._segments = Segments()
        self._held = ""
        self._started = False
        self._finished = False
        self._cancelled = False
        self._committed, self._to_speak = anyio.create_memory_object_stream[str](math.inf)
        self._actions: dict[str, Callable[[Fields], Awaitable[None]]] = {
            "session.update": self._on_update,
            "input_text_buffer.append": self._on_append,
            "input_text_buffer.commit": self._on_commit,
            "input_text_buffer.clear": self._on_clear,
            "response.cancel": self._on_cancel,
            "session.finish": self._on_finish,
        }

    async def run(self) -> None:
        """Listens and speaks at the same time, until either ends."""
        async with self._committed, self._to_speak, anyio.create_task_group() as tasks:
            for work in (self._listen, self._speak):
                tasks.start_soon(self._until_gone, work, tasks.cancel_scope)

    async def _until_gone(self, work: Callable[[], Awaitable[None]], scope: anyio.CancelScope) -> None:
        with suppress(GoneError):
            await work()
        scope.cancel()

    async def _listen(self) -> None:
        await self._wire.send(events.session_created(self._id, self._model))
        while True:
            try:
                event = await self._wire.receive()
                if self._finished:
                    raise invalid("The session is finishing.")
                await self._actions[event.choice("type", tuple(self._actions))](event)
            except RefusalError as refusal:
                await self._tell(refusal)

    async def _on_update(self, event: Fields) -> None:
        if self._update is not None or self._started:
            raise invalid(_UPDATED_ALREADY)
        update = read_session(event.section("session", required=True))
        voice = await to_thread.run_sync(lambda: self._peer.state.voice(FAMILY, update.voice, now=self._peer.now()))
        if voice is None or voice.target_model != self._model:
            raise _unsupported(update.voice)
        self._update, self._voice = update, voice
        await self._wire.send(events.session_updated(self._id, self._model, update.shown))

    async def _on_append(self, event: Fields) -> None:
        text = event.text("text")
        if self._update is not None and self._update.mode == "commit":
            self._held += text
            return
        for sentence in self._segments.feed(text):
            self._commit(sentence)

    async def _on_commit(self, _event: Fields) -> None:
        text = self._rest()
        if not text.strip():
            raise invalid(_NOTHING_TO_COMMIT)
        self._commit(text)

    async def _on_clear(self, _event: Fields) -> None:
        self._rest()
        await self._wire.send(events.event("input_text_buffer.cleared"))

    async def _on_cancel(self, _event: Fields) -> None:
        self._cancelled = True

    async def _on_finish(self, _event: Fields) -> None:
        self._finished = True
        if (text := self._rest()).strip():
            self._commit(text)
        self._committed.close()

    def _rest(self) -> str:
        held, self._held = self._held, ""
        return held + self._segments.rest()

    def _commit(self, text: str) -> None:
        self._started = True
        self._committed.send_nowait(text)

    async def _speak(self) -> None:
        async for text in self._to_speak:
            try:
                await self._respond(text)
            except RefusalError as refusal:
                await self._tell(refusal)
        await self._wire.send(events.event("session.finished"))
        await self._wire.close(_NORMAL)

    async def _respond(self, text: str) -> None:
        await self._wire.send(events.event("input_text_buffer.committed", item_id=""))
        update, voice = self._update, self._voice
        if update is None or voice is None:
            raise _unsupported(events.DEFAULT_VOICE)
        check_speakable(text)
        check_moderation(text)
        turn = await self._wire.turn()
        if turn is None:
            return
        manner = update.manner
        track = self._peer.speaker.track(voice.spec, manner.form, rate=manner.rate, pitch=manner.pitch)
        utterance = track.begin(text, manner.language or spoken_language(text, voice.language, declared=False))
        try:
            await self._play(turn, track, utterance, billed_characters(text), voice)
        finally:
            with anyio.CancelScope(shield=True):
                await utterance.close()

    async def _play(self, turn: Turn, track: Track, utterance: Utterance, characters: int, voice: Voice) -> None:
        self._cancelled = False
        piece = await utterance.next()
        await to_thread.run_sync(lambda: self._peer.state.bill_speech(voice.voice, characters, now=self._peer.now()))
        await self._wire.billed(turn)
        response = events.ResponseEvents(voice.voice)
        await self._send_all(response.opening())
        status = "failed"
        try:
            while piece and not self._cancelled:
                await self._wire.send(response.delta(base64.b64encode(piece).decode("ascii")))
                piece = await utterance.next()
            if not self._cancelled and (tail := await track.finish()):
                await self._wire.send(response.delta(base64.b64encode(tail).decode("ascii")))
            status = "incomplete" if self._cancelled else "completed"
        finally:
            await self._send_all(response.closing(status, characters))

    async def _send_all(self, of_response: list[events.Event]) -> None:
        for event in of_response:
            await self._wire.send(event)

    async def _tell(self, refusal: RefusalError) -> None:
        code = "invalid_value" if refusal.code == "InvalidParameter" else refusal.code
        await self._wire.send(events.error(code, refusal.message))


def _unsupported(voice: str) -> RefusalError:
    return invalid(f"The requested voice '{voice}' is not supported.")
