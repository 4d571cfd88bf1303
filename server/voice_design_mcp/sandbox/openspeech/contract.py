"""What POST /v1/audio/speech may ask of a checkpoint, refused in the server's words and in its order. Speaks nothing."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from voice_design_mcp.sandbox.answers import RefusalError
from voice_design_mcp.sandbox.contract import LANGUAGE_NAMES
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.openspeech.answers import bad_request

Checkpoint = Literal["VoiceDesign", "Base"]

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
INSTRUCTIONS_MAX: Final = 500
MODELS: Final[dict[Checkpoint, str]] = {
    "VoiceDesign": "Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign",
    "Base": "Qwen/Qwen3-TTS-12Hz-1.7B-Base",
}
_TASKS: Final = ("CustomVoice", "VoiceDesign", "Base")
_FORMATS: Final = ("wav", "pcm", "mp3", "opus")
_STREAMED: Final = ("wav", "pcm")
_RATES_HZ: Final = (8000, 24000)
_TOKENS_MAX: Final = 4096
_LARGEST_SEED: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Speech:
    """A request that may be spoken.

    Attributes:
        text: What is said.
        language: An ISO code; "" is told from the text.
        instructions: The description, on a VoiceDesign checkpoint.
        seed: None for one of the server's own.
        voice: An uploaded one, in lower case; "" where the request brings its own clip.
        clip: That clip.
        stream: "" for a whole file, else sse or audio.
        speed: A factor.
    """

    text: str
    language: str
    instructions: str
    seed: int | None
    voice: str
    clip: bytes
    response_format: str
    sample_rate_hz: int
    stream: str
    speed: float


def read_speech(checkpoint: Checkpoint, raw: bytes, uploaded: frozenset[str]) -> Speech:
    """Reads a request to a checkpoint whose uploaded voices have these names, in lower case.

    Raises:
        RefusalError: In the server's words.
    """
    body = _object(raw)
    form = _form(body)
    if body.has("model") and body.string("model") != MODELS[checkpoint]:
        raise _no_model(body.string("model"))
    voice = body.text("voice").lower() if body.has("voice") else ""
    task = body.choice("task_type", _TASKS, _inferred(body, voice, uploaded))
    text = body.text("input")
    if not text.strip():
        raise bad_request("Input text cannot be empty")
    language = _language(body)
    if task != checkpoint:
        raise bad_request(
            f"Qwen3-TTS {checkpoint} checkpoint does not support task_type='{task}'. Use task_type='{checkpoint}' or load the "
            f"matching {task} checkpoint."
        )
    instructions = body.text("instructions") if body.has("instructions") else ""
    clip = b""
    if task == "Base":
        clip = _clip(body, voice, uploaded)
    elif not instructions:
        raise bad_request("VoiceDesign task requires 'instructions' to describe the voice")
    if len(instructions) > INSTRUCTIONS_MAX:
        raise bad_request(f"Instructions too long (max {INSTRUCTIONS_MAX} characters)")
    body.integer("max_new_tokens", 2048, 1, _TOKENS_MAX)
    return Speech(
        text=text,
        language=language,
        instructions=instructions,
        seed=body.integer("seed", 0, 0, _LARGEST_SEED) if body.has("seed") else None,
        voice="" if clip else voice,
        clip=clip,
        **form,
    )


def _object(raw: bytes) -> Fields:
    try:
        body: Any = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    return Fields(body)  # pyright: ignore[reportUnknownArgumentType]  read field by field


def _no_model(name: str) -> RefusalError:
    return RefusalError(404, "", f"The model `{name[:100]}` does not exist.")


def _inferred(body: Fields, voice: str, uploaded: frozenset[str]) -> str:
    """The task of a request that names none: VoiceDesign is never meant unless it is said."""
    return "Base" if body.has("ref_audio") or body.has("ref_text") or voice in uploaded else "CustomVoice"


def _language(body: Fields) -> str:
    name = body.string("language").title() if body.has("language") else "Auto"
    if name != "Auto" and name not in LANGUAGE_NAMES:
        raise bad_request(f"Invalid language '{name[:40]}'. Supported: {', '.join(sorted(('Auto', *LANGUAGE_NAMES)))}")
    return "" if name == "Auto" else LANGUAGE_NAMES[name]


def _clip(body: Fields, voice: str, uploaded: frozenset[str]) -> bytes:
    """The clip that a Base request brings; nothing, if it names an uploaded voice."""
    if voice in uploaded:
        return b""
    if not body.has("ref_audio"):
        raise bad_request(
            f"Base task with built-in speaker '{voice}' requires 'ref_audio' for voice cloning"
            if voice
            else "Base task requires 'ref_audio' or 'speaker_embedding' for voice cloning"
        )
    address = body.string("ref_audio", longest=MAX_BODY_BYTES)
    if not address.startswith(("http://", "https://", "data:", "file://")):
        raise bad_request("ref_audio must be a URL (http/https), base64 data URL (data:...), or file URI (file://...)")
    if not body.has("ref_text") or not body.text("ref_text").strip():
        raise bad_request(
            "Base task requires non-empty 'ref_text' (transcript of the reference audio) unless 'x_vector_only_mode' is enabled"
        )
    if not address.startswith("data:"):
        raise bad_request("The sandbox fetches nothing: give ref_audio as a base64 data URL.")
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise bad_request("Could not decode audio file: the data URL is not base64") from None


def _form(body: Fields) -> dict[str, Any]:
    response_format = body.choice("response_format", _FORMATS, "wav")
    speed = body.number("speed", 1.0, 0.25, 4.0)
    stream = body.choice("stream_format", ("sse", "audio"), "sse" if body.flag("stream") else "-")
    stream = "" if stream == "-" else stream
    if stream and (response_format not in _STREAMED or speed != 1.0):
        raise bad_request("Streaming requires response_format='pcm' or 'wav' and speed=1.0")
    return {
        "response_format": response_format,
        "sample_rate_hz": body.one_of("sample_rate", _RATES_HZ, 24000),
        "stream": stream,
        "speed": speed,
    }
