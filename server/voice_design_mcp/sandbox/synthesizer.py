"""POST /api/v1/services/audio/tts/SpeechSynthesizer: speech of the enrollment family, whole or as server-sent events.

Everything is asked in `input`. The text is billed whole when the engine has begun to speak it. A voice that is DEPLOYING
gives an empty file, and no bill.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import new_request_id, success
from voice_design_mcp.sandbox.audio import Address
from voice_design_mcp.sandbox.enrollment import speaking_voice
from voice_design_mcp.sandbox.enrollment_contract import ENROLLMENT_TARGETS
from voice_design_mcp.sandbox.fields import Fields, read_body
from voice_design_mcp.sandbox.peer import Peer, read_bytes
from voice_design_mcp.sandbox.reciting import END, Recital, Step
from voice_design_mcp.sandbox.segmenting import sentences_of
from voice_design_mcp.sandbox.speech_contract import Order, check_speakable, read_order, read_text
from voice_design_mcp.sandbox.sse import EventStream, framed, wants_events
from voice_design_mcp.sandbox.state import Voice
from voice_design_mcp.sandbox.texts import billed_characters

PATH = "/api/v1/services/audio/tts/SpeechSynthesizer"


async def synthesize(peer: Peer, request: Request) -> Response:
    """Speaks a text with a voice of the enrollment family, as the fault script wants."""
    body = read_body(await read_bytes(request))
    return await peer.script.perform("synthesize", partial(_synthesize, peer, request, body))


async def _synthesize(peer: Peer, request: Request, body: Fields) -> Response:
    order, voice, sentences = await _asked(peer, body)
    name, address = await to_thread.run_sync(peer.audio.address, request, order.manner.form.response_format)
    synthesis = _Synthesis(peer, Recital(peer, voice, order.manner), name, _Told(new_request_id(), address))
    steps = synthesis.steps(sentences)
    first = await anext(steps, None)
    characters = billed_characters("".join(sentences))
    if first is not None:
        await to_thread.run_sync(lambda: peer.state.bill_speech(voice.voice, characters, now=peer.now()))
    results = synthesis.results(first, steps)
    if wants_events(request):
        return EventStream(framed(results, synthesis.told.request_id))
    last: dict[str, Any] = {}
    async for last in results:  # noqa: B007  only the last one is answered
        pass
    return success(last["output"], last["usage"], request_id=synthesis.told.request_id)


async def _asked(peer: Peer, body: Fields) -> tuple[Order, Voice, list[str]]:
    """The order, its voice and the sentences to be spoken: none, where the voice has no sound yet."""
    model = body.model(ENROLLMENT_TARGETS)
    asked = body.section("input", required=True)
    order = read_order(model, asked)
    text = read_text(order, asked.string("text"))
    check_speakable(text)
    voice = await speaking_voice(peer, model, order.voice)
    return order, voice, sentences_of(text) if voice.status == "OK" else []


@dataclass(frozen=True, slots=True)
class _Told:
    """What one synthesis is called and where its audio will be."""

    request_id: str
    address: Address

    def step(self, step: Step, characters: int) -> dict[str, Any]:
        """A sentence that begins, is spoken or ends; `finish_reason` is the text "null" until the end."""
        output: dict[str, Any] = {
            "type": step.kind,
            "finish_reason": "null",
            "original_text": step.sentence.strip(),
            "sentence": {"index": step.index, "words": []},
            "audio": self._audio(base64.b64encode(step.sound).decode("ascii"), ""),
        }
        return self._event(output, characters)

    def end(self, characters: int) -> dict[str, Any]:
        """The whole file's address."""
        return self._event({"finish_reason": "stop", "audio": self._audio("", self.address.url)}, characters)

    def _event(self, output: dict[str, Any], characters: int) -> dict[str, Any]:
        return {"output": output, "usage": {"characters": characters}, "request_id": self.request_id}

    def _audio(self, data: str, url: str) -> dict[str, Any]:
        return {"data": data, "url": url, "id": f"audio_{self.request_id}", "expires_at": self.address.expires_at}


@dataclass(frozen=True, slots=True)
class _Synthesis:
    """One synthesis under way, whose audio will be kept under `name`."""

    peer: Peer
    recital: Recital
    name: str
    told: _Told

    async def steps(self, sentences: list[str]) -> AsyncGenerator[Step]:
        """The steps of the sentences."""
        left = list(sentences)

        async def given() -> AsyncGenerator[str]:
            while left:
                yield left.pop(0)

        async with aclosing(self.recital.steps(given(), lambda: not left)) as steps:
            async for step in steps:
                yield step

    async def results(self, first: Step | None, steps: AsyncGenerator[Step]) -> AsyncGenerator[dict[str, Any]]:
        """Every step as it is told, and at last the address of the whole, which is kept by then."""
        characters = 0
        async with aclosing(steps):
            step = first
            while step is not None:
                if step.kind == END:
                    characters += billed_characters(step.sentence)
                yield self.told.step(step, characters)
                step = await anext(steps, None)
        await to_thread.run_sync(self.peer.audio.keep, self.name, await self.recital.whole())
        yield self.told.end(characters)
