"""What the sandbox's tests ask for, and with whose clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

CUSTOMIZATION = "/api/v1/services/audio/tts/customization"
GENERATION = "/api/v1/services/aigc/multimodal-generation/generation"
SPEECH_MODEL = "qwen3-tts-vd-2026-01-26"
REALTIME_MODEL = "qwen3-tts-vd-realtime-2026-01-15"

COSY_MODEL = "cosyvoice-v3.5-plus"
AUDIO_MODEL = "qwen-audio-3.1-tts-flash"

ANNOUNCER = "A composed middle-aged male announcer with a deep, steady voice, for news broadcasting."


@dataclass
class Clock:
    """A clock that a test sets; it starts on 2026-11-22 at 04:00 UTC, noon in Beijing."""

    now_s: float = 1_795_320_000.0

    def __call__(self) -> float:
        return self.now_s


class Asker:
    """A client of one sandbox that speaks only the vendor's wire format."""

    def __init__(self, base_url: str, key: str = "sk-test") -> None:
        self.http = httpx2.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def customize(self, asked: dict[str, Any], **parameters: Any) -> httpx2.Response:
        return self.http.post(
            CUSTOMIZATION, json={"model": "qwen-voice-design", "input": asked, "parameters": parameters}
        )

    def create(self, *, parameters: dict[str, Any] | None = None, **changes: Any) -> httpx2.Response:
        asked = {
            "action": "create",
            "target_model": SPEECH_MODEL,
            "voice_prompt": ANNOUNCER,
            "preview_text": "Hello.",
            "preferred_name": "announcer",
            "language": "en",
        }
        return self.customize(asked | changes, **(parameters or {}))

    def voice(self, **changes: Any) -> str:
        """Designs a voice and gives its name."""
        answer = self.create(**changes)
        assert answer.status_code == 200, answer.text
        return answer.json()["output"]["voice"]

    def enrollment(self, asked: dict[str, Any], **parameters: Any) -> httpx2.Response:
        return self.http.post(
            CUSTOMIZATION, json={"model": "voice-enrollment", "input": asked, "parameters": parameters}
        )

    def enroll(self, *, parameters: dict[str, Any] | None = None, **changes: Any) -> httpx2.Response:
        asked = {
            "action": "create_voice",
            "target_model": COSY_MODEL,
            "voice_prompt": ANNOUNCER,
            "preview_text": "Good evening, everyone.",
            "prefix": "announcer",
        }
        return self.enrollment(asked | changes, **(parameters or {}))

    def enrolled(self, **changes: Any) -> str:
        """Designs a voice of the second family and gives its id."""
        answer = self.enroll(**changes)
        assert answer.status_code == 200, answer.text
        return answer.json()["output"]["voice_id"]

    def enrolled_list(self, **page: Any) -> list[dict[str, Any]]:
        answer = self.enrollment({"action": "list_voice"} | page)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()["output"]) == {"voice_list"}
        return answer.json()["output"]["voice_list"]

    def status(self, voice_id: str) -> str:
        return self.enrollment({"action": "query_voice", "voice_id": voice_id}).json()["output"]["status"]

    def review(self, *reviews: dict[str, Any]) -> None:
        answer = self.http.post("/sandbox/review", json=list(reviews))
        assert answer.status_code == 200, answer.text

    def list(self, **page: Any) -> dict[str, Any]:
        answer = self.customize({"action": "list"} | page)
        assert answer.status_code == 200, answer.text
        return answer.json()["output"]

    def synthesize(
        self, voice: str, text: str = "Good evening.", *, sse: bool = False, **changes: Any
    ) -> httpx2.Response:
        body = {"model": SPEECH_MODEL, "input": {"text": text, "voice": voice}} | changes
        return self.http.post(GENERATION, json=body, headers={"X-DashScope-SSE": "enable"} if sse else None)

    def usage(self) -> dict[str, int]:
        return self.http.get("/sandbox/usage").json()

    def script(self, *faults: dict[str, Any]) -> None:
        answer = self.http.post("/sandbox/faults", json=list(faults))
        assert answer.status_code == 200, answer.text

    def until_held(self, count: int) -> None:
        """Returns when the sandbox holds so many answers."""
        report = self.http.get("/sandbox/faults", params={"held": str(count)}).json()
        assert report["held"] >= count, report

    def release(self) -> int:
        return self.http.post("/sandbox/faults/release").json()["released"]


def refusal(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal, whose body has the vendor's three fields and no other."""
    body = answer.json()
    assert set(body) == {"request_id", "code", "message"}, body
    assert body["request_id"]
    return answer.status_code, body["code"], body["message"]
