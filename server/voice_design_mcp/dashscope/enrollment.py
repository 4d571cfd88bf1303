"""The enrollment family: voices designed by `voice-enrollment`, spoken by the CosyVoice and Qwen-Audio models.

Facts: the voice design API page of all families, the speech API pages of CosyVoice and Qwen-Audio, and the CosyVoice event pages.
Refuses to know prices, approvals and what a limit is.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Final

from ..catalog import ENROLLED_MODELS, ENROLLMENT
from ..errors import InputError, RejectedError, VoiceNotFoundError
from .admission import admit
from .availability import available, permitted
from .dialogue import sound
from .exchange import Answer, Asked
from .http import Http
from .inference import InferenceDialogue
from .plain import whole_text
from .reading import read
from .refusals import VOICE_NOT_FOUND
from .seam import PLAIN, DesignedVoice, SpeechOptions, SpeechPiece, SpokenAudio, Text, VoicePage, VoiceRecord, parts_of
from .spoken import Form, by_events, by_socket, whole
from .wire import Deleted, Enrolled, EnrolledListed, EnrolledQueried, EnrolledVoice

CUSTOMIZATION: Final = "/api/v1/services/audio/tts/customization"
SYNTHESIS: Final = "/api/v1/services/audio/tts/SpeechSynthesizer"
REVIEWED: Final = "DEPLOYING"
"""What a new voice is until its review is over."""
_WIRE_NAMES: Final = {"speech_rate": "rate", "pitch_rate": "pitch", "volume": "volume", "instructions": "instruction"}


def wire_prefix(name: str, tag: str) -> str:
    """The prefix to send for a caller's name: its letters and digits, cut so that the tag stands whole behind them.

    A prefix has 10 characters: a 6-character tag leaves the first 4 of the name. An empty tag leaves all 10.
    """
    kept = re.sub(r"[^A-Za-z0-9]", "", name)[: ENROLLMENT.limits.name_max - len(tag)]
    return kept + tag


def model_of(voice: str) -> str:
    """The target model that a voice's name tells: `{model}-vd-{prefix}-{unique}`, without `-vd` where it was cloned; or empty."""
    known = [model for model in ENROLLED_MODELS if voice.startswith(f"{model}-")]
    if known:
        return max(known, key=len)
    stem = voice.rsplit("-", 2)
    return stem[0].removesuffix("-vd") if len(stem) == 3 else ""


class EnrollmentFamily:
    """The seam's `VoiceFamily` for CosyVoice and Qwen-Audio."""

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
        """See the seam. The name must fit as it is: `wire_name` makes it, a cut here could cut the tag.

        Raises:
            InputError: `preferred_name` is not 1 to 10 letters and digits; nothing was sent.
        """
        if not re.fullmatch(ENROLLMENT.limits.name_pattern, preferred_name, re.ASCII):
            raise InputError("preferred_name", "preferred_name must be 1 to 10 of A-Z, a-z and 0-9 for this family.")
        asked: dict[str, Any] = {
            "target_model": target_model,
            "voice_prompt": voice_prompt,
            "preview_text": preview_text,
            "prefix": preferred_name,
            **({"language_hints": [language]} if language else {}),
        }
        parameters = {"sample_rate": sample_rate_hz, "response_format": response_format}
        answer = await self._customize("create_voice", asked, parameters=parameters)
        created = read(Enrolled, answer, self._asked(purchase=True))
        voice = created.output
        return DesignedVoice(
            voice=voice.voice_id,
            target_model=voice.target_model or target_model,
            preview=sound(voice.preview_audio.data) or b"",
            preview_sample_rate_hz=voice.preview_audio.sample_rate or sample_rate_hz,
            preview_format=voice.preview_audio.response_format or response_format,
            request_id=answer.request_id,
            billed_count=created.usage.count,
            status=voice.status or REVIEWED,
        )

    async def list_page(self, page_index: int, page_size: int) -> VoicePage:
        """See the seam. Cloned voices share the list; it tells no total, and a page may be shorter than was asked for."""
        answer = await self._customize("list_voice", {"page_size": page_size, "page_index": page_index})
        listed = read(EnrolledListed, answer, self._asked()).output.voice_list
        voices = tuple(_record(each, each.voice_id) for each in listed)
        return VoicePage(voices=voices, page_index=page_index, page_size=page_size, total_count=None)

    async def query(self, voice: str) -> VoiceRecord:
        """See the seam."""
        try:
            answer = await self._customize("query_voice", {"voice_id": voice})
        except RejectedError as refused:
            if refused.code == VOICE_NOT_FOUND:
                raise VoiceNotFoundError(voice) from refused
            raise
        return _record(read(EnrolledQueried, answer, self._asked()).output, voice)

    async def delete(self, voice: str) -> bool:
        """See the seam. It is tried again like a read, so False can also mean that an unheard first try did it."""
        try:
            answer = await self._customize("delete_voice", {"voice_id": voice})
        except RejectedError as refused:
            if refused.code == VOICE_NOT_FOUND:
                return False
            raise
        read(Deleted, answer, self._asked())
        return True

    async def speak(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> SpokenAudio:
        """See the seam. WAV at 24 kHz unless asked for otherwise; a text in parts is spoken as one."""
        form = _form(model, voice, options, "wav")
        said = {"text": "".join(parts_of(text)), **self._wishes(form, language, options)}
        return await whole(self._http, SYNTHESIS, {"model": model, "input": said}, form)

    def stream(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> AsyncGenerator[SpeechPiece]:
        """See the seam. PCM at 24 kHz unless asked for otherwise."""
        form, parts = _form(model, voice, options, "pcm"), parts_of(text)
        wishes = self._wishes(form, language, options)
        target = ENROLLED_MODELS.get(model)
        if target is None or target.streams_by != "inference":
            said = {"text": "".join(parts), **wishes}
            return by_events(self._http, SYNTHESIS, {"model": model, "input": said}, form)
        whole_text("text", "".join(parts))
        dialogue = InferenceDialogue(model=model, parameters=wishes, parts=parts, task_id=str(uuid.uuid4()))
        return by_socket(self._http, dialogue, form)

    def wire_name(self, name: str, tag: str) -> str:
        """See the seam."""
        return wire_prefix(name, tag)

    async def aclose(self) -> None:
        """See the seam: what it speaks over is closed by whoever opened it."""

    async def available(self, model: str) -> bool | None:
        """See the seam."""
        return await available(self._http, model)

    async def permitted(self, model: str) -> bool | None:
        """See the seam."""
        return await permitted(self._http, model)

    def _wishes(self, form: Form, language: str, options: SpeechOptions) -> dict[str, Any]:
        """Voice, format and options as both surfaces name them."""
        target = ENROLLED_MODELS.get(form.model)
        if target is not None:
            admit(target, language, options)
        given = {wire: getattr(options, ours) for ours, wire in _WIRE_NAMES.items()}
        return {
            "voice": form.voice,
            "format": form.response_format,
            "sample_rate": form.sample_rate_hz,
            **{wire: value for wire, value in given.items() if value is not None},
            **({"language_hints": [language]} if language else {}),
        }

    async def _customize(
        self, action: str, asked: dict[str, Any], *, parameters: dict[str, Any] | None = None
    ) -> Answer:
        body: dict[str, Any] = {"model": ENROLLMENT.wire_model, "input": {"action": action, **asked}}
        if parameters is not None:
            body["parameters"] = parameters
        return await self._http.post(CUSTOMIZATION, body, purchase=action == "create_voice")

    def _asked(self, *, purchase: bool = False) -> Asked:
        return Asked(self._http.host, ENROLLMENT.wire_model, purchase)


def _form(model: str, voice: str, options: SpeechOptions, response_format: str) -> Form:
    return Form(
        model=model,
        voice=voice,
        response_format=options.response_format or response_format,
        sample_rate_hz=options.sample_rate_hz or 24000,
    )


def _record(voice: EnrolledVoice, name: str) -> VoiceRecord:
    return VoiceRecord(
        voice=name,
        target_model=voice.target_model or model_of(name),
        voice_prompt=voice.voice_prompt,
        preview_text=voice.preview_text,
        created=voice.gmt_create,
        modified=voice.gmt_modified,
        status=voice.status or "OK",
    )
