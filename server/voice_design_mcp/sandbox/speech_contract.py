"""What the vendor's documents allow in a request to speak: the parameters of the synthesizer and of a realtime session.

Sources: the CosyVoice references (REST, WebSocket client events, SSML) and the Qwen realtime client events. What an
offline engine cannot do (emotion by instruction, word timestamps, a seed, marks in the sound) is checked and ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_design_mcp.sandbox.answers import invalid
from voice_design_mcp.sandbox.contract import LANGUAGE_NAMES, LANGUAGES, RESPONSE_FORMATS
from voice_design_mcp.sandbox.contract import SAMPLE_RATES_HZ as REALTIME_SAMPLE_RATES_HZ
from voice_design_mcp.sandbox.enrollment_contract import COSYVOICE_MODELS
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.speaking import Form
from voice_design_mcp.sandbox.ssml import is_markup, plain_text
from voice_design_mcp.sandbox.texts import billed_characters, check_moderation, is_speakable

SAMPLE_RATES_HZ = (8000, 16000, 22050, 24000, 44100, 48000)
SSML_MODELS = COSYVOICE_MODELS
MAX_TEXT_CHARACTERS = 20_000
MAX_TASK_CHARACTERS = 200_000
MAX_INSTRUCTION_CHARACTERS = 100

_SLOWEST, _FASTEST = 0.5, 2.0
_LEAST_BIT_RATE_KBPS, _MOST_BIT_RATE_KBPS = 6, 510
_SDK_DEFAULT_FORMAT, _SDK_DEFAULT_RATE = "Default", 0
_IGNORED_FLAGS = ("word_timestamp_enabled", "enable_aigc_tag", "enable_markdown_filter", "phoneme_timestamp_enabled")
_IGNORED_STRINGS = ("aigc_propagator", "aigc_propagate_id")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice is to speak. `language` is an ISO code, or empty where none was named."""

    form: Form
    rate: float = 1.0
    pitch: float = 1.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Valid parameters of the synthesizer, without the text."""

    model: str
    voice: str
    manner: Manner
    ssml: bool


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """A valid `session.update`. `shown` are the fields that the answer repeats."""

    voice: str
    mode: str
    manner: Manner
    shown: dict[str, str | int | float]


def read_order(model: str, asked: Fields) -> Order:
    """Reads the parameters: those of `input` over REST, those of `parameters` over the WebSocket.

    A format "Default" and a rate of 0 are what the official SDK sends where its caller said nothing.
    """
    voice = asked.string("voice")
    response_format = asked.choice("format", (*RESPONSE_FORMATS, _SDK_DEFAULT_FORMAT), "mp3")
    rate_hz = asked.one_of("sample_rate", (*SAMPLE_RATES_HZ, _SDK_DEFAULT_RATE), 22050)
    form = Form(
        response_format="mp3" if response_format == _SDK_DEFAULT_FORMAT else response_format,
        sample_rate_hz=rate_hz or 22050,
        volume=asked.integer("volume", 50, 0, 100),
        bit_rate_kbps=asked.integer("bit_rate", 32, _LEAST_BIT_RATE_KBPS, _MOST_BIT_RATE_KBPS),
    )
    rate, pitch = (asked.number(name, 1.0, _SLOWEST, _FASTEST) for name in ("rate", "pitch"))
    hints = asked.strings("language_hints")
    language = hints[0] if hints and hints[0] in LANGUAGES else ""
    _check_ignored(model, asked)
    return Order(model, voice, Manner(form, rate, pitch, language), asked.flag("enable_ssml"))


def read_text(order: Order, text: str) -> str:
    """What is to be spoken of a text: the text itself, or what is left of its markup.

    Markup is known by its beginning. It is refused where it was not enabled, and by models that have none.
    """
    if is_markup(text):
        if not order.ssml or order.model not in SSML_MODELS:
            raise invalid("SSML text is not supported at the moment!")
        text = plain_text(text)
    if billed_characters(text) > MAX_TEXT_CHARACTERS:
        raise invalid(f"text should have at most {MAX_TEXT_CHARACTERS} characters.")
    check_moderation(text)
    return text


def check_speakable(text: str) -> None:
    """Refuses a text in which there is nothing to say."""
    if not is_speakable(text):
        raise invalid("Please ensure input text is valid.")


def read_session(asked: Fields) -> SessionUpdate:
    """Reads the `session` of a `session.update`; one of its fields that is not documented is ignored."""
    voice = asked.string("voice")
    mode = asked.choice("mode", ("server_commit", "commit"), "server_commit")
    name = asked.choice("language_type", ("Auto", *LANGUAGE_NAMES), "Auto")
    form = Form(
        response_format=asked.choice("response_format", RESPONSE_FORMATS, "pcm"),
        sample_rate_hz=asked.one_of("sample_rate", REALTIME_SAMPLE_RATES_HZ, 24000),
        volume=asked.integer("volume", 50, 0, 100),
        bit_rate_kbps=asked.integer("bit_rate", 128, _LEAST_BIT_RATE_KBPS, _MOST_BIT_RATE_KBPS),
    )
    rate, pitch = (asked.number(name, 1.0, _SLOWEST, _FASTEST) for name in ("speech_rate", "pitch_rate"))
    for flag in ("enable_tn", "optimize_instructions"):
        asked.flag(flag)
    if asked.has("instructions"):
        asked.text("instructions")
    shown: dict[str, str | int | float] = {
        "voice": voice,
        "language_type": name,
        "mode": mode,
        "response_format": form.response_format,
        "sample_rate": form.sample_rate_hz,
    }
    given = {"speech_rate": rate, "volume": form.volume, "pitch_rate": pitch, "bit_rate": form.bit_rate_kbps}
    shown |= {field: value for field, value in given.items() if asked.has(field)}
    return SessionUpdate(voice, mode, Manner(form, rate, pitch, LANGUAGE_NAMES.get(name, "")), shown)


def _check_ignored(model: str, asked: Fields) -> None:
    asked.integer("seed", 0, 0, 65535)
    asked.section("hot_fix")
    for flag in _IGNORED_FLAGS:
        asked.flag(flag)
    for name in _IGNORED_STRINGS:
        if asked.has(name):
            asked.text(name)
    if asked.has("instruction"):
        counted = billed_characters(asked.text("instruction"))
        if model in COSYVOICE_MODELS and counted > MAX_INSTRUCTION_CHARACTERS:
            raise invalid(
                f"instruction should have at most {MAX_INSTRUCTION_CHARACTERS} characters, but has {counted}."
            )
