"""One task of an inference connection: the text it takes, the sentences it speaks, what they cost."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
from anyio import to_thread

from voice_design_mcp.sandbox import inference_events as events
from voice_design_mcp.sandbox.answers import invalid
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.reciting import BEGIN, END, Recital, Step
from voice_design_mcp.sandbox.segmenting import Segments
from voice_design_mcp.sandbox.speech_contract import MAX_TASK_CHARACTERS, Order, check_speakable, read_text
from voice_design_mcp.sandbox.state import Voice
from voice_design_mcp.sandbox.texts import billed_characters, is_speakable
from voice_design_mcp.sandbox.wire import Turn, Wire


class Task:
    """A task that was started. Text goes in while sentences come out.

    Args:
        task_id: The client's name for it.
        order: How to speak.
        voice: Who speaks.
    """

    def __init__(self, task_id: str, order: Order, voice: Voice) -> None:
        self.task_id = task_id
        self.characters = 0
        self.takes_text = True
        self._order = order
        self._voice = voice
        self._texts = 0
        self._taken = 0
        self._cancelled = False
        self._turn = Turn()
        self._segments = Segments()
        self._whole, self._to_speak = anyio.create_memory_object_stream[str](math.inf)

    def take(self, text: str) -> None:
        """Takes the next text. One that may have markup is all that its task takes, and is spoken at once."""
        if self._order.ssml and self._texts:
            raise invalid("Text request limit violated, expected 1.")
        text = read_text(self._order, text)
        self._texts += 1
        self._taken += billed_characters(text)
        if self._taken > MAX_TASK_CHARACTERS:
            raise invalid(f"The texts of a task should have at most {MAX_TASK_CHARACTERS} characters together.")
        for sentence in self._segments.feed(text):
            self._whole.send_nowait(sentence)
        if self._order.ssml:
            self.flush()

    def flush(self) -> None:
        """Has the text that is there spoken, whole sentence or not. A rest with nothing to say is neither spoken nor billed."""
        rest = self._segments.rest()
        if is_speakable(rest):
            self._whole.send_nowait(rest)
        elif rest.strip() and self._taken == billed_characters(rest):
            check_speakable(rest)

    def finish(self, *, cancelled: bool) -> None:
        """Takes no more; what is left is spoken, unless the task is cancelled."""
        self.takes_text = False
        self._cancelled = cancelled
        if not cancelled:
            self.flush()
        self._whole.close()

    async def speak(self, peer: Peer, wire: Wire) -> None:
        """Speaks until there is no more text.

        Raises:
            RefusalError: A sentence cannot be spoken; the task has failed.
            GoneError: The connection has ended.
        """
        recital = Recital(peer, self._voice, self._order.manner)
        async with aclosing(recital.steps(self._sentences(wire), self._is_last)) as steps:
            async for step in steps:
                if self._cancelled:
                    return
                if step.kind == BEGIN:
                    await self._bill(peer, wire, step)
                await wire.send(self._event(step), step.sound)

    def close(self) -> None:
        """Forgets the text; the task has ended."""
        self._whole.close()
        self._to_speak.close()

    async def _sentences(self, wire: Wire) -> AsyncGenerator[str]:
        """The sentences to be spoken; the script has its say before the first. None, while the voice has no sound."""
        asked = False
        async for sentence in self._to_speak:
            if self._voice.status != "OK":
                continue
            if not asked:
                asked, turn = True, await wire.turn()
                if turn is None:
                    continue
                self._turn = turn
            yield sentence

    def _is_last(self) -> bool:
        return not self.takes_text and not self._to_speak.statistics().current_buffer_used

    async def _bill(self, peer: Peer, wire: Wire, step: Step) -> None:
        characters = billed_characters(step.sentence)
        await to_thread.run_sync(lambda: peer.state.bill_speech(self._voice.voice, characters, now=peer.now()))
        self.characters += characters
        turn, self._turn = self._turn, Turn()
        await wire.billed(turn)

    def _event(self, step: Step) -> events.Event:
        shown = step.sentence.strip()
        if step.kind == BEGIN:
            return events.sentence_begin(self.task_id, step.index, shown)
        if step.kind == END:
            return events.sentence_end(self.task_id, step.index, shown, self.characters)
        return events.sentence_synthesis(self.task_id, step.index)
