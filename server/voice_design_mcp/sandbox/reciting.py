"""Sentences to sound, step by step, as the vendor tells it: a sentence begins, is spoken piece by piece, ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass

import anyio

from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.speaking import spoken_language
from voice_design_mcp.sandbox.speech_contract import Manner
from voice_design_mcp.sandbox.state import Voice

BEGIN, SYNTHESIS, END = "sentence-begin", "sentence-synthesis", "sentence-end"


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next: `kind` is one of the three; `sound` comes with every `SYNTHESIS` and no other."""

    kind: str
    index: int
    sentence: str
    sound: bytes = b""


class Recital:
    """One sound file that a voice speaks, sentence by sentence."""

    def __init__(self, peer: Peer, voice: Voice, manner: Manner) -> None:
        self._track = peer.speaker.track(voice.spec, manner.form, rate=manner.rate, pitch=manner.pitch)
        self._voice = voice
        self._language = manner.language

    async def steps(self, sentences: AsyncIterable[str], is_last: Callable[[], bool]) -> AsyncGenerator[Step]:
        """Speaks; ending the generator early ends the engine's work.

        A sentence begins when the engine has begun: one that cannot be spoken has no steps.

        Args:
            sentences: As they come.
            is_last: Whether it is known that none follows. The end of the file belongs to the last sentence; where that
                is not known in time, it comes as one more piece of it, after its end.

        Raises:
            RefusalError: A sentence cannot be spoken.
        """
        index, sentence, is_open = -1, "", False
        async for sentence in sentences:
            index, is_open = index + 1, True
            utterance = self._track.begin(sentence, self._language_of(sentence))
            try:
                piece = await utterance.next()
                yield Step(BEGIN, index, sentence)
                while piece:
                    yield Step(SYNTHESIS, index, sentence, piece)
                    piece = await utterance.next()
            finally:
                with anyio.CancelScope(shield=True):
                    await utterance.close()
            if is_last():
                is_open = False
                if tail := await self._track.finish():
                    yield Step(SYNTHESIS, index, sentence, tail)
            yield Step(END, index, sentence)
        if is_open and (tail := await self._track.finish()):
            yield Step(SYNTHESIS, index, sentence, tail)

    async def whole(self) -> bytes:
        """The whole file, when every step was taken; nothing, if there were none."""
        return await self._track.whole()

    def _language_of(self, sentence: str) -> str:
        return self._language or spoken_language(sentence, self._voice.language, declared=False)
