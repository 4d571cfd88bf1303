"""The two servers of the open weights as their own clients ask them."""

from __future__ import annotations

from typing import Any

import httpx2

DESIGN = "/open/design/v1/audio/speech"
SPEECH = "/open/speech/v1/audio/speech"
VOICES = "/open/speech/v1/audio/voices"
DESCRIPTION = "A calm middle-aged man with a deep, resonant voice, low pitch, slow."
SAID = "Good evening, and welcome to the programme."


class Servers:
    """A client of both."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx2.Client(base_url=base_url, timeout=30)

    def design(self, **changes: Any) -> httpx2.Response:
        asked = {
            "task_type": "VoiceDesign",
            "instructions": DESCRIPTION,
            "input": SAID,
            "seed": 7,
            "language": "English",
        }
        return self.http.post(DESIGN, json=given(asked | changes))

    def speak(
        self, voice: str, text: str = "The bridge was built in a single winter.", **changes: Any
    ) -> httpx2.Response:
        return self.http.post(SPEECH, json=given({"task_type": "Base", "voice": voice, "input": text} | changes))

    def upload(self, clip: bytes, name: str = "Narrator", **changes: Any) -> httpx2.Response:
        form = {"name": name, "consent": "designed", "ref_text": SAID, "speaker_description": DESCRIPTION}
        return self.http.post(
            VOICES, data=given(form | changes), files={"audio_sample": ("clip.wav", clip, "audio/wav")}
        )

    def voices(self) -> dict[str, Any]:
        return self.http.get(VOICES).json()

    def counts(self) -> dict[str, int]:
        return self.http.get("/sandbox/open").json()


def given(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, without what was left out by None."""
    return {name: value for name, value in asked.items() if value is not None}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and message of a refusal, which has this server's shape."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["code"] == answer.status_code
    return answer.status_code, error["message"]
