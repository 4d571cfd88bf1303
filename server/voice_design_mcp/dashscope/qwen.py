"""The Qwen family: voices designed by `qwen-voice-design`, spoken by the `qwen3-tts-vd` models.

Facts: Voice design API reference (create, list, query, delete) and the Qwen TTS API page (synthesis). Refuses to know prices,
approvals and what a limit is.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, Final

from ..catalog import LANGUAGES, QWEN, QWEN_MODELS
from ..errors import RejectedError, VoiceNotFoundError
from .admission import admit
from .availability import available, permitted
from .dialogue import sound
from .exchange import Answer, Asked
from .http import Http
from .plain import whole_text
from .reading import read
from .realtime import RealtimeDialogue
from .refusals import VOICE_NOT_FOUND, unreadable
from .seam import PLAIN, DesignedVoice, SpeechOptions, SpeechPiece, SpokenAudio, Text, VoicePage, VoiceRecord, parts_of
from .spoken import Form, by_events, by_socket, gathered, whole
from .wire import Created, Deleted, Listed, ListedVoice, Queried

CUSTOMIZATION: Final = "/api/v1/services/audio/tts/customization"
SYNTHESIS: Final = "/api/v1/services/aigc/multimodal-generation/generation"
NAME_KEPT: Final = 9
"""How much of a caller's name stands before the tag."""
_log = logging.getLogger(__name__)


class QwenFamily:
    """The seam's `VoiceFamily` for Qwen."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def create(
        self,
        *,
        target_model: str,
        voice_prompt: str,
        preview_text: str,
        preferred_name: str,
        language: str,
        sample_rate_hz: int,
        response_format: str,
    ) -> DesignedVoice:
        """See the seam."""
        asked: dict[str, Any] = {
            "target_model": target_model,
            "voice_prompt": voice_prompt,
            "preview_text": preview_text,
            **({"preferred_name": preferred_name} if preferred_name else {}),
            **({"language": language} if language else {}),
        }
        parameters = {"sample_rate": sample_rate_hz, "response_format": response_format}
        answer = await self._customize("create", asked, parameters=parameters)
        created = read(Created, answer, self._asked(purchase=True))
        preview = created.output.preview_audio
        return DesignedVoice(
            voice=created.output.voice,
            target_model=created.output.target_model or target_model,
            preview=_audio(preview.data, answer.request_id),
            preview_sample_rate_hz=preview.sample_rate or sample_rate_hz,
            preview_format=preview.response_format or response_format,
            request_id=answer.request_id,
            billed_count=created.usage.count,
        )

    async def list_page(self, page_index: int, page_size: int) -> VoicePage:
        """See the seam. An answer without a list is refused unless it counts none: absence must not be concluded from it."""
        answer = await self._customize("list", {"page_size": page_size, "page_index": page_index})
        page = read(Listed, answer, self._asked()).output
        if page.voice_list is None and page.total_count != 0:
            raise unreadable(self._asked(), answer, "it holds no list of voices")
        return VoicePage(
            voices=tuple(_record(listed) for listed in page.voice_list or ()),
            page_index=page_index if page.page_index is None else page.page_index,
            page_size=page.page_size or page_size,
            total_count=page.total_count,
        )

    async def query(self, voice: str) -> VoiceRecord:
        """See the seam."""
        try:
            answer = await self._customize("query", {"voice": voice})
        except RejectedError as refused:
            if refused.code == VOICE_NOT_FOUND:
                raise VoiceNotFoundError(voice) from refused
            raise
        return _record(read(Queried, answer, self._asked()).output)

    async def delete(self, voice: str) -> bool:
        """See the seam. It is tried again like a read, so False can also mean that an unheard first try did it."""
        try:
            answer = await self._customize("delete", {"voice": voice})
        except RejectedError as refused:
            if refused.code == VOICE_NOT_FOUND:
                return False
            raise
        read(Deleted, answer, self._asked())
        return True

    async def speak(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> SpokenAudio:
        """See the seam. WAV unless a realtime model was asked for another form: asked by REST, the vendor has no field for one."""
        if _is_realtime(model):
            # A WAV that is streamed states no true length in its header, so it is asked for as PCM.
            as_wav = options.response_format in {None, "wav"}
            raw = replace(options, response_format="pcm") if as_wav else options
            return await gathered(self._dialogue(model, voice, text, language, raw), as_wav=as_wav)
        return await whole(self._http, SYNTHESIS, *self._request(model, voice, text, language, options, "wav"))

    def stream(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> AsyncGenerator[SpeechPiece]:
        """See the seam. PCM, 24 kHz unless a realtime model was asked for another form."""
        if _is_realtime(model):
            return self._dialogue(model, voice, text, language, options)
        return by_events(self._http, SYNTHESIS, *self._request(model, voice, text, language, options, "pcm"))

    def wire_name(self, name: str, tag: str) -> str:
        """See the seam. A name has 16 characters: the first 9 of the caller's, an underscore and a tag of 6."""
        return f"{name[:NAME_KEPT]}_{tag}" if tag else name

    async def aclose(self) -> None:
        """See the seam: what it speaks over is closed by whoever opened it."""

    async def available(self, model: str) -> bool | None:
        """See the seam."""
        return await available(self._http, model)

    async def permitted(self, model: str) -> bool | None:
        """See the seam."""
        return await permitted(self._http, model)

    def _request(
        self, model: str, voice: str, text: Text, language: str, options: SpeechOptions, response_format: str
    ) -> tuple[dict[str, Any], Form]:
        _admit(model, language, options)
        said = {"text": "".join(parts_of(text)), "voice": voice}
        said |= {"language_type": LANGUAGES[language]} if language else {}
        form = Form(model=model, voice=voice, response_format=response_format, sample_rate_hz=24000)
        return {"model": model, "input": said}, form

    def _dialogue(
        self, model: str, voice: str, text: Text, language: str, options: SpeechOptions
    ) -> AsyncGenerator[SpeechPiece]:
        _admit(model, language, options)
        parts = parts_of(text)
        whole_text("text", "".join(parts))
        form = Form(
            model=model,
            voice=voice,
            response_format=options.response_format or "pcm",
            sample_rate_hz=options.sample_rate_hz or 24000,
        )
        wishes = {
            "speech_rate": options.speech_rate,
            "pitch_rate": options.pitch_rate,
            "volume": options.volume,
            "language_type": LANGUAGES[language] if language else None,
        }
        session: dict[str, Any] = {
            "voice": voice,
            "response_format": form.response_format,
            "sample_rate": form.sample_rate_hz,
            **{name: value for name, value in wishes.items() if value is not None},
        }
        dialogue = RealtimeDialogue(
            model=model, session=session, parts=parts, new_id=lambda: f"event_{uuid.uuid4().hex}"
        )
        return by_socket(self._http, dialogue, form)

    async def _customize(
        self, action: str, asked: dict[str, Any], *, parameters: dict[str, Any] | None = None
    ) -> Answer:
        body: dict[str, Any] = {"model": QWEN.wire_model, "input": {"action": action, **asked}}
        if parameters is not None:
            body["parameters"] = parameters
        return await self._http.post(CUSTOMIZATION, body, purchase=action == "create")

    def _asked(self, *, purchase: bool = False) -> Asked:
        return Asked(self._http.host, QWEN.wire_model, purchase)


def _record(listed: ListedVoice) -> VoiceRecord:
    return VoiceRecord(
        voice=listed.voice,
        target_model=listed.target_model,
        language=listed.language,
        voice_prompt=listed.voice_prompt,
        preview_text=listed.preview_text,
        created=listed.gmt_create,
        modified=listed.gmt_modified,
    )


def _audio(text: str, request_id: str) -> bytes:
    """Decode base64; empty where it is none, since the voice around it has been paid for all the same."""
    audio = sound(text)
    if audio is None:
        _log.warning("the audio in the answer of request %r is not base64", request_id)
    return audio or b""


def _is_realtime(model: str) -> bool:
    return model in QWEN_MODELS and QWEN_MODELS[model].realtime


def _admit(model: str, language: str, options: SpeechOptions) -> None:
    if model in QWEN_MODELS:
        admit(QWEN_MODELS[model], language, options)
