"""Synthesized audio behind signed addresses that expire after 24 hours, as the vendor's object store gives it out."""

from __future__ import annotations

import base64
import hmac
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from voice_design_mcp.sandbox.state import State

LIFE_S = 86_400
_HOST = re.compile(r"[A-Za-z0-9.:_\[\]-]+\Z")
_NAME = re.compile(r"(\d+)-[0-9a-f]{32}(\.(?:wav|mp3|opus|pcm))\Z")
_MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".opus": "audio/ogg", ".pcm": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the audio is until `expires_at`, in unix seconds."""

    url: str
    expires_at: int


class AudioShelf:
    """The files kept in `folder`, one a synthesis.

    Args:
        folder: Made when the first file is kept.
        state: Holds the secret that signs the addresses.
        now: The clock, in unix seconds.
        origin: Scheme and host of the addresses; empty: http and the host that the request named.
    """

    def __init__(self, folder: Path, state: State, now: Callable[[], float], origin: str) -> None:
        self._folder = folder
        self._state = state
        self._now = now
        self._origin = origin.rstrip("/")

    def address(self, request: Request, response_format: str) -> tuple[str, Address]:
        """A new file's name, and the address at which it will be found."""
        expires_at = int(self._now()) + LIFE_S
        name = f"{expires_at}-{uuid.uuid4().hex}.{response_format}"
        signature = quote(self._signature(name, expires_at), safe="")
        origin = self._origin or f"http://{_host(request)}"
        return name, Address(f"{origin}/sandbox/audio/{name}?Expires={expires_at}&Signature={signature}", expires_at)

    def keep(self, name: str, sound: bytes) -> None:
        """Writes a file whole, and forgets those that expired."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{name}.part"
        part.write_bytes(sound)
        part.replace(self._folder / name)
        self._forget(lambda expires_at: expires_at < self._now())

    def clear(self) -> None:
        """Forgets every file."""
        self._forget(lambda _: True)

    async def fetch(self, request: Request) -> Response:
        """Answers a GET of an address: the file, or the object store's XML error."""
        name = request.path_params["name"]
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        match = _NAME.match(name)
        if match is None or match[1] != expires or not await to_thread.run_sync(self._is_signed, name, signature):
            return _refusal(403, "SignatureDoesNotMatch", "The signature does not match the address.")
        if self._now() > int(expires):
            return _refusal(403, "AccessDenied", "Request has expired.")
        try:
            sound = await to_thread.run_sync((self._folder / name).read_bytes)
        except FileNotFoundError:
            return _refusal(404, "NoSuchKey", "The specified key does not exist.")
        return Response(sound, media_type=_MEDIA_TYPES[match[2]])

    def _is_signed(self, name: str, signature: str) -> bool:
        match = _NAME.match(name)
        expected = self._signature(name, int(match[1])) if match else ""
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    def _signature(self, name: str, expires_at: int) -> str:
        digest = hmac.digest(self._state.secret(), f"{name}\n{expires_at}".encode(), "sha256")
        return base64.b64encode(digest).decode("ascii")

    def _forget(self, goes: Callable[[int], bool]) -> None:
        for path in self._folder.glob("*.*"):
            match = _NAME.match(path.name)
            if match and goes(int(match[1])):
                path.unlink(missing_ok=True)


def _host(request: Request) -> str:
    named = request.headers.get("host", "")
    if _HOST.match(named):
        return named
    host, port = request.scope.get("server") or ("127.0.0.1", None)
    return f"{host}:{port}" if port else str(host)


def _refusal(status: int, code: str, message: str) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>{code}</Code>\n  <Message>{message}</Message>\n</Error>\n'
    return Response(xml, status_code=status, media_type="application/xml")
