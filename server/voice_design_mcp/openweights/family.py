"""The seam's `VoiceFamily` for Qwen3-TTS's open weights: a clip designed, kept, uploaded, and spoken with."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from copy import copy
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

from ..catalog import LANGUAGES, OPEN_MODEL
from ..dashscope.plain import whole_text
from ..dashscope.seam import (
    PLAIN,
    DesignedVoice,
    SpeechOptions,
    SpeechPiece,
    SpokenAudio,
    Text,
    VoicePage,
    VoiceRecord,
    parts_of,
)
from ..dashscope.spoken import gathered
from ..errors import InputError, ProtocolError, RejectedError, UpstreamError, VoiceNotFoundError
from .server import NOT_WANTED, Server

if TYPE_CHECKING:
    from ..config import OpenServers
    from .shelf import Kept, Shelf

_RATE_HZ: Final = 24000
_CLIP_S: Final = (1.0, 30.0)
_CLIP_BYTES_MAX: Final = 10 * 1024 * 1024
_DESIGNED: Final = "Designed from a description; no person's voice was recorded."
_UPLOADED_AGAIN: Final = (
    "The speech server had forgotten this voice; it was uploaded again from the clip that is kept here."
)


def seed_of(voice: str) -> int:
    """The seed that a voice was designed with: its name tells it, so that the same can be designed again. 63 bits, as they take."""
    return int.from_bytes(hashlib.blake2b(voice.encode(), digest_size=8).digest(), "big") >> 1


class OpenFamily:
    """Voices of the user's own servers.

    Args:
        servers: Where they are.
        shelf: What is kept of their voices here.
    """

    def __init__(self, servers: OpenServers, shelf: Shelf) -> None:
        key = servers.key.reveal()
        self._design = Server(servers.design_url, key, "VOICE_DESIGN_OPEN_DESIGN_URL")
        self._speech = Server(servers.speech_url, key, "VOICE_DESIGN_OPEN_SPEECH_URL")
        self._shelf = shelf
        self._at_once = anyio.Semaphore(servers.concurrency)
        self._seen: set[str] = set()
        self._to_say: dict[str, str] = {}

    def with_shelf(self, shelf: Shelf) -> OpenFamily:
        """The same servers for another account, over the same connections, which are not its to close."""
        other = copy(self)
        other._shelf = shelf  # noqa: SLF001 of its own class
        return other

    async def aclose(self) -> None:
        """See the seam."""
        await self._design.aclose()
        await self._speech.aclose()

    async def create(
        self,
        *,
        target_model: str,
        voice_prompt: str,
        preview_text: str,
        preferred_name: str,
        language: str,
        sample_rate_hz: int,  # noqa: ARG002  the model has one
        response_format: str,
    ) -> DesignedVoice:
        """See the seam. The clip alone: it is for whoever keeps it to see that it is kept before `query` uploads it."""
        voice = f"{OPEN_MODEL}-vd-{preferred_name}-{secrets.token_hex(4)}".lower()
        clip = await self._clip(voice, voice_prompt, preview_text, language)
        return DesignedVoice(
            voice=voice,
            target_model=target_model,
            preview=clip,
            preview_sample_rate_hz=_RATE_HZ,
            preview_format=response_format,
            request_id="",
            billed_count=None,
            status="DEPLOYING",
        )

    async def list_page(self, page_index: int, page_size: int) -> VoicePage:
        """See the seam: what is kept here, and what else the server has under such a name. DEPLOYING is what it has not."""
        there = await self._uploaded()
        kept = {each.voice: each for each in await self._shelf.voices()}
        records = [_record(each, "OK" if each.voice in there else "DEPLOYING") for each in kept.values()]
        records += [
            VoiceRecord(voice=name, target_model=OPEN_MODEL, preview_text=str(facts.get("ref_text", "")))
            for name, facts in there.items()
            if name not in kept
        ]
        begin = page_index * page_size
        page = tuple(records[begin : begin + page_size])
        return VoicePage(voices=page, page_index=page_index, page_size=page_size, total_count=len(records))

    async def query(self, voice: str) -> VoiceRecord:
        """See the seam. A voice that the server has not is uploaded first, as after its design."""
        there, kept = await self._uploaded(), await self._shelf.voice(voice)
        if voice in there:
            self._seen.add(voice)
            known = VoiceRecord(
                voice=voice, target_model=OPEN_MODEL, preview_text=str(there[voice].get("ref_text", ""))
            )
            return known if kept is None else _record(kept, "OK")
        if kept is None:
            raise VoiceNotFoundError(voice)
        return _record(kept, "OK", await self._upload(kept))

    async def delete(self, voice: str) -> bool:
        """See the seam."""
        try:
            await self._speech.send("DELETE", f"/audio/voices/{voice}")
        except UpstreamError as refused:
            if refused.status == 404:
                return False
            raise
        return True

    async def speak(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> SpokenAudio:
        """See the seam. WAV at 24 kHz."""
        pieces = self.stream(model=model, voice=voice, text=text, language=language, options=options)
        return await gathered(pieces, as_wav=True)

    async def stream(
        self,
        *,
        model: str,  # noqa: ARG002  there is one
        voice: str,
        text: Text,
        language: str,
        options: SpeechOptions = PLAIN,  # noqa: ARG002  it has none
    ) -> AsyncGenerator[SpeechPiece]:
        """See the seam. PCM at 24 kHz. A voice that the server has forgotten is uploaded again, and the last piece says so."""
        said = whole_text("text", "".join(parts_of(text)))
        body = {"input": said, "task_type": "Base", "voice": voice, "language": LANGUAGES.get(language, "Auto")}
        tries = 2
        async with self._at_once:
            while tries:
                tries -= 1
                try:
                    async with aclosing(self._speech.speech(body)) as sounds:
                        async for sound in sounds:
                            tries = 0
                            yield SpeechPiece(audio=sound)
                    break
                except RejectedError as refused:
                    if not tries or refused.code != NOT_WANTED or voice in await self._uploaded():
                        raise
                    await self.query(voice)
        yield SpeechPiece(finished=True, note=self._to_say.pop(voice, ""))

    def wire_name(self, name: str, tag: str) -> str:
        """See the seam."""
        return f"{name}_{tag}" if tag else name

    async def available(self, model: str) -> bool | None:
        """Whether the model's server serves its checkpoint.

        Raises:
            UpstreamError: It can't be reached, or serves another.
        """
        server, checkpoint = (self._speech, "Base") if model == OPEN_MODEL else (self._design, "VoiceDesign")
        models: Any = (await server.json("/models")).get("data")
        ids = [str(each.get("id", "")) for each in models or [] if isinstance(each, Mapping)]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]  JSON
        if any(name.rstrip("/").endswith(checkpoint) for name in ids):
            return True
        if any("VoiceDesign" in name or name.endswith(("Base", "CustomVoice")) for name in ids):
            raise UpstreamError(
                f"The server at {server.url} serves {', '.join(ids)[:200]}, which is no {checkpoint} checkpoint.",
                hint=f"{server.setting} must lead to one that does.",
                code="wrong_checkpoint",
                billed="no",
            )
        return None  # served under a name of its own

    async def permitted(self, model: str) -> bool | None:
        """See the seam: who reaches a server of one's own may use it."""
        return await self.available(model)

    async def _clip(self, voice: str, voice_prompt: str, preview_text: str, language: str) -> bytes:
        body = {
            "input": preview_text,
            "task_type": "VoiceDesign",
            "instructions": voice_prompt,
            "language": LANGUAGES.get(language, "Auto"),
            "seed": seed_of(voice),
            "response_format": "wav",
        }
        async with self._at_once:
            clip = await self._design.send("POST", "/audio/speech", json=body)
        await anyio.to_thread.run_sync(_fits, clip)
        return clip

    async def _uploaded(self) -> dict[str, Mapping[str, Any]]:
        """The designed voices that the speech server has, by name."""
        told: Any = (await self._speech.json("/audio/voices")).get("uploaded_voices")
        if not isinstance(told, list):  # it would mean that every voice is gone
            raise ProtocolError(f"{self._speech.url} did not list its uploaded voices.", billed="no")
        found: list[Mapping[str, Any]] = [each for each in told if isinstance(each, dict)]  # pyright: ignore[reportUnknownVariableType]  JSON
        named = {str(each.get("name", "")).lower(): each for each in found}
        return {name: facts for name, facts in named.items() if name.startswith(f"{OPEN_MODEL}-")}

    async def _upload(self, kept: Kept) -> str:
        """Make a voice of a kept clip, or of the same designed again. Returns what is to be said of it: nothing, the first time."""
        clip = kept.clip or await self._clip(kept.voice, kept.voice_prompt, kept.preview_text, kept.language)
        form = {"name": kept.voice, "consent": _DESIGNED, "ref_text": kept.preview_text}
        await self._speech.send(
            "POST", "/audio/voices", data=form, files={"audio_sample": (f"{kept.voice}.wav", clip, "audio/wav")}
        )
        again = kept.voice in self._seen or kept.used
        self._seen.add(kept.voice)
        if not again:
            return ""
        self._to_say[kept.voice] = _UPLOADED_AGAIN
        return _UPLOADED_AGAIN


def _record(kept: Kept, status: str, note: str = "") -> VoiceRecord:
    return VoiceRecord(
        voice=kept.voice,
        target_model=OPEN_MODEL,
        language=kept.language,
        voice_prompt=kept.voice_prompt,
        preview_text=kept.preview_text,
        created=kept.created,
        status=status,
        note=note,
    )


def _fits(clip: bytes) -> None:
    """See that a clip can become a voice: the server takes 1 to 30 s and 10 MB.

    Raises:
        InputError: It is too short or too long.
        RejectedError: It is no sound.
    """
    from ..speech.formats import AudioError, decode

    try:
        samples, rate_hz = decode(clip, "wav", _RATE_HZ)
    except AudioError as error:
        raise RejectedError(f"The design server answered with what is no WAV: {error}", billed="no") from error
    seconds, (least_s, most_s) = len(samples) / rate_hz, _CLIP_S
    if not least_s <= seconds <= most_s or len(clip) > _CLIP_BYTES_MAX:
        raise InputError(
            "preview_text",
            f"preview_text was spoken in {seconds:.1f} s; a voice is made of a clip of {least_s:g} to {most_s:g} s.",
            hint="Give two or three sentences.",
        )
