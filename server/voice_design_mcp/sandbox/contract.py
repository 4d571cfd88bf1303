"""What the vendor's documents allow in a request, and nothing else: every limit, read strictly, refused in its words.

Sources: the voice design reference (names, ranges, defaults), the Qwen TTS reference (600 characters, language
names) and the error page (codes). Unknown fields are ignored; null counts as absent; a wrong type is a refusal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from voice_design_mcp.sandbox.answers import INAPPROPRIATE, INVALID_BODY, RefusalError, invalid

MAX_BODY_BYTES = 1_000_000
MODERATION_MARKER = "[sandbox:inappropriate]"

DESIGN_MODEL = "qwen-voice-design"
SPEECH_MODEL = "qwen3-tts-vd-2026-01-26"
REALTIME_MODELS = ("qwen3-tts-vd-realtime-2026-01-15", "qwen3-tts-vd-realtime-2025-12-16")
TARGET_MODELS = (*REALTIME_MODELS, SPEECH_MODEL)

LANGUAGE_NAMES = {
    "Chinese": "zh",
    "English": "en",
    "German": "de",
    "Italian": "it",
    "Portuguese": "pt",
    "Spanish": "es",
    "Japanese": "ja",
    "Korean": "ko",
    "French": "fr",
    "Russian": "ru",
}
LANGUAGES = tuple(LANGUAGE_NAMES.values())
SAMPLE_RATES_HZ = (8000, 16000, 24000, 48000)
RESPONSE_FORMATS = ("pcm", "wav", "mp3", "opus")

MAX_VOICE_PROMPT = 2048
MAX_PREVIEW_TEXT = 1024
MAX_SPEECH_TEXT = 600
MAX_PAGE_INDEX = 200
MAX_RETURNED_PAGE_SIZE = 1000

_PREFERRED_NAME = re.compile(r"[A-Za-z0-9_]{1,16}\Z")
_UNNAMED = "custom"
_SPOKEN_SCRIPTS = (
    "LATIN",
    "FULLWIDTH LATIN",
    "CJK",
    "CYRILLIC",
    "HIRAGANA",
    "KATAKANA",
    "HALFWIDTH KATAKANA",
    "HANGUL",
)
_PROMPT_SCRIPTS = ("LATIN", "FULLWIDTH LATIN", "CJK")


@dataclass(frozen=True, slots=True)
class CreateVoice:
    """A valid `create`. `language` is the vendor's default zh where none was declared."""

    target_model: str
    voice_prompt: str
    preview_text: str
    preferred_name: str
    language: str
    language_declared: bool
    sample_rate_hz: int
    response_format: str


@dataclass(frozen=True, slots=True)
class Page:
    """A valid page of a list; `size` is capped at what the sandbox returns at once, 1,000."""

    index: int
    size: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A valid synthesis. `language` is an ISO code, or empty for the vendor's Auto."""

    model: str
    text: str
    voice: str
    language: str


class Fields:
    """One JSON object of a request, read field by field; every reader raises `RefusalError`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def section(self, name: str, *, required: bool = False) -> Fields:
        """The object under `name`; where it may be missing, an empty one."""
        value = self._values.get(name)
        if value is None and not required:
            return Fields({})
        if not isinstance(value, dict):
            raise invalid(f"{name} should be an object.")
        return Fields(cast("dict[str, Any]", value))

    def string(self, name: str, *, longest: int = MAX_BODY_BYTES) -> str:
        """A required text of 1 to `longest` characters."""
        value = self._values.get(name)
        if value is None:
            raise invalid(f"{name} is required.")
        if not isinstance(value, str) or not _encodable(value):
            raise invalid(f"{name} should be a string.")
        if not 1 <= len(value) <= longest:
            raise invalid(f"{name} should have 1 to {longest} characters, but has {len(value)}.")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str = "") -> str:
        """One of `choices`; required where there is no default."""
        if default and self._values.get(name) is None:
            return default
        value = self.string(name)
        if value not in choices:
            raise invalid(f"{name} should be one of: {', '.join(choices)}.")
        return value

    def integer(self, name: str, default: int) -> int:
        """A whole number, never a boolean, a float or a numeral in quotes."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(f"{name} should be an integer.")
        return value

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None


def read_body(raw: bytes) -> Fields:
    """Reads a request's body: one JSON object of at most 1 MB, in UTF-8, without NaN or infinities."""
    if len(raw) > MAX_BODY_BYTES:
        raise invalid(INVALID_BODY)
    try:
        body: Any = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid(INVALID_BODY) from None
    if not isinstance(body, dict):
        raise invalid(INVALID_BODY)
    return Fields(cast("dict[str, Any]", body))


def read_create(body: Fields) -> CreateVoice:
    """Reads the `create` action of qwen-voice-design."""
    asked, parameters = body.section("input"), body.section("parameters")
    target_model = asked.choice("target_model", TARGET_MODELS)
    voice_prompt = asked.string("voice_prompt", longest=MAX_VOICE_PROMPT)
    preview_text = asked.string("preview_text", longest=MAX_PREVIEW_TEXT)
    if not _mostly(voice_prompt, _PROMPT_SCRIPTS):
        raise invalid("voice_prompt should be in Chinese or English.")
    if not _speakable(preview_text):
        raise invalid("preview_text should be in one of the supported languages.")
    wanted = CreateVoice(
        target_model=target_model,
        voice_prompt=voice_prompt,
        preview_text=preview_text,
        preferred_name=_preferred_name(asked),
        language=asked.choice("language", LANGUAGES, "zh"),
        language_declared=asked.has("language"),
        sample_rate_hz=_sample_rate_hz(parameters),
        response_format=parameters.choice("response_format", RESPONSE_FORMATS, "wav"),
    )
    _inspect(voice_prompt, preview_text)
    return wanted


def read_page(body: Fields) -> Page:
    """Reads `page_index` (0 to 200) and `page_size` (above 0; no upper bound is documented)."""
    asked = body.section("input")
    index, size = asked.integer("page_index", 0), asked.integer("page_size", 10)
    if not 0 <= index <= MAX_PAGE_INDEX:
        raise invalid(f"page_index should be 0 to {MAX_PAGE_INDEX}.")
    if size <= 0:
        raise invalid("page_size should be greater than 0.")
    return Page(index, min(size, MAX_RETURNED_PAGE_SIZE))


def read_voice(body: Fields) -> str:
    """Reads the voice that `query` and `delete` name."""
    return body.section("input").string("voice")


def read_model(body: Fields, models: Sequence[str]) -> str:
    """Reads `model`; one that is not served here is the vendor's 404."""
    model = body.string("model")
    if model not in models:
        raise RefusalError(404, "ModelNotFound", "Model can not be found.")
    return model


def read_speech(body: Fields) -> Speech:
    """Reads a non-realtime synthesis; `language_type` may stand in `input` or in `parameters`."""
    model = read_model(body, TARGET_MODELS)
    if model in REALTIME_MODELS:
        raise invalid(f"{model} is served over WebSocket only.")
    asked, parameters = body.section("input", required=True), body.section("parameters")
    text = asked.string("text", longest=MAX_SPEECH_TEXT)
    voice = asked.string("voice")
    place = asked if asked.has("language_type") else parameters
    name = place.choice("language_type", ("Auto", *LANGUAGE_NAMES), "Auto")
    if not _speakable(text):
        raise invalid("text should be in one of the supported languages.")
    _inspect(text)
    return Speech(model, text, voice, LANGUAGE_NAMES.get(name, ""))


def _preferred_name(asked: Fields) -> str:
    """How the vendor names a voice without a preferred name is unknown; here it is `custom`."""
    if not asked.has("preferred_name"):
        return _UNNAMED
    name = asked.string("preferred_name")
    if not _PREFERRED_NAME.match(name):
        raise invalid("preferred_name should have 1 to 16 letters, digits or underscores.")
    return name


def _sample_rate_hz(parameters: Fields) -> int:
    rate_hz = parameters.integer("sample_rate", 24000)
    if rate_hz not in SAMPLE_RATES_HZ:
        raise invalid(f"sample_rate should be one of: {', '.join(map(str, SAMPLE_RATES_HZ))}.")
    return rate_hz


def _inspect(*texts: str) -> None:
    if any(MODERATION_MARKER in text for text in texts):
        raise RefusalError(*INAPPROPRIATE)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _of(character: str, scripts: tuple[str, ...]) -> bool:
    return unicodedata.name(character, "").startswith(scripts)


def _mostly(text: str, scripts: tuple[str, ...]) -> bool:
    letters = [character for character in text if character.isalpha()]
    ours = sum(_of(letter, scripts) for letter in letters)
    return ours > 0 and 2 * ours >= len(letters)


def _speakable(text: str) -> bool:
    return any(character.isdigit() or (character.isalpha() and _of(character, _SPOKEN_SCRIPTS)) for character in text)
