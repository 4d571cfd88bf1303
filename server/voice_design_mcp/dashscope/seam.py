"""The seam between the program and a family of voice models: plain values and one protocol.

Refuses to know which family is behind it, how it is reached, and what anything costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignedVoice:
    """A voice just created, with the preview that the vendor returns this once only.

    `preview` is empty where the answer held a voice but no readable audio: the voice exists and has been paid for.
    `billed_count` is the vendor's `usage.count`, None where it said nothing.
    """

    voice: str
    target_model: str
    preview: bytes
    preview_sample_rate_hz: int
    preview_format: str
    request_id: str
    billed_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRecord:
    """A voice as the vendor lists it. Its texts are its creator's; an empty one was not told.

    `created` and `modified` are the vendor's strings: they name no time zone. `status` is "OK" when the voice can speak.
    """

    voice: str
    target_model: str
    language: str = ""
    voice_prompt: str = ""
    preview_text: str = ""
    created: str = ""
    modified: str = ""
    status: str = "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicePage:
    """One page of the account's voices. `total_count` is None where the vendor does not tell it."""

    voices: tuple[VoiceRecord, ...]
    page_index: int
    page_size: int
    total_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenAudio:
    """Speech: either the bytes themselves in `data`, or a `url` to fetch them from until `expires_at` (Unix seconds).

    `characters` is what the vendor says it billed, None where it said nothing.
    """

    url: str = ""
    data: bytes = b""
    response_format: str = "wav"
    sample_rate_hz: int = 24000
    characters: int | None = None
    request_id: str = ""
    expires_at: int | None = None


class VoiceFamily(Protocol):
    """What the program asks of a family. Arguments have been checked against the catalog before.

    Every method raises an UpstreamError when the vendor refuses or cannot be reached; its `billed` tells whether the call
    may have been charged, and is "no" for all but `create` and `speak`.
    """

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
        """Design a voice. Costs money and is never sent twice. An empty `preferred_name` or `language` is left out."""
        ...

    async def list_page(self, page_index: int, page_size: int) -> VoicePage:
        """One page of the account's voices, from page 0."""
        ...

    async def query(self, voice: str) -> VoiceRecord:
        """One voice's record.

        Raises:
            VoiceNotFoundError: The vendor says there is no such voice.
        """
        ...

    async def delete(self, voice: str) -> bool:
        """Delete a voice for good. False when the vendor says it was not there."""
        ...

    async def speak(self, *, model: str, voice: str, text: str, language: str) -> SpokenAudio:
        """Synthesize speech. Costs money and is never sent twice. `language` is a code, empty for the vendor's choice.

        Raises:
            VoiceNotFoundError: The vendor says there is no such voice.
        """
        ...

    async def available(self, model: str) -> bool | None:
        """Whether the vendor's catalogue has the model. Free; None when the answer does not tell.

        Raises:
            AuthError: The key itself was refused.
            UnavailableError: The vendor could not be reached.
        """
        ...
