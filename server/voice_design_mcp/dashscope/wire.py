"""The shapes of the vendor's answers, read as tolerantly as they vary.

Only what an answer is useless without is required. Any other field that is missing, null or of another type becomes its empty
value: a voice that has been paid for is not lost to an odd `usage`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_COUNT_DIGITS_MAX: Final = 18


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _COUNT_DIGITS_MAX:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _part(value: Any) -> Any:
    return value if isinstance(value, dict | BaseModel) else {}  # pyright: ignore[reportUnknownVariableType] JSON enters here


def _parts(value: Any) -> Any:
    return value if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType] JSON enters here


Name = Annotated[str, Field(min_length=1)]
Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(_count)]


class Shape(BaseModel):
    """A JSON object of which only the declared fields are looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)  # built by the first answer, not the start


class Usage(Shape):
    """`usage` is `{}`, `{"count": 0}`, `{"characters": n}` or missing, by action and by edition of the documents."""

    count: Count = None
    characters: Count = None


class Preview(Shape):
    """Base64 audio of the preview text."""

    data: Text = ""
    sample_rate: Count = None
    response_format: Text = ""


class CreatedVoice(Shape):
    """`output` of a Qwen creation."""

    voice: Name
    target_model: Text = ""
    preview_audio: Annotated[Preview, BeforeValidator(_part)] = Preview()


class Created(Shape):
    """A whole Qwen creation answer."""

    output: CreatedVoice
    usage: Annotated[Usage, BeforeValidator(_part)] = Usage()


class ListedVoice(Shape):
    """A voice in `voice_list`. The unified document's samples lack some of the texts."""

    voice: Name
    target_model: Text = ""
    language: Text = ""
    voice_prompt: Text = ""
    preview_text: Text = ""
    gmt_create: Text = ""
    gmt_modified: Text = ""


class QueriedVoice(ListedVoice):
    """A voice asked for by name; useless without the model that it speaks with."""

    target_model: Name = Field(default=..., min_length=1)


class Queried(Shape):
    """A whole query answer."""

    output: QueriedVoice


class EnrolledVoice(Shape):
    """A voice of the enrollment family. A listed one has its name at least; a queried one may lack even that."""

    voice_id: Text = ""
    target_model: Text = ""
    voice_prompt: Text = ""
    preview_text: Text = ""
    gmt_create: Text = ""
    gmt_modified: Text = ""
    status: Text = ""


class EnrolledNow(EnrolledVoice):
    """`output` of an enrollment creation; older answers lack the model."""

    voice_id: Name = Field(default=..., min_length=1)
    preview_audio: Annotated[Preview, BeforeValidator(_part)] = Preview()


class Enrolled(Shape):
    """A whole enrollment creation answer."""

    output: EnrolledNow
    usage: Annotated[Usage, BeforeValidator(_part)] = Usage()


class EnrolledQueried(Shape):
    """A whole enrollment query answer."""

    output: EnrolledVoice


class ListedEnrolled(EnrolledVoice):
    """A voice in the enrollment family's `voice_list`."""

    voice_id: Name = Field(default=..., min_length=1)


class EnrolledList(Shape):
    """`output` of an enrollment list: no totals and no page."""

    voice_list: list[ListedEnrolled]


class EnrolledListed(Shape):
    """A whole enrollment list answer."""

    output: EnrolledList


class VoiceList(Shape):
    """`output` of a list. None for `voice_list` says that the answer had none, which is not an empty one."""

    page_index: Count = None
    page_size: Count = None
    total_count: Count = None
    voice_list: Annotated[list[ListedVoice] | None, BeforeValidator(_parts)] = None


class Listed(Shape):
    """A whole list answer."""

    output: VoiceList


class Deleted(Shape):
    """A delete answer: what it holds differs between the families, that it has an `output` does not."""

    output: dict[str, Any]


class SpeechAudio(Shape):
    """Where the speech is: a URL when not streamed, base64 when streamed."""

    url: Text = ""
    data: Text = ""
    expires_at: Count = None


class Speech(Shape):
    """`output` of a synthesis."""

    audio: SpeechAudio


class ChunkSpeech(Shape):
    """`output` of a piece of a streamed synthesis; the last says "stop", the others the word "null"."""

    audio: Annotated[SpeechAudio, BeforeValidator(_part)] = SpeechAudio()
    finish_reason: Text = ""


class Chunk(Shape):
    """A piece of a streamed synthesis. Its count is a running total."""

    output: ChunkSpeech
    usage: Annotated[Usage, BeforeValidator(_part)] = Usage()


class Spoken(Shape):
    """A whole synthesis answer."""

    output: Speech
    usage: Annotated[Usage, BeforeValidator(_part)] = Usage()


class CatalogueModel(Shape):
    """One model in the vendor's own catalogue."""

    model: Text = ""


class Catalogue(Shape):
    """`output` of `GET /api/v1/models`."""

    total: Count = None
    models: list[CatalogueModel]


class Catalogued(Shape):
    """A whole catalogue answer."""

    output: Catalogue


class Rights(Shape):
    """What an account may do with a model."""

    inference: bool | None = None


class Permission(Shape):
    """One model with the account's rights."""

    model: Text = ""
    permissions: Rights = Rights()


class Permissions(Shape):
    """`output` of `GET /api/v1/models/permissions`."""

    permissions: list[Permission]


class Permitted(Shape):
    """A whole permissions answer."""

    output: Permissions
