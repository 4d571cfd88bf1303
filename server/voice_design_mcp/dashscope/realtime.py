"""The Qwen realtime protocol (`/api-ws/v1/realtime`), without I/O.

    server: session.created          client: session.update
    server: session.updated          client: the text, then session.finish      (server_commit: the server cuts the text itself)
                                     client: a part and its commit, and again    (commit: each part is one response, by itself)
                                             after its response.done; after the last one session.finish
    server: … response.audio.delta …, response.done for each response, session.finished

Only `session.finished` is the end: a session has as many responses as the server likes. The text waits for `session.updated`, so
that a refused voice costs nothing. Facts: Qwen-TTS-Realtime client and server events pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .dialogue import NOTHING, Refused, Turn, count, sound, text
from .plain import decoded

PATH: Final = "/api-ws/v1/realtime"
_FAILED: Final = frozenset({"failed", "incomplete", "cancelled"})


class RealtimeDialogue:
    """The seam is `Dialogue`.

    Args:
        model: The synthesis model.
        session: Voice, format and options, as `session.update` names them.
        parts: The text; several parts are spoken one by one, in commit mode.
        new_id: Makes an event id, another each time.
    """

    path = PATH

    def __init__(
        self, *, model: str, session: Mapping[str, Any], parts: Sequence[str], new_id: Callable[[], str]
    ) -> None:
        self.query = {"model": model}
        self.text_sent = False
        self.characters: int | None = None
        self.request_id = ""
        self._parts = list(parts)
        self._commits = len(parts) > 1
        self._session = {**session, "mode": "commit" if self._commits else "server_commit"}
        self._new_id = new_id
        self._finishing = False

    def opening(self) -> tuple[str, ...]:
        """Nothing: the server speaks first."""
        return ()

    def hear(self, frame: str | bytes) -> Turn:
        """Take an event of the server's. Those that carry nothing we need are passed over."""
        event = decoded(frame) if isinstance(frame, str) else None
        if event is None:
            return Turn(odd="a message that is no event")
        match text(event, "type"):
            case "session.created":
                self.request_id = text(event, "session", "id")
                return Turn(send=(self._event("session.update", session=self._session),))
            case "session.updated":
                return self._say() if not self.text_sent else NOTHING
            case "response.audio.delta":
                audio = sound(text(event, "delta"))
                return Turn(audio=audio) if audio is not None else Turn(odd="sound that is not base64")
            case "response.done":
                return self._response_done(event)
            case "session.finished":
                return Turn(finished=True) if self._finishing else Turn(odd="an end before the text was out")
            case "error":
                return Turn(refused=Refused(_code(event, "error"), text(event, "error", "message")))
            case _:
                return NOTHING

    def _say(self) -> Turn:
        """The next of the text; after the last of it the word that it was the last."""
        self.text_sent = True
        if self._commits and self._parts:
            appended = self._event("input_text_buffer.append", text=self._parts.pop(0))
            return Turn(send=(appended, self._event("input_text_buffer.commit")))
        self._finishing = True
        rest = [self._event("input_text_buffer.append", text=each) for each in self._parts]
        return Turn(send=(*rest, self._event("session.finish")))

    def _response_done(self, event: Mapping[str, Any]) -> Turn:
        characters = count(event, "response", "usage", "characters")
        if characters is not None:
            self.characters = (self.characters or 0) + characters
        if text(event, "response", "status") in _FAILED:
            code = _code(event, "response", "status_details", "error") or "InternalError"
            return Turn(refused=Refused(code, text(event, "response", "status_details", "error", "message")))
        return self._say() if not self._finishing else NOTHING

    def _event(self, kind: str, **fields: Any) -> str:
        return json.dumps({"event_id": self._new_id(), "type": kind, **fields}, ensure_ascii=False)


def _code(event: Mapping[str, Any], *names: str) -> str:
    return text(event, *names, "code") or text(event, *names, "type")
