"""What the vendor's documents allow in a request for `voice-enrollment`: every limit of the second family.

Sources: the unified voice design reference (names, ranges, defaults, statuses); the minimum of `preview_text` and its
words are what a real account was told. That the family designs voices here and clones none is the sandbox's own limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voice_design_mcp.sandbox.answers import invalid
from voice_design_mcp.sandbox.contract import MAX_RETURNED_PAGE_SIZE, Page
from voice_design_mcp.sandbox.designing import Design
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.texts import check_moderation, is_chinese_or_english

ENROLLMENT_MODEL = "voice-enrollment"
COSYVOICE_MODELS = ("cosyvoice-v3.5-plus", "cosyvoice-v3.5-flash", "cosyvoice-v3-plus", "cosyvoice-v3-flash")
QWEN_AUDIO_MODELS = (
    *("qwen-audio-3.1-tts-plus", "qwen-audio-3.1-tts-flash"),
    *("qwen-audio-3.0-tts-plus", "qwen-audio-3.0-tts-flash"),
)
ENROLLMENT_TARGETS = (*QWEN_AUDIO_MODELS, *COSYVOICE_MODELS)

MAX_VOICE_PROMPT = 500
MIN_PREVIEW_TEXT, MAX_PREVIEW_TEXT = 15, 200
SAMPLE_RATES_HZ = (16000, 24000, 48000)
RESPONSE_FORMATS = ("pcm", "wav", "mp3")
LANGUAGES = ("zh", "en")

_PREFIX = re.compile(r"[A-Za-z0-9]{1,10}\Z")
_NOTHING_TO_MAKE_IT_OF = "provide url, or provide both voice_prompt and preview_text"


@dataclass(frozen=True, slots=True)
class EnrollVoice:
    """A valid `create_voice`."""

    target_model: str
    prefix: str
    design: Design


@dataclass(frozen=True, slots=True)
class VoicePage:
    """A valid `list_voice`."""

    page: Page
    prefix: str


def read_create(body: Fields) -> EnrollVoice:
    """Reads `create_voice`; `url` may be there and empty, as the official SDK sends it."""
    asked, parameters = body.section("input"), body.section("parameters")
    target_model = asked.choice("target_model", ENROLLMENT_TARGETS)
    prefix = _prefix(asked)
    if _is_given(asked, "url") or _is_given(asked, "audio"):
        raise invalid("This sandbox designs voices and clones none: leave url and audio out.")
    if not asked.has("voice_prompt") or not asked.has("preview_text"):
        raise invalid(_NOTHING_TO_MAKE_IT_OF)
    voice_prompt = asked.string("voice_prompt", longest=MAX_VOICE_PROMPT)
    preview_text = asked.string("preview_text", longest=MAX_PREVIEW_TEXT)
    if len(preview_text) < MIN_PREVIEW_TEXT:
        raise invalid(f"preview_text should not be shorter than {MIN_PREVIEW_TEXT} characters")
    for name, text in {"voice_prompt": voice_prompt, "preview_text": preview_text}.items():
        if not is_chinese_or_english(text):
            raise invalid(f"{name} should be in Chinese or English.")
    language = _language(asked)
    design = Design(
        voice_prompt=voice_prompt,
        preview_text=preview_text,
        language=language or "zh",
        language_declared=bool(language),
        sample_rate_hz=parameters.one_of("sample_rate", SAMPLE_RATES_HZ, 24000),
        response_format=parameters.choice("response_format", RESPONSE_FORMATS, "wav"),
    )
    check_moderation(voice_prompt, preview_text)
    return EnrollVoice(target_model, prefix, design)


def read_page(body: Fields) -> VoicePage:
    """Reads `list_voice`; no upper bounds are documented."""
    asked = body.section("input")
    page = Page(asked.integer("page_index", 0, 0), min(asked.integer("page_size", 10, 1), MAX_RETURNED_PAGE_SIZE))
    return VoicePage(page, asked.text("prefix") if asked.has("prefix") else "")


def read_voice_id(body: Fields) -> str:
    """Reads the voice that the other actions name."""
    return body.section("input").string("voice_id")


def read_update(body: Fields) -> str:
    """Reads `update_voice`, which takes the voice and the recording to clone it from anew."""
    asked = body.section("input")
    voice_id = asked.string("voice_id")
    if not _is_given(asked, "url") and not _is_given(asked, "audio"):
        raise invalid("url is required.")
    return voice_id


def _prefix(asked: Fields) -> str:
    prefix = asked.string("prefix")
    if not _PREFIX.match(prefix):
        raise invalid("prefix should have 1 to 10 letters or digits.")
    return prefix


def _language(asked: Fields) -> str:
    """The first of `language_hints`, the only one that counts; empty where there is none."""
    hints = asked.strings("language_hints")
    if hints and hints[0] not in LANGUAGES:
        raise invalid(f"language_hints should begin with one of: {', '.join(LANGUAGES)}.")
    return hints[0] if hints else ""


def _is_given(asked: Fields, name: str) -> bool:
    return asked.has(name) and asked.text(name) != ""
