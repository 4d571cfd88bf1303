"""POST /api/v1/services/aigc/multimodal-generation/generation: non-realtime speech, whole or as server-sent events."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from voice_design_mcp.sandbox.answers import SPEAK_FAILED, RefusalError, error_body, invalid, new_request_id, success
from voice_design_mcp.sandbox.audio import Address
from voice_design_mcp.sandbox.contract import Fields, Speech, read_body, read_speech
from voice_design_mcp.sandbox.peer import Peer, read_bytes
from voice_design_mcp.sandbox.qwen import FAMILY
from voice_design_mcp.sandbox.speaking import Utterance, spoken_language
from voice_design_mcp.sandbox.state import Voice

PATH = "/api/v1/services/aigc/multimodal-generation/generation"

_SAMPLE_RATE_HZ = 24000
_HAN_RANGES = (
    *((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)


def billed_characters(text: str) -> int:
    """Characters as the vendor bills them: a Han character (kanji and hanja too) is 2, anything else 1."""
    return sum(2 if any(low <= ord(letter) <= high for low, high in _HAN_RANGES) else 1 for letter in text)


async def generate(peer: Peer, request: Request) -> Response:
    """Speaks a text with a designed voice, as the fault script wants."""
    body = read_body(await read_bytes(request))
    streamed = request.headers.get("x-dashscope-sse", "").lower() == "enable"
    return await peer.script.perform("synthesize", partial(_stream if streamed else _whole, peer, request, body))


async def _whole(peer: Peer, request: Request, body: Fields) -> Response:
    speech, voice, language = await _asked(peer, body)
    wav = await peer.speaker.speak(voice.spec, speech.text, language, "wav", _SAMPLE_RATE_HZ)
    name, address = await to_thread.run_sync(peer.audio.address, request)
    await to_thread.run_sync(peer.audio.keep, name, wav)
    bill = _Bill(new_request_id(), billed_characters(speech.text), address)
    await _charge(peer, speech, bill)
    return success(bill.output("", finished=True), bill.usage, request_id=bill.request_id)


async def _stream(peer: Peer, request: Request, body: Fields) -> Response:
    """Bills the whole text once the engine has begun; every event then carries the whole figure."""
    speech, voice, language = await _asked(peer, body)
    utterance = peer.speaker.begin(voice.spec, speech.text, language)
    first = await utterance.next_pcm()
    if not first:
        raise invalid(SPEAK_FAILED)
    name, address = await to_thread.run_sync(peer.audio.address, request)
    bill = _Bill(new_request_id(), billed_characters(speech.text), address)
    await _charge(peer, speech, bill)
    return _EventStream(_events(peer, utterance, first, name, bill))


async def _asked(peer: Peer, body: Fields) -> tuple[Speech, Voice, str]:
    speech = read_speech(body)
    voice = await to_thread.run_sync(lambda: peer.state.voice(FAMILY, speech.voice, now=peer.now()))
    if voice is None or voice.target_model != speech.model:
        raise invalid(SPEAK_FAILED)
    return speech, voice, speech.language or spoken_language(speech.text, voice.language, declared=False)


async def _charge(peer: Peer, speech: Speech, bill: _Bill) -> None:
    await to_thread.run_sync(lambda: peer.state.bill_speech(speech.voice, bill.characters, now=peer.now()))


@dataclass(frozen=True, slots=True)
class _Bill:
    """What one synthesis is called, costs and where its audio will be."""

    request_id: str
    characters: int
    address: Address

    @property
    def usage(self) -> dict[str, Any]:
        return {"characters": self.characters}

    def output(self, data: str, *, finished: bool) -> dict[str, Any]:
        """The `output` object; the address comes with the end, `finish_reason` is the text "null" until then."""
        audio = {
            "data": data,
            "url": self.address.url if finished else "",
            "id": f"audio_{self.request_id}",
            "expires_at": self.address.expires_at,
        }
        return {"audio": audio, "finish_reason": "stop" if finished else "null"}

    def event(self, data: str, *, finished: bool) -> dict[str, Any]:
        """The whole object of one event."""
        return {"output": self.output(data, finished=finished), "usage": self.usage, "request_id": self.request_id}


async def _events(peer: Peer, utterance: Utterance, first: bytes, name: str, bill: _Bill) -> AsyncGenerator[bytes]:
    number, piece = 0, first
    try:
        while piece:
            number += 1
            yield _frame(number, "result", 200, bill.event(base64.b64encode(piece).decode("ascii"), finished=False))
            piece = await utterance.next_pcm()
        await to_thread.run_sync(peer.audio.keep, name, await utterance.whole_wav())
        yield _frame(number + 1, "result", 200, bill.event("", finished=True))
    except RefusalError as refusal:
        told = {**error_body(refusal.code, refusal.message), "request_id": bill.request_id}
        yield _frame(number + 1, "error", refusal.status, told)
    finally:
        await utterance.close()


def _frame(number: int, event: str, status: int, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    return f"id:{number}\nevent:{event}\n:HTTP_STATUS/{status}\ndata:{text}\n\n".encode()


class _EventStream(Response):
    """Events as they come. It goes on to the end when its reader has left: the synthesis is paid for and kept."""

    media_type = "text/event-stream;charset=UTF-8"

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's signature
        """Sends each event as a body message of its own."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
