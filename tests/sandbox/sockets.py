"""A WebSocket client of the tests' own: it shows every frame, how a connection ended, and sends any handshake as it stands."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

REALTIME = "/api-ws/v1/realtime"
INFERENCE = "/api-ws/v1/inference"

Event = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a connection ended: with a closing frame, or without one (`code` 0): "eof" or "reset"."""

    code: int
    reason: str


class DeniedError(Exception):
    """The handshake was answered with an HTTP response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.headers = headers
        self.body = body


class Socket:
    """One connection, read frame by frame."""

    def __init__(self, base_url: str, target: str, headers: list[tuple[str, str]]) -> None:
        address = urlsplit(base_url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._waiting: list[Any] = []
        self._text, self._bytes = "", b""
        self.ended: Ended | None = None
        self.headers: dict[str, str] = {}
        host = f"{address.hostname}:{address.port}"
        extra = [(name.encode(), value.encode()) for name, value in headers]
        self._socket.sendall(self._protocol.send(Request(host=host, target=target, extra_headers=extra)))
        self._shake_hands()

    def send(self, *events: Event | str | bytes) -> None:
        for event in events:
            frame = event if isinstance(event, bytes) else event if isinstance(event, str) else json.dumps(event)
            message = BytesMessage(frame) if isinstance(frame, bytes) else TextMessage(frame)
            self._socket.sendall(self._protocol.send(message))

    def raw(self) -> str | bytes | Ended:
        """The next frame as it came, or how the connection ended."""
        while not self._waiting and self.ended is None:
            self._read()
        return self._waiting.pop(0) if self._waiting else self.ended or Ended(0, "eof")

    def next(self) -> Any:
        """The next frame: an event, or sound; or how the connection ended."""
        frame = self.raw()
        return json.loads(frame) if isinstance(frame, str) else frame

    def until(self, kind: str) -> list[Any]:
        """Every frame up to and including the event of that kind."""
        frames: list[Any] = []
        while True:
            frame = self.next()
            frames.append(frame)
            assert not isinstance(frame, Ended), frames[-3:]
            if isinstance(frame, dict) and kind_of(frame) == kind:
                return frames

    def rest(self) -> list[Any]:
        """Every frame that is still to come; `ended` then says how it ended."""
        frames: list[Any] = []
        while not isinstance(frame := self.next(), Ended):
            frames.append(frame)
        return frames

    def close(self) -> None:
        self._socket.close()

    def _shake_hands(self) -> None:
        status, headers, body = 0, dict[str, str](), b""
        while True:
            for event in self._events():
                if isinstance(event, AcceptConnection):
                    self.headers = {name.decode(): value.decode() for name, value in event.extra_headers}
                    self._keep(self._events())
                    return
                if isinstance(event, RejectConnection):
                    status = event.status_code
                    headers = {name.decode().lower(): value.decode() for name, value in event.headers}
                elif isinstance(event, RejectData):
                    body += event.data
                    if event.body_finished:
                        self.close()
                        raise DeniedError(status, headers, body)
            if not self._take():
                self.close()
                raise ConnectionError(self.ended)

    def _read(self) -> None:
        if self._take():
            self._keep(self._events())

    def _take(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            self.ended = Ended(0, "reset")
            return False
        if not data:
            self.ended = Ended(0, "eof")
            return False
        self._protocol.receive_data(data)
        return True

    def _events(self) -> list[Any]:
        return list(self._protocol.events())

    def _keep(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    self._waiting.append(self._text)
                    self._text = ""
            elif isinstance(event, BytesMessage):
                self._bytes += event.data
                if event.message_finished:
                    self._waiting.append(self._bytes)
                    self._bytes = b""
            elif isinstance(event, CloseConnection):
                self.ended = Ended(int(event.code), event.reason or "")
                self._socket.sendall(self._protocol.send(event.response()))


def kind_of(event: Event) -> str:
    """What kind of event it is, in either protocol."""
    return event["type"] if "type" in event else event["header"]["event"]


def kinds(frames: list[Any]) -> list[str]:
    """The kinds of events, sound being "sound"."""
    return ["sound" if isinstance(frame, bytes) else kind_of(frame) for frame in frames]


@contextmanager
def connected(base_url: str, target: str, key: str = "sk-test", **headers: str) -> Generator[Socket]:
    """A connection that is closed at the end."""
    one = Socket(base_url, target, [("Authorization", f"Bearer {key}")] * bool(key) + list(headers.items()))
    try:
        yield one
    finally:
        one.close()
