"""The seam between the program and a family of voice models: plain values and one protocol.

Refuses to know which family is behind it, how it is reached, and what anything costs.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignedVoice:
    """A voice just created, with the preview that the vendor returns this once only.

    `preview` is empty where the answer held a voice but no readable audio: the voice exists and has been paid for.
    `billed_count` is the vendor's `usage.count`, None where it said nothing. `status` is "OK" when the voice can speak at once,
    else the vendor's own word: "DEPLOYING" while it is reviewed, "UNDEPLOYED" when it was rejected.
    """

    voice: str
    target_model: str
    preview: bytes
    preview_sample_rate_hz: int
    preview_format: str
    request_id: str
    billed_count: int | None
    status: str = "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRecord:
    """A voice as the vendor lists it. Its texts are its creator's; an empty one was not told.

    `created` and `modified` are the vendor's strings: they name no time zone. `status` as in DesignedVoice. `note` is what the user
    should know of how it came to be so.
    """

    voice: str
    target_model: str
    language: str = ""
    voice_prompt: str = ""
    preview_text: str = ""
    created: str = ""
    modified: str = ""
    status: str = "OK"
    note: str = ""


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

    `characters` is what the vendor says it billed, None where it said nothing. `note` as in SpeechPiece.
    """

    url: str = ""
    data: bytes = b""
    response_format: str = "wav"
    sample_rate_hz: int = 24000
    characters: int | None = None
    request_id: str = ""
    expires_at: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechOptions:
    """How speech is to be given. None is not given: the family's choice. Which of them a model has, the catalog says.

    The rates are factors, 1.0 as it is; `volume` is 0 to 100, 50 as it is; `instructions` are the manner, in words.
    """

    response_format: str | None = None
    sample_rate_hz: int | None = None
    speech_rate: float | None = None
    pitch_rate: float | None = None
    volume: int | None = None
    instructions: str | None = None


PLAIN: Final = SpeechOptions()
"""Nothing asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechPiece:
    """Some of the speech, as it came: the pieces' `audio` joined is the whole.

    PCM (16 bits, mono, little-endian, without a header) unless another format was asked for. `characters` is what the vendor says
    it has billed up to here, None where it has said nothing. Exactly one piece, the last, is `finished`; without it the speech is
    not whole. It may carry the `url` of the same speech as a file, until `expires_at` (Unix seconds), and a `note` for the user.
    """

    audio: bytes = b""
    response_format: str = "pcm"
    sample_rate_hz: int = 24000
    characters: int | None = None
    finished: bool = False
    request_id: str = ""
    url: str = ""
    expires_at: int | None = None
    note: str = ""


Text = str | Sequence[str]
"""What to say: whole, or in parts that are spoken one after another, each by itself where the surface can do that."""


def parts_of(text: Text) -> list[str]:
    """The parts of a text that hold something to say; one when it is whole."""
    return [text] if isinstance(text, str) else [part for part in text if part.strip()]


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

    async def speak(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> SpokenAudio:
        """Synthesize speech, given when it is whole. Costs money and is never sent twice.

        Args:
            model: The voice's target model; it decides over which surface the vendor is spoken to.
            voice: The voice.
            text: What to say, within the model's `text_max`.
            language: A code, empty for the vendor's choice.
            options: Only those that the model has.

        Raises:
            VoiceNotFoundError: The vendor says there is no such voice.
            InputError: The model has no such option or language; nothing was sent.
        """
        ...

    def stream(
        self, *, model: str, voice: str, text: Text, language: str, options: SpeechOptions = PLAIN
    ) -> AsyncGenerator[SpeechPiece]:
        """Synthesize speech, given as it comes. Costs money and is never sent twice. Arguments as `speak`.

        Close it (`contextlib.aclosing`) when it is not read to its end. The task that reads it may change between pieces.

        Raises:
            UpstreamError: Also in the middle: `received_bytes` and `characters` then say what had come, `billed` whether it costs.
        """
        ...

    def wire_name(self, name: str, tag: str) -> str:
        """The name to send for a caller's name, so that the tag stands whole in the voice's name. An empty tag adds nothing."""
        ...

    async def available(self, model: str) -> bool | None:
        """Whether the vendor's catalogue has the model. Free; None when the answer does not tell.

        Raises:
            AuthError: The key itself was refused.
            UnavailableError: The vendor could not be reached.
        """
        ...

    async def permitted(self, model: str) -> bool | None:
        """Whether this account may call the model. Free; None when the answer does not tell."""
        ...

    async def aclose(self) -> None:
        """Close what it has opened for itself."""
        ...
