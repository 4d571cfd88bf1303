"""POST /v1/audio/speech: a VoiceDesign server speaks as a voice designed for this once, a Base server with a clip's voice."""

from __future__ import annotations

import base64
import math
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import RefusalError
from voice_design_mcp.sandbox.openspeech.answers import answered, bad_request, error_body, event
from voice_design_mcp.sandbox.openspeech.cloning import cloned, sound_of
from voice_design_mcp.sandbox.openspeech.contract import MAX_BODY_BYTES, Checkpoint, Speech, read_speech
from voice_design_mcp.sandbox.openspeech.speakers import Speakers
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.speaking import Form, Track, Utterance, spoken_language
from voice_design_mcp.sandbox.sse import EventStream

_NO_SOUND: Final = "TTS model did not produce audio output."
_FRAMES_PER_S: Final = 12.5
_SEED_BITS: Final = 48
_SLOWEST, _FASTEST = 0.5, 2.0
_MEDIA_TYPES: Final = {"wav": "audio/wav", "pcm": "audio/pcm", "mp3": "audio/mpeg", "opus": "audio/ogg"}


class _SoundStream(EventStream):
    """Sound as it comes."""

    media_type = "audio/pcm"


async def speak(checkpoint: Checkpoint, peer: Peer, request: Request) -> Response:
    """Speaks a text as the fault script wants."""
    raw = await _read(request)
    operation = "open_design" if checkpoint == "VoiceDesign" else "open_speech"
    work = partial(_speak, checkpoint, peer, peer.speakers, raw)
    return await peer.script.perform(operation, partial(answered, work))


async def _speak(checkpoint: Checkpoint, peer: Peer, speakers: Speakers, raw: bytes) -> Response:
    voices = {voice.key: voice for voice in await to_thread.run_sync(speakers.uploaded)}
    speech = await to_thread.run_sync(read_speech, checkpoint, raw, frozenset(voices))
    if checkpoint == "VoiceDesign":
        seed = secrets.randbits(_SEED_BITS) if speech.seed is None else speech.seed
        spec = await peer.speaker.design(speech.instructions, seed)
    else:
        spec = voices[speech.voice].spec if speech.voice else await cloned(speakers, peer.speaker, speech.clip)
    track = peer.speaker.track(
        spec, Form(speech.response_format, speech.sample_rate_hz), rate=min(max(speech.speed, _SLOWEST), _FASTEST)
    )
    language = spoken_language(speech.text, speech.language or "zh", declared=bool(speech.language))
    utterance = track.begin(speech.text, language)
    first = await utterance.next()
    if not first:
        raise RefusalError(500, "", _NO_SOUND)
    await to_thread.run_sync(speakers.count, "designs" if checkpoint == "VoiceDesign" else "speeches")
    if speech.stream:
        pieces = _pieces(track, utterance, first)
        return _SoundStream(pieces) if speech.stream == "audio" else EventStream(_events(speech, pieces))
    return await _whole(checkpoint, speakers, speech, spec, (track, utterance, first))


async def _whole(
    checkpoint: Checkpoint, speakers: Speakers, speech: Speech, spec: str, begun: tuple[Track, Utterance, bytes]
) -> Response:
    track, utterance, first = begun
    async for _ in _pieces(track, utterance, first):
        pass
    data = await track.whole()
    if checkpoint == "VoiceDesign" and speech.response_format != "pcm":
        with suppress(RefusalError):  # too short or too long a clip for a voice; whoever uploads it is told
            await to_thread.run_sync(lambda: speakers.designed(sound_of(data), spec))
    frames = math.ceil(len(data) / (2 * speech.sample_rate_hz) * _FRAMES_PER_S)
    headers = {"x-vllm-omni-output-tokens": str(frames)}
    return Response(data, media_type=_MEDIA_TYPES[speech.response_format], headers=headers)


async def _pieces(track: Track, utterance: Utterance, first: bytes) -> AsyncGenerator[bytes]:
    try:
        piece = first
        while piece:
            yield piece
            piece = await utterance.next()
        if tail := await track.finish():
            yield tail
    finally:
        await utterance.close()


async def _events(speech: Speech, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    sounded = 0
    try:
        async for piece in pieces:
            sounded += len(piece)
            told = {"audio": base64.b64encode(piece).decode("ascii"), "response_format": speech.response_format}
            yield event("speech.audio.delta", told)
    except RefusalError as refusal:
        yield event("speech.audio.error", error_body(refusal.status, refusal.message))
        return
    frames = math.ceil(sounded / (2 * speech.sample_rate_hz) * _FRAMES_PER_S)
    text, audio = len(speech.text), 0
    details = {"text_tokens": text, "audio_tokens": audio}
    usage = {
        "input_tokens": text,
        "output_tokens": frames,
        "total_tokens": text + frames,
        "input_token_details": details,
    }
    yield event("speech.audio.done", {"usage": usage})


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise bad_request("The body is too large.")
    except ClientDisconnect:
        raise bad_request("The body ended early.") from None
    return bytes(body)
