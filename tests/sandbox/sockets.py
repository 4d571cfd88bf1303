"""A WebSocket client of the tests' own: it sends any handshake as it stands, shows every frame, and how a connection ended."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

REALTIME = "/api-ws/v1/realtime"
INFERENCE = "/api-ws/v1/inference"

Event = dict[str, Any]

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Ended:
    """How a connection ended: with a closing frame, or without one (`code` 0): "eof" or "reset"."""

    code: int
    reason: str


EOF, RESET = Ended(0, "eof"), Ended(0, "reset")


class DeniedError(Exception):
    """The handshake was answered with an HTTP response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.headers = headers
        self.body = body


class Socket:
    """One connection, read frame by frame.

    Args:
        base_url: Of the sandbox.
        request_line: Of the handshake.
        headers: All of them, in order; PORT stands for the sandbox's.

    Raises:
        DeniedError: The answer is another than 101.
        ConnectionError: There is none.
    """

    def __init__(self, base_url: str, request_line: str, headers: Iterable[tuple[str, str]]) -> None:
        address = urlsplit(base_url)
        named = list(headers)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        self._waiting: list[str | bytes] = []
        self._text, self._bytes = "", b""
        self.ended: Ended | None = None
        head = "".join(f"{line}\r\n" for line in (request_line, *(f"{name}: {value}" for name, value in named), ""))
        self._socket.sendall(head.replace("PORT", str(address.port)).encode())
        try:
            self.headers, rest = self._shake_hands(
                next(value for name, value in headers if name == "Sec-WebSocket-Key")
            )
        except BaseException:
            self.close()
            raise
        self._protocol = Connection(ConnectionType.CLIENT, trailing_data=rest)
        self._keep()

    def send(self, *events: Event | str | bytes) -> None:
        """Sends each as a frame; that the connection has ended is told by what is read."""
        for event in events:
            if self.ended is not None:
                return
            if isinstance(event, bytes):
                message = BytesMessage(event)
            else:
                message = TextMessage(event if isinstance(event, str) else json.dumps(event))
            with suppress(OSError):
                self._socket.sendall(self._protocol.send(message))

    def raw(self) -> str | bytes | Ended:
        """The next frame as it came, or how the connection ended."""
        while not self._waiting and self.ended is None:
            data = self._read()
            if data:
                self._protocol.receive_data(data)
                self._keep()
        return self._waiting.pop(0) if self._waiting else self.ended or EOF

    def next(self) -> Any:
        """The next frame: an event, or sound; or how the connection ended."""
        frame = self.raw()
        return json.loads(frame) if isinstance(frame, str) else frame

    def until(self, kind: str) -> list[Any]:
        """Every frame up to and including the event of that kind."""
        frames: list[Any] = []
        while True:
            frame = self.next()
            assert not isinstance(frame, Ended), (frame, frames[-3:])
            frames.append(frame)
            if isinstance(frame, dict) and kind_of(cast("Event", frame)) == kind:
                return frames

    def rest(self) -> list[Any]:
        """Every frame that is still to come; `ended` then says how it ended."""
        frames: list[Any] = []
        while not isinstance(frame := self.next(), Ended):
            frames.append(frame)
        return frames

    def close(self) -> None:
        self._socket.close()

    def _shake_hands(self, key: str) -> tuple[dict[str, str], bytes]:
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._needed()
        head, _, rest = answer.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status = int(status_line.split(" ")[1])
        if status != 101:
            while len(rest) < int(headers["content-length"]):
                rest += self._needed()
            raise DeniedError(status, headers, rest)
        digest = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
        assert headers["sec-websocket-accept"] == base64.b64encode(digest).decode("ascii")
        return headers, rest

    def _needed(self) -> bytes:
        data = self._read()
        if not data:
            raise ConnectionError(self.ended)
        return data

    def _read(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            self.ended = RESET
            return b""
        if not data:
            self.ended = EOF
        return data

    def _keep(self) -> None:
        for event in self._protocol.events():
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
                with suppress(OSError):
                    self._socket.sendall(self._protocol.send(event.response()))


def kind_of(event: Event) -> str:
    """What kind of event it is, in either protocol."""
    if "type" in event:
        return event["type"]
    kind = event["header"]["event"]
    return event["payload"]["output"]["type"] if kind == "result-generated" else kind


def kinds(frames: list[Any]) -> list[str]:
    """The kinds of events, sound being "sound"."""
    return ["sound" if isinstance(frame, bytes) else kind_of(frame) for frame in frames]


@contextmanager
def connected(base_url: str, target: str, key: str = "sk-test", **headers: str) -> Generator[Socket]:
    """A connection that is closed at the end."""
    all_headers = {
        "Upgrade": "websocket",
        "Host": "127.0.0.1:PORT",
        "Sec-WebSocket-Key": _KEY,
        "Sec-WebSocket-Version": "13",
        "Connection": "Upgrade",
    }
    if key:
        all_headers["Authorization"] = f"Bearer {key}"
    one = Socket(base_url, f"GET {target} HTTP/1.1", list((all_headers | headers).items()))
    try:
        yield one
    finally:
        one.close()
