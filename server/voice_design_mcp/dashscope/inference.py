"""The task protocol (`/api-ws/v1/inference`), without I/O.

    client: run-task                 server: task-started
    client: continue-task for each part of the text, finish-task
    server: … result-generated, each sentence-synthesis followed by a binary frame of sound …, task-finished (or task-failed)

Facts: CosyVoice client and server events pages. `task-finished` carries a count by the documents, and none in real runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .dialogue import NOTHING, Refused, Turn, count, text
from .plain import decoded

PATH: Final = "/api-ws/v1/inference"


class InferenceDialogue:
    """The seam is `Dialogue`.

    Args:
        model: The synthesis model.
        parameters: Voice, format and options, as `run-task` names them.
        parts: The text, in one or several parts.
        task_id: Names the task; new each time.
    """

    path = PATH

    def __init__(self, *, model: str, parameters: Mapping[str, Any], parts: Sequence[str], task_id: str) -> None:
        self.query: dict[str, str] = {}
        self.text_sent = False
        self.characters: int | None = None
        self.request_id = task_id
        self._model = model
        self._parameters = parameters
        self._parts = parts
        self._task_id = task_id

    def opening(self) -> tuple[str, ...]:
        """The task."""
        task = {
            "task_group": "audio",
            "task": "tts",
            "function": "SpeechSynthesizer",
            "model": self._model,
            "parameters": {"text_type": "PlainText", **self._parameters},
            "input": {},
        }
        return (self._command("run-task", task),)

    def hear(self, frame: str | bytes) -> Turn:
        """Take a frame of the server's: sound, or an event. Events that carry nothing we need are passed over."""
        if isinstance(frame, bytes):
            return Turn(audio=frame) if self.text_sent else Turn(odd="sound before any text")
        event = decoded(frame)
        if event is None:
            return Turn(odd="a message that is no event")
        counted = count(event, "payload", "usage", "characters")
        if counted is not None:
            self.characters = max(counted, self.characters or 0)
        self.request_id = text(event, "header", "attributes", "request_uuid") or self.request_id
        match text(event, "header", "event"):
            case "task-started" if not self.text_sent:
                return self._say()
            case "task-finished":
                return Turn(finished=True) if self.text_sent else Turn(odd="an end before the text was out")
            case "task-failed":
                return Turn(
                    refused=Refused(text(event, "header", "error_code"), text(event, "header", "error_message"))
                )
            case _:
                return NOTHING

    def _say(self) -> Turn:
        self.text_sent = True
        said = [self._command("continue-task", {"input": {"text": each}}) for each in self._parts]
        return Turn(send=(*said, self._command("finish-task", {"input": {}})))

    def _command(self, action: str, payload: Mapping[str, Any]) -> str:
        header = {"action": action, "task_id": self._task_id, "streaming": "duplex"}
        return json.dumps({"header": header, "payload": payload}, ensure_ascii=False)
