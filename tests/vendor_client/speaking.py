"""What the tests of streamed speech share: the two WebSocket models, and reading a stream to its end or to its error."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from voice_design_mcp.dashscope.enrollment import EnrollmentFamily
from voice_design_mcp.dashscope.http import Http
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.seam import SpeechPiece, Text
from voice_design_mcp.errors import VoiceDesignError

WIRE = Path(__file__).parent.parent / "wire"
REALTIME = "qwen3-tts-vd-realtime-2026-01-15"
PLAIN_QWEN = "qwen3-tts-vd-2026-01-26"
COSYVOICE = "cosyvoice-v3.5-plus"
QWEN_AUDIO = "qwen-audio-3.0-tts-flash"
VOICE = "a-voice"


def exchange(name: str) -> dict[str, Any]:
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["exchanges"][0]


def stream(client: Http, model: str, text: Text = "Hello.", **asked: Any) -> AsyncGenerator[SpeechPiece]:
    """Speech by a model, whichever family it belongs to."""
    family = QwenFamily(client) if model.startswith("qwen3-") else EnrollmentFamily(client)
    return family.stream(model=model, voice=VOICE, text=text, language=asked.pop("language", ""), **asked)


async def heard(pieces: AsyncGenerator[SpeechPiece]) -> tuple[list[SpeechPiece], VoiceDesignError | None]:
    """Every piece that came, and the error that ended them."""
    came: list[SpeechPiece] = []
    try:
        async with aclosing(pieces) as coming:
            async for piece in coming:
                came.append(piece)  # noqa: PERF401  what came before an error is wanted too
    except VoiceDesignError as error:
        return came, error
    return came, None


def sound_of(pieces: list[SpeechPiece]) -> bytes:
    return b"".join(piece.audio for piece in pieces)
