"""Server-sent events out of bytes, as the vendor writes them: without I/O.

The standard's framing (any line ending, several `data` lines to an event), and the vendor's two ways of naming a status: a field
`status:400` and a comment `:HTTP_STATUS/400`. Refuses to know what the data means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_EVENT_BYTES: Final = 16 * 1024 * 1024
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_STATUS: Final = re.compile(r"(?::\s*HTTP_STATUS/|status:\s*)(\d{3})")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `status` is 0 where the event names none."""

    name: str
    data: str
    status: int


class TooLargeError(ValueError):
    """An event is larger than any of the vendor's."""


class EventReader:
    """Takes bytes as they come and gives events as they are whole. What is left at the end of the stream was never one."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._rest = bytearray()
        self._searched = 0
        self._fresh()

    def feed(self, data: bytes) -> Iterator[Event]:
        """Give the events that these bytes complete.

        Raises:
            TooLargeError: The event under way has grown beyond the bound.
        """
        self._rest += data
        for line in self._lines():
            if line:
                self._take(line)
            elif self._data or self._name:
                yield Event(self._name or "message", "\n".join(self._data), self._status)
                self._fresh()
            else:
                self._fresh()
        self._bound(len(self._rest))

    def _lines(self) -> Iterator[str]:
        while match := _LINE_END.search(self._rest, self._searched):
            if match.group() == b"\r" and match.end() == len(self._rest):
                break  # the other half of a line ending may be on its way
            line = bytes(self._rest[: match.start()]).decode("utf-8", "replace")
            del self._rest[: match.end()]
            self._searched = 0
            yield line.removeprefix("\ufeff")
        else:
            self._searched = len(self._rest)

    def _take(self, line: str) -> None:
        self._size += len(line)
        self._bound(0)
        name, _, value = line.partition(":")
        if status := _STATUS.fullmatch(line):
            self._status = int(status[1])
        elif name == "event":
            self._name = value.removeprefix(" ")
        elif name == "data":
            self._data.append(value.removeprefix(" "))

    def _bound(self, more: int) -> None:
        if self._size + more > self._max_event_bytes:
            raise TooLargeError

    def _fresh(self) -> None:
        self._name, self._data, self._status, self._size = "", list[str](), 0, 0
