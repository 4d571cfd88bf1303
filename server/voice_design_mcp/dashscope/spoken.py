"""Speech over each of the vendor's surfaces, as the seam's plain values: whole by REST, in pieces by events or by WebSocket.

Refuses to know which model speaks over which surface, and what its options are called there.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import UpstreamError, VoiceNotFoundError
from . import deadlines
from .dialogue import sound
from .exchange import Asked, Progress
from .plain import decoded
from .reading import read
from .refusals import VOICE_NOT_FOUND, breakdown, closed, said, silent, so_far, unreadable
from .seam import SpeechPiece, SpokenAudio
from .wire import Chunk, Spoken

if TYPE_CHECKING:
    from .dialogue import Dialogue, Turn
    from .exchange import Answer
    from .http import Http
    from .sockets import Closing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Who speaks, and in what shape it comes."""

    model: str
    voice: str
    response_format: str
    sample_rate_hz: int

    def piece(self, audio: bytes, characters: int | None) -> SpeechPiece:
        """A piece of this shape."""
        return SpeechPiece(
            audio=audio,
            response_format=self.response_format,
            sample_rate_hz=self.sample_rate_hz,
            characters=characters,
        )


async def whole(http: Http, path: str, body: Mapping[str, Any], form: Form) -> SpokenAudio:
    """Speak by one request and one answer, which names the audio by URL or holds it."""
    asked = Asked(http.host, form.model, purchase=True)
    try:
        answer = await http.post(path, body, purchase=True)
    except UpstreamError as error:
        _raise_if_voice_is_missing(error, form)
        raise
    spoken = read(Spoken, answer, asked)
    audio, characters = spoken.output.audio, spoken.usage.characters
    data = sound(audio.data)
    if data is None:
        _log.warning("the audio in the answer of request %r is not base64", answer.request_id)
    if not audio.url and not data:
        error = unreadable(asked, answer, "it holds no audio")
        error.billed = "yes" if characters else "maybe"
        raise error
    return SpokenAudio(
        url=audio.url,
        data=data or b"",
        response_format=form.response_format,
        sample_rate_hz=form.sample_rate_hz,
        characters=characters,
        request_id=answer.request_id,
        expires_at=audio.expires_at,
    )


async def gathered(pieces: AsyncGenerator[SpeechPiece], *, as_wav: bool) -> SpokenAudio:
    """A stream read to its end, as a whole; `as_wav` puts a header with the true length before PCM."""
    sounds: list[bytes] = []
    last = SpeechPiece()
    async with aclosing(pieces) as coming:
        async for last in coming:
            sounds.append(last.audio)
    if as_wav:
        from ..speech.containers import wav_header

        samples = sum(map(len, sounds)) // 2
        sounds.insert(0, wav_header(samples, last.sample_rate_hz))
    return SpokenAudio(
        data=b"".join(sounds),
        response_format="wav" if as_wav else last.response_format,
        sample_rate_hz=last.sample_rate_hz,
        characters=last.characters,
        request_id=last.request_id,
        note=last.note,
    )


async def by_events(http: Http, path: str, body: Mapping[str, Any], form: Form) -> AsyncGenerator[SpeechPiece]:
    """Speak by server-sent events; only a `finish_reason` of "stop" is the end."""
    asked, progress = Asked(http.host, form.model, purchase=True), Progress(text_sent=True)
    try:
        async with aclosing(http.events(path, body)) as events:
            async for event in events:
                answer = http.told(event.status, decoded(event.data))
                chunk, audio = _chunk(http, asked, event.name, answer)
                progress = progress.further(len(audio), chunk.usage.characters)
                if chunk.output.finish_reason == "stop":
                    yield _last(asked, form, answer.request_id, chunk, audio, progress)
                    return
                if audio:
                    yield form.piece(audio, progress.characters)
        raise breakdown(asked, EOFError())
    except UpstreamError as error:
        _raise_if_voice_is_missing(so_far(error, progress), form)
        raise


async def by_socket(http: Http, dialogue: Dialogue, form: Form) -> AsyncGenerator[SpeechPiece]:
    """Speak by a dialogue over a WebSocket. Nothing can be billed before the dialogue has handed out the text."""
    asked, received = Asked(http.connections.socket_host, form.model, purchase=True), 0

    def progress() -> Progress:
        return Progress(text_sent=dialogue.text_sent, received_bytes=received, characters=dialogue.characters)

    deadline = deadlines.after(http.timeouts.purchase_total_s)
    socket = await http.socket(dialogue.path, dialogue.query, form.model)
    try:
        for message in dialogue.opening():
            await socket.send(message, deadline)
        finished = False
        while not finished:
            patience_s = http.timeouts.silence_s if dialogue.text_sent else http.timeouts.greet_s
            turn = _turn(http, asked, dialogue, await socket.receive(min(deadline, deadlines.after(patience_s))))
            for message in turn.send:
                await socket.send(message, deadline)
            received, finished = received + len(turn.audio), turn.finished
            if turn.audio:
                yield form.piece(turn.audio, dialogue.characters)
        request_id = _told(http, dialogue).request_id
        if not received:
            raise silent(asked, request_id)
        yield replace(form.piece(b"", dialogue.characters), finished=True, request_id=request_id)
    except TimeoutError as late:
        raise so_far(breakdown(asked, late), progress()) from late
    except UpstreamError as error:
        _raise_if_voice_is_missing(so_far(error, progress()), form)
        raise
    finally:
        await socket.aclose()


def _chunk(http: Http, asked: Asked, event: str, answer: Answer) -> tuple[Chunk, bytes]:
    """What one event tells, and the sound that it holds."""
    if event == "error" or answer.field("code"):
        http.log_refusal("event", event, answer)
        raise said(asked, answer)
    chunk = read(Chunk, answer, asked)
    audio = sound(chunk.output.audio.data)
    if audio is None:
        raise unreadable(asked, answer, "a piece of its sound is not base64")
    return chunk, audio


def _last(asked: Asked, form: Form, request_id: str, chunk: Chunk, audio: bytes, progress: Progress) -> SpeechPiece:
    if not progress.received_bytes:
        raise silent(asked, request_id)
    ending = chunk.output.audio
    piece = form.piece(audio, progress.characters)
    return replace(piece, finished=True, request_id=request_id, url=ending.url, expires_at=ending.expires_at)


def _turn(http: Http, asked: Asked, dialogue: Dialogue, frame: str | bytes | Closing) -> Turn:
    """What a frame leads to, where it leads on."""
    if not isinstance(frame, str | bytes):
        raise closed(asked, frame.code, frame.reason)
    turn = dialogue.hear(frame)
    if turn.refused is not None:
        answer = _told(http, dialogue, code=turn.refused.code, message=turn.refused.words)
        http.log_refusal("frame", dialogue.path, answer)
        raise said(asked, answer)
    if turn.odd:
        raise unreadable(asked, _told(http, dialogue), turn.odd)
    return turn


def _told(http: Http, dialogue: Dialogue, **fields: str) -> Answer:
    return http.told(0, {"request_id": dialogue.request_id, **fields})


def _raise_if_voice_is_missing(error: UpstreamError, form: Form) -> None:
    if error.code == VOICE_NOT_FOUND and error.billed == "no":
        raise VoiceNotFoundError(form.voice) from error
