"""The arguments that tools take: the vendor's names, each described, with its limits in the schema. checks.py enforces them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ..catalog import FAMILIES, LANGUAGES, MODELS, QWEN, SPEECH_FORMATS, SPEECH_RATES_HZ
from .checks import LONG_TEXT_MAX, NAME_MAX, TAKE_MAX

_LIMITS = QWEN.limits

VoicePrompt = Annotated[
    str,
    Field(
        description="What the voice is like, in English or Chinese: gender, age, pitch, speed, emotion, character, use. No named "
        "people. CosyVoice and Qwen-Audio: at most 500 characters.",
        json_schema_extra={"minLength": 1, "maxLength": _LIMITS.voice_prompt_max},
    ),
]
PreviewText = Annotated[
    str,
    Field(
        description="What the preview says, in the voice's language. CosyVoice and Qwen-Audio: 15 to 200 characters, zh or en.",
        json_schema_extra={"minLength": _LIMITS.preview_text_min, "maxLength": _LIMITS.preview_text_max},
    ),
]
PreferredName = Annotated[
    str,
    Field(
        description="Keyword kept in the voice's name: its first 9 characters (CosyVoice and Qwen-Audio: 4), then a tag.",
        json_schema_extra={"pattern": f"^{_LIMITS.name_pattern}$"},
    ),
]
ModelOfTheVoice = Annotated[
    str,
    Field(
        description="Synthesis model the voice is for. Omitted: the configured one, or the first still served.",
        json_schema_extra={"enum": list(MODELS)},
    ),
]
PreviewLanguage = Annotated[
    str,
    Field(
        description="Language of preview_text. Omitted: told from it where plain, else zh.",
        json_schema_extra={"enum": list(LANGUAGES)},
    ),
]
PreviewRate = Annotated[
    int, Field(description="Preview's rate in Hz.", json_schema_extra={"enum": list(_LIMITS.sample_rates_hz)})
]
PreviewFormat = Annotated[
    str, Field(description="Preview's format.", json_schema_extra={"enum": list(_LIMITS.response_formats)})
]
Take = Annotated[
    int,
    Field(
        description="The same arguments and take are one voice; raise it for another.",
        json_schema_extra={"minimum": 1, "maximum": TAKE_MAX},
    ),
]
CANDIDATES_MAX = 5
"""Ours: what a person can tell apart by ear in one sitting."""
Candidates = Annotated[
    int,
    Field(
        description="Voices to make at once, to choose from with keep_voice. One approval.",
        json_schema_extra={"minimum": 1, "maximum": CANDIDATES_MAX},
    ),
]
Like = Annotated[
    str, Field(description="A voice to start from; voice_prompt then says what differs, such as: older, slower.")
]
Approval = Annotated[str, Field(description="Approval from a first call that answered confirmation_required.")]
VoiceName = Annotated[str, Field(description="The voice's name, as list_voices shows it.")]
SpokenText = Annotated[
    str,
    Field(
        description="What to say.",
        json_schema_extra={"minLength": 1, "maxLength": LONG_TEXT_MAX},
    ),
]
SpokenLanguage = Annotated[
    str,
    Field(
        description="Language of the text. Omitted: the vendor tells it from the text.",
        json_schema_extra={"enum": list(LANGUAGES)},
    ),
]
SpeechFormat = Annotated[
    str, Field(description="Format of the file.", json_schema_extra={"enum": list(SPEECH_FORMATS)})
]
SpeechRateHz = Annotated[
    int, Field(description="Its sample rate in Hz.", json_schema_extra={"enum": list(SPEECH_RATES_HZ)})
]
SpeechRate = Annotated[
    float, Field(description="Speed, 1 is the voice's own.", json_schema_extra={"minimum": 0.5, "maximum": 2})
]
PitchRate = Annotated[
    float, Field(description="Pitch, 1 is the voice's own.", json_schema_extra={"minimum": 0.5, "maximum": 2})
]
Volume = Annotated[
    int, Field(description="Volume, 50 is the voice's own.", json_schema_extra={"minimum": 0, "maximum": 100})
]
Instructions = Annotated[
    str, Field(description="Manner in a few words, such as: whisper, hurried.", json_schema_extra={"maxLength": 100})
]
COMPARED_LEAST, COMPARED_MOST = 2, 6
"""Ours: what a person can hold in mind in one sitting."""
LINE_MAX = 300
"""Ours: what narrations ask for in one request, some 20 s of speech."""
ComparedVoices = Annotated[
    list[str],
    Field(
        description="Names, in the order to be heard.",
        json_schema_extra={"minItems": COMPARED_LEAST, "maxItems": COMPARED_MOST},
    ),
]
OneLine = Annotated[
    str, Field(description="The line that each says.", json_schema_extra={"minLength": 1, "maxLength": LINE_MAX})
]
FileName = Annotated[
    str, Field(description="What to call the file in the output folder.", json_schema_extra={"maxLength": NAME_MAX})
]
FamilyName = Annotated[
    str,
    Field(
        description="enrollment: CosyVoice, Qwen-Audio. Omitted: the first page of each.",
        json_schema_extra={"enum": list(FAMILIES)},
    ),
]
PAGE_INDEX_MAX = max(family.page_index_max for family in FAMILIES.values())
ScriptOfLines = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "items": {"type": "object"},
            "description": "Text (plain or Markdown; `Alice: …` or `[Alice] …` where several speak), or a list of lines {speaker, "
            "text, pause_s, direction}, of which only text is required.",
        }
    ),
]
CastOfVoices = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "description": "Who speaks: {speaker: voice} or {speaker: {voice, notes, speed, language}}; or a cast's name, the path "
            "of its TOML file, or one voice that reads everything. `narrator` reads what names nobody.",
        }
    ),
]
LineFiles = Annotated[bool, Field(description="Also give each line as a file of its own.")]
DryRun = Annotated[bool, Field(description="Only plan: lines, speakers, length, price, problems. Nothing is sent.")]
PageIndex = Annotated[
    int,
    Field(description="Page number of a family, from 0.", json_schema_extra={"minimum": 0, "maximum": PAGE_INDEX_MAX}),
]
PAGE_SIZE_MAX = 100
"""Ours: the vendor names no upper bound, a readable answer does."""
PageSize = Annotated[
    int,
    Field(description="Voices per page, of each family.", json_schema_extra={"minimum": 1, "maximum": PAGE_SIZE_MAX}),
]
