"""What both WebSocket protocols amount to, as plain values: after each frame, what to send, what was heard, and whether it is over.

Refuses to know sockets, clocks and errors.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Protocol, cast


@dataclass(frozen=True, slots=True)
class Refused:
    """The server says no. `words` are its own."""

    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one frame leads to. `odd`, not empty, says what is wrong with a frame that cannot be understood."""

    send: tuple[str, ...] = ()
    audio: bytes = b""
    finished: bool = False
    refused: Refused | None = None
    odd: str = ""


NOTHING = Turn()


class Dialogue(Protocol):
    """One speech over one connection, without I/O.

    `path` and `query` say where. `text_sent` is true from the turn that hands the text out; before it nothing can be billed.
    `characters` is what the server has counted so far, None where it has not. `request_id` is the best name that its support has.
    """

    path: str
    query: dict[str, str]
    text_sent: bool
    characters: int | None
    request_id: str

    def opening(self) -> tuple[str, ...]:
        """What to send as soon as the connection stands."""
        ...

    def hear(self, frame: str | bytes) -> Turn:
        """Take a frame of the server's."""
        ...


def part(message: Any, *names: str) -> Any:
    """What stands at a path in a JSON value, None where nothing does."""
    for name in names:
        if not isinstance(message, dict):
            return None
        message = cast("dict[str, Any]", message).get(name)
    return message


def text(message: Any, *names: str) -> str:
    """The text at a path in a JSON value, empty where there is none."""
    found = part(message, *names)
    return found if isinstance(found, str) else ""


def count(message: Any, *names: str) -> int | None:
    """The whole number at a path in a JSON value, None where there is none."""
    found = part(message, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def sound(encoded: str) -> bytes | None:
    """Base64 as bytes, None where it is none."""
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
