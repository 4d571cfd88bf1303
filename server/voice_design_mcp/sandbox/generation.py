"""POST /api/v1/services/aigc/multimodal-generation/generation: non-realtime speech, whole or as server-sent events."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import SPEAK_FAILED, invalid, new_request_id, success
from voice_design_mcp.sandbox.audio import Address
from voice_design_mcp.sandbox.contract import Speech, read_speech
from voice_design_mcp.sandbox.fields import Fields, read_body
from voice_design_mcp.sandbox.peer import Peer, read_bytes
from voice_design_mcp.sandbox.qwen import FAMILY
from voice_design_mcp.sandbox.speaking import Form, Track, Utterance, spoken_language
from voice_design_mcp.sandbox.sse import EventStream, framed, wants_events
from voice_design_mcp.sandbox.state import Voice
from voice_design_mcp.sandbox.texts import billed_characters
from voice_design_mcp.speech.containers import wav_header

PATH = "/api/v1/services/aigc/multimodal-generation/generation"

_SAMPLE_RATE_HZ = 24000


async def generate(peer: Peer, request: Request) -> Response:
    """Speaks a text with a designed voice, as the fault script wants."""
    body = read_body(await read_bytes(request))
    work = partial(_stream if wants_events(request) else _whole, peer, request, body)
    return await peer.script.perform("synthesize", work)


async def _whole(peer: Peer, request: Request, body: Fields) -> Response:
    speech, voice, language = await _asked(peer, body)
    wav = await peer.speaker.speak(voice.spec, speech.text, language, "wav", _SAMPLE_RATE_HZ)
    name, address = await to_thread.run_sync(peer.audio.address, request, "wav")
    await to_thread.run_sync(peer.audio.keep, name, wav)
    bill = _Bill(new_request_id(), billed_characters(speech.text), address)
    await _charge(peer, speech, bill)
    return success(bill.output("", finished=True), bill.usage, request_id=bill.request_id)


async def _stream(peer: Peer, request: Request, body: Fields) -> Response:
    """Bills the whole text once the engine has begun; every event then carries the whole figure."""
    speech, voice, language = await _asked(peer, body)
    track = peer.speaker.track(voice.spec, Form("pcm", _SAMPLE_RATE_HZ))
    utterance = track.begin(speech.text, language)
    first = await utterance.next()
    if not first:
        raise invalid(SPEAK_FAILED)
    name, address = await to_thread.run_sync(peer.audio.address, request, "wav")
    bill = _Bill(new_request_id(), billed_characters(speech.text), address)
    await _charge(peer, speech, bill)
    return EventStream(framed(_events(peer, track, utterance, first, name, bill), bill.request_id))


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


async def _events(
    peer: Peer, track: Track, utterance: Utterance, first: bytes, name: str, bill: _Bill
) -> AsyncGenerator[dict[str, Any]]:
    try:
        piece = first
        while piece:
            yield bill.event(base64.b64encode(piece).decode("ascii"), finished=False)
            piece = await utterance.next()
        pcm = await track.whole()
        await to_thread.run_sync(peer.audio.keep, name, wav_header(len(pcm) // 2, _SAMPLE_RATE_HZ) + pcm)
        yield bill.event("", finished=True)
    finally:
        await utterance.close()
