"""The server's events of a realtime session, field by field as the vendor's reference prints them. Decides nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

DEFAULT_VOICE = "Cherry"


def new_id(kind: str) -> str:
    """An id of the form that the vendor prints."""
    return f"{kind}_{uuid.uuid4().hex}"


def event(kind: str, **fields: Any) -> Event:
    """An event with an id of its own."""
    return {"event_id": new_id("event"), "type": kind, **fields}


def session_created(session_id: str, model: str) -> Event:
    """The first event. Its voice is the vendor's default one, which no designed-voice model has."""
    session = {
        "object": "realtime.session",
        "mode": "server_commit",
        "model": model,
        "voice": DEFAULT_VOICE,
        "response_format": "pcm",
        "sample_rate": 24000,
        "id": session_id,
    }
    return event("session.created", session=session)


def session_updated(session_id: str, model: str, shown: dict[str, Any]) -> Event:
    """The session as it is now; what the client did not set and has no documented place is left out."""
    return event("session.updated", session={"id": session_id, "object": "realtime.session", "model": model, **shown})


def error(code: str, message: str) -> Event:
    """Something was refused; the session goes on."""
    return event("error", error={"code": code, "message": message})


@dataclass(frozen=True, slots=True)
class ResponseEvents:
    """The events of one response, in the order in which they are sent."""

    voice: str
    response_id: str = field(default_factory=lambda: new_id("resp"))
    item_id: str = field(default_factory=lambda: new_id("item"))

    def opening(self) -> list[Event]:
        """What comes before the sound."""
        response: Event = {
            "id": self.response_id,
            "object": "realtime.response",
            "conversation_id": "",
            "status": "in_progress",
            "voice": self.voice,
            "output": [],
        }
        return [
            event("response.created", response=response),
            event("response.output_item.added", **self._item("in_progress", [])),
            event("response.content_part.added", **self._place(), part={"type": "audio", "text": ""}),
        ]

    def delta(self, audio: str) -> Event:
        """A piece of sound, in base64."""
        return event("response.audio.delta", **self._place(), delta=audio)

    def closing(self, status: str, characters: int) -> list[Event]:
        """What comes after the sound.

        Args:
            status: completed, incomplete or failed.
            characters: What was billed.
        """
        shown = "completed" if status == "completed" else "incomplete"
        item = {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": shown,
            "role": "assistant",
            "content": [{"type": "audio", "transcript": ""}],
        }
        response = {
            "id": self.response_id,
            "object": "realtime.response",
            "conversation_id": "",
            "status": status,
            "modalities": ["text", "audio"],
            "voice": self.voice,
            "output": [item],
            "usage": {"characters": characters},
        }
        return [
            event("response.audio.done", **self._place()),
            event("response.content_part.done", **self._place(), part={"type": "audio", "text": ""}),
            event("response.output_item.done", **self._item(shown, [{"type": "audio", "text": ""}])),
            event("response.done", response=response),
        ]

    def _place(self) -> dict[str, Any]:
        return {"response_id": self.response_id, "item_id": self.item_id, "output_index": 0, "content_index": 0}

    def _item(self, status: str, content: list[dict[str, str]]) -> dict[str, Any]:
        item = {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }
        return {"response_id": self.response_id, "output_index": 0, "item": item}
