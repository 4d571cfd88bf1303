"""One vLLM-Omni server: requests, its refusals as our errors, its speech as it comes. All of it is free: nothing is ever billed."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import httpx2

from ..dashscope.clients import USER_AGENT, open_client
from ..dashscope.sse import EventReader, TooLargeError
from ..errors import (
    ConnectionLostError,
    DeadlineError,
    InputError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UpstreamError,
    VoiceQuotaError,
)
from ..setting import is_loopback

_TIMEOUT: Final = httpx2.Timeout(120.0, connect=10.0)
"""A design or a line takes seconds on a GPU, and minutes where many wait for one."""
_ALL_S: Final = 240.0
"""For a whole request or stream: below what an unanswered purchase may be decided after."""
_MOST_BYTES: Final = 64 * 1024 * 1024
_TOO_LONG: Final = re.compile(r"Instructions too long \(max (\d+) characters\)")
_SAID: Final = 300
NOT_WANTED: Final = "refused"

log = logging.getLogger(__name__)


class Server:
    """A server at a base URL, to which `/v1/…` is added.

    Args:
        url: The base URL.
        key: Sent as a bearer token; "" for none.
        setting: The variable that names it, for errors.
    """

    def __init__(self, url: str, key: str, setting: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.setting = setting
        self._client = open_client(outside=not is_loopback(parts.hostname or ""), tls=parts.scheme == "https")
        self._headers = {"User-Agent": USER_AGENT, **({"Authorization": f"Bearer {key}"} if key else {})}

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def send(self, method: str, path: str, **body: Any) -> bytes:
        """Make a request and read the whole answer.

        Raises:
            UpstreamError: It refused, or could not be reached.
            InputError: It refused the description for its length.
        """
        request = self._client.build_request(
            method, f"{self.url}/v1{path}", headers=self._headers, timeout=_TIMEOUT, **body
        )
        try:
            with anyio.fail_after(_ALL_S):
                opened = await self._client.send(request, stream=True)
                try:
                    whole = await self._read(opened)
                finally:
                    await opened.aclose()
        except (httpx2.HTTPError, OSError) as error:  # a TimeoutError is an OSError
            raise self._broken(error) from error
        if opened.is_success:
            return whole
        raise self.refusal(opened.status_code, whole, opened.headers)

    async def json(self, path: str) -> Mapping[str, Any]:
        """What a GET answers."""
        answer = await self.send("GET", path)
        try:
            told: Any = json.loads(answer)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ProtocolError(f"{self.url} answered {path} with what is no JSON object.", billed="no")
        return told  # pyright: ignore[reportUnknownVariableType]  JSON

    async def speech(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes]:
        """Speak, and give PCM as it comes (24 kHz, 16 bits, mono). It ends only where the server says that it is whole."""
        asked = {**body, "response_format": "pcm", "stream": True, "stream_format": "sse"}
        request = self._client.build_request(
            "POST", f"{self.url}/v1/audio/speech", headers=self._headers, json=asked, timeout=_TIMEOUT
        )
        reader, received, by_s = EventReader(), 0, time.monotonic() + _ALL_S
        try:
            opened = await self._client.send(request, stream=True)
            try:
                if not opened.is_success:
                    raise self.refusal(opened.status_code, await self._read(opened), opened.headers)
                async with aclosing(opened.aiter_bytes()) as pieces:
                    async for piece in pieces:
                        for event in reader.feed(piece):
                            if event.name == "speech.audio.done":
                                if received:
                                    return
                                raise self._silent()
                            sound = self._sound(event.name, event.data)
                            received += len(sound)
                            yield sound
                        if time.monotonic() > by_s:
                            raise TimeoutError
            finally:
                await opened.aclose()
        except (httpx2.HTTPError, OSError, TooLargeError) as error:
            broken = self._broken(error)
            broken.received_bytes = received
            raise broken from error
        cut = self._broken(EOFError())
        cut.received_bytes = received
        raise cut

    async def _read(self, opened: httpx2.Response) -> bytes:
        whole = bytearray()
        async with aclosing(opened.aiter_bytes()) as pieces:
            async for piece in pieces:
                whole += piece
                if len(whole) > _MOST_BYTES:
                    raise ProtocolError(f"{self.url} answered with more than {_MOST_BYTES:,} bytes.", billed="no")
        return bytes(whole)

    def _silent(self) -> UpstreamError:
        hint = "Look at that server's log; then call again. Nothing is charged."
        return UnavailableError(f"The server at {self.url} spoke nothing.", hint=hint, code="not_spoken", billed="no")

    def refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> UpstreamError | InputError:
        """What the server refused with, as an error of ours."""
        said = _message(body)
        log.warning("%s answered %d: %r", self.url, status, said)  # its words go no further, like the vendor's
        if match := _TOO_LONG.search(said):
            return InputError(
                "voice_prompt",
                f"voice_prompt is longer than the {match[1]} characters that the server at {self.url} takes.",
                hint="Shorten it (review_description does by rule), or start the server with --tts-max-instructions-length.",
            )
        words = f"The server at {self.url} refused with {status}; its words are in the log."
        if status in {401, 403}:
            hint = "Set VOICE_DESIGN_OPEN_KEY to the key that the server was started with (--api-key)."
            return UpstreamError(words, hint=hint, code="unauthorized", status=status, billed="no")
        if status == 409:
            hint = "vLLM-Omni keeps uploaded voices in one process: start the Base server with --api-server-count 1."
            return RejectedError(words, hint=hint, status=status, billed="no")
        if "voice limit reached" in said:
            hint = "Delete voices, or raise SPEAKER_MAX_UPLOADED where that server is started."
            return VoiceQuotaError(words, hint=hint, status=status, billed="no")
        if status == 429:
            limited = RateLimitedError(words, hint="Call again in a moment.", status=status, billed="no")
            stated = headers.get("retry-after", "")
            limited.retry_after_s = float(stated) if stated.isdecimal() else 0.0
            return limited
        if status >= 500:
            return UnavailableError(
                words, hint="Look at that server's log; then call again.", status=status, billed="no"
            )
        hint = f"{self.setting} must lead to a server of the right checkpoint, and to its base URL without /v1."
        return RejectedError(words, hint=hint, code=NOT_WANTED, status=status, billed="no")

    def _sound(self, event: str, data: str) -> bytes:
        if event == "speech.audio.error":
            raise self.refusal(500, data.encode(), {})
        try:
            return base64.b64decode(json.loads(data)["audio"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise ProtocolError(f"{self.url} streamed what is no sound.", billed="no") from error

    def _broken(self, error: Exception) -> UpstreamError:
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            hint = f"Start it, or set {self.setting} to where it is."
            return UnavailableError(f"There is no server at {self.url}.", hint=hint, billed="no")
        kind = DeadlineError if isinstance(error, httpx2.TimeoutException | TimeoutError) else ConnectionLostError
        hint = "Call again; nothing is charged for speech of your own servers."
        return kind(f"The connection to {self.url} broke ({type(error).__name__}).", hint=hint, billed="no")


def _message(body: bytes) -> str:
    """The server's words, out of either of its two shapes of error."""
    try:
        told = json.loads(body)
    except ValueError:
        return body[:_SAID].decode("utf-8", "replace")
    error: Any = told.get("error", told) if isinstance(told, dict) else told  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  JSON
    said: Any = error.get("message", error) if isinstance(error, dict) else error  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  JSON
    return str(said)[:_SAID]  # pyright: ignore[reportUnknownArgumentType]  JSON
