"""What the tests of dashscope/ ask of a family, and the way they reach a scripted peer: nothing waits between tries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from voice_design_mcp.dashscope.http import Http, Timeouts
from voice_design_mcp.dashscope.seam import VoiceFamily

KEY = "sk-canary-0123456789abcdef"
VOICE = "qwen-tts-vd-announcer-voice-20251210145409-a1b2"
TARGET = "qwen3-tts-vd-2026-01-26"
QUICK = Timeouts(connect_s=5.0, read_s=0.4, read_total_s=60.0, purchase_s=0.4, purchase_total_s=60.0, download_s=0.4)
"""For a peer that never finishes. Long enough for a request to arrive on a busy machine."""

Ask = Callable[[VoiceFamily], Awaitable[Any]]


@dataclass
class Waits:
    """Stands in for sleeping: remembers what was to be waited."""

    asked_s: list[float] = field(default_factory=list[float])

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)


def http(origin: str, **options: Any) -> Http:
    chosen: dict[str, Any] = {"base_url": origin, "api_key": KEY, "sleep": Waits(), "jitter": lambda: 1.0}
    return Http(**chosen | options)


async def create(family: VoiceFamily) -> Any:
    return await family.create(
        target_model=TARGET,
        voice_prompt="A composed middle-aged male announcer",
        preview_text="Dear listeners, hello everyone.",
        preferred_name="announcer",
        language="en",
        sample_rate_hz=24000,
        response_format="wav",
    )


async def list_page(family: VoiceFamily) -> Any:
    return await family.list_page(0, 10)


async def query(family: VoiceFamily) -> Any:
    return await family.query(VOICE)


async def delete(family: VoiceFamily) -> Any:
    return await family.delete(VOICE)


async def speak(family: VoiceFamily) -> Any:
    return await family.speak(model=TARGET, voice=VOICE, text="Hello.", language="en")


PURCHASES: dict[str, Ask] = {"create": create, "speak": speak}
READS: dict[str, Ask] = {"list": list_page, "query": query, "delete": delete}
OPERATIONS: dict[str, Ask] = PURCHASES | READS

RECORD = {
    "voice": VOICE,
    "target_model": TARGET,
    "language": "en",
    "voice_prompt": "A composed middle-aged male announcer",
    "preview_text": "Dear listeners, hello everyone.",
    "gmt_create": "2025-12-10 14:54:09",
    "gmt_modified": "2025-12-10 17:47:48",
}
RESULTS: dict[str, dict[str, Any]] = {
    "create": {
        "output": {
            "voice": VOICE,
            "target_model": TARGET,
            "preview_audio": {"data": "UklGRg==", "sample_rate": 24000, "response_format": "wav"},
        },
        "usage": {"count": 1},
        "request_id": "r-1",
    },
    "list": {
        "output": {"page_index": 0, "page_size": 10, "total_count": 1, "voice_list": [RECORD]},
        "request_id": "r-1",
    },
    "query": {"output": RECORD, "request_id": "r-1"},
    "delete": {"output": {"voice": VOICE}, "request_id": "r-1"},
    "speak": {
        "output": {"audio": {"data": "", "url": "http://b.oss-cn-beijing.aliyuncs.com/a.wav", "expires_at": 1}},
        "usage": {"characters": 6},
        "request_id": "r-1",
    },
}
"""An answer that each operation is content with."""
