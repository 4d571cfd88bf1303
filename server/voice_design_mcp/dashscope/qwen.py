"""The Qwen family: voices designed by `qwen-voice-design`, spoken by the `qwen3-tts-vd` models.

Facts: Voice design API reference (create, list, query, delete) and the Qwen TTS API page (synthesis). Refuses to know prices,
approvals and what a limit is.
"""

from __future__ import annotations

import base64
import logging
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from ..catalog import LANGUAGES, QWEN
from ..errors import AuthError, RejectedError, UnavailableError, UpstreamError, VoiceNotFoundError
from .exchange import Answer, Asked
from .http import Http
from .refusals import VOICE_NOT_FOUND, unreadable
from .seam import DesignedVoice, SpokenAudio, VoicePage, VoiceRecord
from .wire import Catalogued, Created, Deleted, Listed, ListedVoice, Queried, Shape, Spoken

CUSTOMIZATION: Final = "/api/v1/services/audio/tts/customization"
SYNTHESIS: Final = "/api/v1/services/aigc/multimodal-generation/generation"
MODELS: Final = "/api/v1/models"
_Shape = TypeVar("_Shape", bound=Shape)
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
        created = self._read(Created, answer, QWEN.wire_model, purchase=True)
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
        page = self._read(Listed, answer, QWEN.wire_model).output
        if page.voice_list is None and page.total_count != 0:
            raise unreadable(self._asked(QWEN.wire_model), answer, "it holds no list of voices")
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
            _raise_if_missing(refused, voice)
            raise
        return _record(self._read(Queried, answer, QWEN.wire_model).output)

    async def delete(self, voice: str) -> bool:
        """See the seam. It is tried again like a read, so False can also mean that an unheard first try did it."""
        try:
            answer = await self._customize("delete", {"voice": voice})
        except RejectedError as refused:
            if refused.code == VOICE_NOT_FOUND:
                return False
            raise
        self._read(Deleted, answer, QWEN.wire_model)
        return True

    async def speak(self, *, model: str, voice: str, text: str, language: str) -> SpokenAudio:
        """See the seam. WAV, 24 kHz, mono, 16 bits: the API has no field to ask for another form."""
        said = {"text": text, "voice": voice} | ({"language_type": LANGUAGES[language]} if language else {})
        try:
            answer = await self._http.post(SYNTHESIS, {"model": model, "input": said}, purchase=True)
        except RejectedError as refused:
            _raise_if_missing(refused, voice)
            raise
        spoken = self._read(Spoken, answer, model, purchase=True)
        audio, characters = spoken.output.audio, spoken.usage.characters
        data = _audio(audio.data, answer.request_id) if audio.data else b""
        if not audio.url and not data:
            error = unreadable(self._asked(model, purchase=True), answer, "it holds no audio")
            error.billed = "yes" if characters else "maybe"
            raise error
        return SpokenAudio(
            url=audio.url,
            data=data,
            characters=characters,
            request_id=answer.request_id,
            expires_at=audio.expires_at,
        )

    async def available(self, model: str) -> bool | None:
        """See the seam. Being in the catalogue does not mean that this account may call it."""
        try:
            answer = await self._http.get(MODELS, {"model": model, "page_no": 1, "page_size": 1})
            found = self._read(Catalogued, answer, model).output
        except AuthError as error:
            if error.status == 401:
                raise
            return None
        except UnavailableError as error:
            if not error.status:
                raise
            return None
        except UpstreamError:
            return None
        if any(each.model == model for each in found.models):
            return True
        return False if found.total == 0 or not found.models else None

    async def _customize(
        self, action: str, asked: dict[str, Any], *, parameters: dict[str, Any] | None = None
    ) -> Answer:
        body: dict[str, Any] = {"model": QWEN.wire_model, "input": {"action": action, **asked}}
        if parameters is not None:
            body["parameters"] = parameters
        return await self._http.post(CUSTOMIZATION, body, purchase=action == "create")

    def _asked(self, model: str, *, purchase: bool = False) -> Asked:
        return Asked(self._http.host, model, purchase)

    def _read(self, shape: type[_Shape], answer: Answer, model: str, *, purchase: bool = False) -> _Shape:
        try:
            return shape.model_validate(answer.parsed)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
            _log.info("answer of request %r lacks %s", answer.request_id, where)
            raise unreadable(self._asked(model, purchase=purchase), answer, f"{where} is missing or odd") from None


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
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        _log.warning("the audio in the answer of request %r is not base64", request_id)
        return b""


def _raise_if_missing(refused: RejectedError, voice: str) -> None:
    if refused.code == VOICE_NOT_FOUND:
        raise VoiceNotFoundError(voice) from refused
