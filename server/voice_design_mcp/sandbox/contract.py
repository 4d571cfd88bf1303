"""What the vendor's documents allow in a request for Qwen's voice design and non-realtime speech: every limit.

Sources: the voice design reference (names, ranges, defaults), the Qwen TTS reference (600 characters, language
names) and the error page (codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voice_design_mcp.sandbox.answers import invalid
from voice_design_mcp.sandbox.designing import Design
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.texts import check_moderation, is_chinese_or_english, is_speakable

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


@dataclass(frozen=True, slots=True)
class CreateVoice:
    """A valid `create`."""

    target_model: str
    preferred_name: str
    design: Design


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


def read_create(body: Fields) -> CreateVoice:
    """Reads the `create` action of qwen-voice-design."""
    asked, parameters = body.section("input"), body.section("parameters")
    target_model = asked.choice("target_model", TARGET_MODELS)
    voice_prompt = asked.string("voice_prompt", longest=MAX_VOICE_PROMPT)
    preview_text = asked.string("preview_text", longest=MAX_PREVIEW_TEXT)
    if not is_chinese_or_english(voice_prompt):
        raise invalid("voice_prompt should be in Chinese or English.")
    if not is_speakable(preview_text):
        raise invalid("preview_text should be in one of the supported languages.")
    wanted = CreateVoice(
        target_model,
        _preferred_name(asked),
        Design(
            voice_prompt=voice_prompt,
            preview_text=preview_text,
            language=asked.choice("language", LANGUAGES, "zh"),
            language_declared=asked.has("language"),
            sample_rate_hz=parameters.one_of("sample_rate", SAMPLE_RATES_HZ, 24000),
            response_format=parameters.choice("response_format", RESPONSE_FORMATS, "wav"),
        ),
    )
    check_moderation(voice_prompt, preview_text)
    return wanted


def read_page(body: Fields) -> Page:
    """Reads `page_index` (0 to 200) and `page_size` (above 0; no upper bound is documented)."""
    asked = body.section("input")
    index = asked.integer("page_index", 0, 0, MAX_PAGE_INDEX)
    return Page(index, min(asked.integer("page_size", 10, 1), MAX_RETURNED_PAGE_SIZE))


def read_voice(body: Fields) -> str:
    """Reads the voice that `query` and `delete` name."""
    return body.section("input").string("voice")


def read_speech(body: Fields) -> Speech:
    """Reads a non-realtime synthesis; `language_type` may stand in `input` or in `parameters`."""
    model = body.model(TARGET_MODELS)
    if model in REALTIME_MODELS:
        raise invalid(f"{model} is served over WebSocket only.")
    asked, parameters = body.section("input", required=True), body.section("parameters")
    text = asked.string("text", longest=MAX_SPEECH_TEXT)
    voice = asked.string("voice")
    place = asked if asked.has("language_type") else parameters
    name = place.choice("language_type", ("Auto", *LANGUAGE_NAMES), "Auto")
    if not is_speakable(text):
        raise invalid("text should be in one of the supported languages.")
    check_moderation(text)
    return Speech(model, text, voice, LANGUAGE_NAMES.get(name, ""))


def _preferred_name(asked: Fields) -> str:
    """How the vendor names a voice without a preferred name is unknown; here it is `custom`."""
    if not asked.has("preferred_name"):
        return _UNNAMED
    name = asked.string("preferred_name")
    if not _PREFERRED_NAME.match(name):
        raise invalid("preferred_name should have 1 to 16 letters, digits or underscores.")
    return name
