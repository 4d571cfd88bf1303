"""One HTTP client for the vendor: sends a JSON request, reads the answer within its bounds, tries again where that is safe.

Refuses to know what the requests mean. The key goes into one header and nowhere else.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, nullcontext
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import anyio
import httpx2

from ..errors import ConfigError, UpstreamError
from ..watching import watched
from . import addresses, deadlines
from .clients import USER_AGENT
from .connections import SANDBOX_HEADER, Connections
from .download import MAX_AUDIO_BYTES, Fetching, fetch, stream
from .exchange import Answer, Asked
from .plain import decoded, encoded
from .refusals import breakdown, closed, refusal, unreadable
from .retries import Retries, decide
from .sse import Event, EventReader, TooLargeError

if TYPE_CHECKING:
    from .sockets import Socket

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_LOGGED_CHARACTERS: Final = 300
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. A purchase is waited for past the vendor's own limit of 300: its answer, preview and all, comes only once.

    Args:
        connect_s: For each of finding, reaching and greeting the vendor.
        read_s: For one try of a request that costs nothing.
        read_total_s: For all its tries and the waits between.
        purchase_s: For one try of a purchase.
        purchase_total_s: For all its tries, or one whole stream; below the 360 after which an unanswered purchase may be decided.
        silence_s: For the next piece of a stream, the first included.
        greet_s: For a WebSocket's handshake, and again for its first word; nothing is bought before.
        close_s: For a WebSocket's goodbye.
        download_s: For one download.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    read_total_s: float = 100.0
    purchase_s: float = 305.0
    purchase_total_s: float = 345.0
    silence_s: float = 60.0
    greet_s: float = 20.0
    close_s: float = 2.0
    download_s: float = 120.0


class Http:
    """The way to the vendor. Use as an async context manager, or close it.

    Args:
        base_url: Scheme, host and port. The paths are added.
        ws_url: The same for WebSockets (wss, or ws on loopback); empty for the same place.
        api_key: Empty to send none, as for an in-process sandbox.
        workspace_id: Sent as a header, except to the workspace's own host, whose name says it.
        transport: Carries everything to `base_url`, in place of the network.
        storage_transport: The same for downloads from the vendor's storage.
        timeouts: All the waiting that is done.
        retries: The bounds of trying again.
        sleep: Waits between tries.
        jitter: Yields a number from 0 to 1.
        resolve: Finds the addresses of the vendor's storage.

    Raises:
        ConfigError: The key or the URL cannot be one.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        ws_url: str = "",
        workspace_id: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
        storage_transport: httpx2.AsyncBaseTransport | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random.random,
        resolve: addresses.Resolver = addresses.resolve,
    ) -> None:
        self.connections = Connections(base_url, ws_url, transport)
        if not re.fullmatch(r"[\x21-\x7e]*", api_key):
            raise ConfigError("DASHSCOPE_API_KEY holds a space or another character that no key has.")
        self._key = api_key
        own_host = self.host.startswith(f"{workspace_id}.".lower())
        self._headers = {
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            **({"Authorization": f"Bearer {api_key}"} if api_key else {}),
            **({"X-DashScope-WorkSpace": workspace_id} if workspace_id and not own_host else {}),
        }
        self._storage_transport = storage_transport
        self.timeouts = timeouts or Timeouts()
        self.retries = retries or Retries()
        self._sleep = sleep
        self._jitter = jitter
        self._resolve = resolve

    def __repr__(self) -> str:
        return f"Http({self.origin!r})"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.connections.origin

    @property
    def host(self) -> str:
        """The host that is spoken to."""
        return self.connections.host

    def with_key(self, api_key: str) -> Http:
        """The same way for another account, over the same connections, which are not its to close."""
        other = copy(self)
        other._key = api_key  # noqa: SLF001 of its own class
        other._headers = self._headers | {"Authorization": f"Bearer {api_key}"}  # noqa: SLF001 of its own class
        return other

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self.connections.aclose()

    async def post(self, path: str, body: Mapping[str, Any], *, purchase: bool) -> Answer:
        """Send a request and return the answer, a result for certain.

        Args:
            path: Absolute, below the origin.
            body: Sent as JSON. Its `model` is named in errors.
            purchase: Whether it costs money: then it is never sent twice, except where the first certainly cost nothing.

        Raises:
            UpstreamError: With `billed`, which is "no" unless this is a purchase.
            InputError: A text that is no text (half a surrogate pair) cannot be sent.
        """
        asked = Asked(self.host, str(body.get("model", "")), purchase)
        request = self._posting(path, body, {})
        with watched("vendor", _operation(path, body)):
            return await self._retried(asked, partial(self._answered, request, asked))

    async def get(self, path: str, params: Mapping[str, str | int]) -> Answer:
        """Ask for something free. Raises as `post`."""
        asked = Asked(self.host, str(params.get("model", "")), purchase=False)
        request = httpx2.Request("GET", self.origin + path, params=dict(params), headers=self._headers)
        with watched("vendor", _operation(path)):
            return await self._retried(asked, partial(self._answered, request, asked))

    async def events(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Event]:
        """Send a purchase whose answer streams, and give its events as they come; an answer that is whole is one event.

        That it ends says nothing: the events say whether they were all. Raises as `post`, in the middle too.
        """
        asked = Asked(self.host, str(body.get("model", "")), purchase=True)
        request = self._posting(path, body, {"Accept": "text/event-stream", "X-DashScope-SSE": "enable"})
        deadline = deadlines.after(self.timeouts.purchase_total_s)
        with watched("vendor", _operation(path)):
            opened = await self._retried(asked, partial(self._streaming, request, asked))
        if isinstance(opened, Answer):
            yield Event("result", opened.body.decode("utf-8", "replace"), opened.status)
            return
        reader = EventReader()
        try:
            async with aclosing(opened.aiter_bytes()) as pieces:
                while (piece := await self._next(pieces, deadline)) is not None:
                    for event in reader.feed(piece):
                        yield event
        except (httpx2.HTTPError, OSError) as broken:
            raise breakdown(asked, broken) from broken
        except TooLargeError as error:
            raise unreadable(asked, self._heard(opened, b""), "one piece of it is larger than any should be") from error
        finally:
            await opened.aclose()

    async def socket(self, path: str, params: Mapping[str, str], model: str) -> Socket:
        """Open a WebSocket. Nothing is bought by opening it: it is tried again like a read, and every error's `billed` is "no"."""
        asked = Asked(self.connections.socket_host, model, purchase=False)
        url = httpx2.URL(self.connections.socket_origin + path, params=dict(params))
        with watched("vendor", _operation(path)):
            return await self._retried(asked, partial(self._connected, str(url), asked))

    async def download(self, url: str, *, max_bytes: int = MAX_AUDIO_BYTES) -> bytes:
        """Fetch audio that an answer named, whole. Raises as `download.stream`; the caller may try again for a day."""
        return await fetch(url, max_bytes=max_bytes, by=self._fetching())

    def stream(self, url: str, *, max_bytes: int = MAX_AUDIO_BYTES) -> AsyncGenerator[bytes]:
        """Fetch audio that an answer named, piece by piece. Raises as `download.stream`."""
        return stream(url, max_bytes=max_bytes, by=self._fetching())

    def told(self, status: int, parsed: dict[str, Any] | None) -> Answer:
        """An answer made of what was said in the middle of a stream."""
        return Answer(status, {}, b"", parsed, hidden=self._key)

    def log_refusal(self, method: str, what: str, answer: Answer) -> None:
        """Log the vendor's own words, which go no further: on one line, escaped, cut, without the key."""
        words = answer.field("message") or answer.text
        _log.info(
            "%s %s refused: HTTP %d, code %r, request %r, message %r",
            method,
            what,
            answer.status,
            answer.vendor_code,
            answer.request_id,
            words[:_LOGGED_CHARACTERS],
        )

    def _fetching(self) -> Fetching:
        return Fetching(
            allowed_origin=self.origin,
            client=self.connections.client if self.connections.inside else None,
            transport=self._storage_transport,
            resolve=self._resolve,
            connect_s=self.timeouts.connect_s,
            total_s=self.timeouts.download_s,
        )

    def _posting(self, path: str, body: Mapping[str, Any], more: Mapping[str, str]) -> httpx2.Request:
        headers = self._headers | {"Content-Type": "application/json", **more}
        return httpx2.Request("POST", _url(self.origin + path), content=encoded(body), headers=headers)

    async def _retried(self, asked: Asked, attempt: Callable[[float], Awaitable[_T]]) -> _T:
        limits = self.timeouts
        try_s, total_s = (
            (limits.purchase_s, limits.purchase_total_s) if asked.purchase else (limits.read_s, limits.read_total_s)
        )
        started_s, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                return await attempt(try_s)
            except UpstreamError as error:
                spare_s = total_s - try_s - (time.monotonic() - started_s)
                wait_s = decide(
                    error,
                    purchase=asked.purchase,
                    tries=tries,
                    spare_s=spare_s,
                    jitter=self._jitter(),
                    policy=self.retries,
                )
                if wait_s is None:
                    raise
                _log.info("trying again in %.1f s after: %s", wait_s, error)
            await self._sleep(wait_s)

    async def _answered(self, request: httpx2.Request, asked: Asked, try_s: float) -> Answer:
        """One try of a request whose answer comes whole."""
        client = self.connections.client  # opened before the try: what fails in that has not been sent
        try:
            # Around the whole: httpx2's own clock starts anew with every piece of a slow answer.
            with anyio.fail_after(try_s):
                response = await client.send(self._timed(request, try_s), stream=True)
                try:
                    answer = await self._read(response, asked)
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, OSError) as broken:
            raise self._broken(request, asked, broken) from broken
        return self._accepted(request, asked, answer)

    async def _streaming(self, request: httpx2.Request, asked: Asked, try_s: float) -> httpx2.Response | Answer:
        """One try of a request whose answer streams: the open answer, or the whole one where it does not."""
        client, within_s = self.connections.client, min(try_s, self.timeouts.silence_s)
        try:
            with anyio.fail_after(within_s):
                response = await client.send(self._timed(request, try_s), stream=True)
                if response.status_code == 200 and _is_event_stream(response):
                    self.connections.note(response.headers)
                    return response
                try:
                    answer = await self._read(response, asked)
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, OSError) as broken:
            raise self._broken(request, asked, broken) from broken
        return self._accepted(request, asked, answer)

    async def _connected(self, url: str, asked: Asked, _try_s: float) -> Socket:
        """One try of opening a WebSocket."""
        from httpx2 import websockets

        from . import sockets

        limits = self.timeouts
        client = (
            nullcontext(self.connections.socket_client)
            if self.connections.transport is None
            else sockets.on_transport(self.connections.transport)
        )
        headers = {name: value for name, value in self._headers.items() if name != "Accept"}
        dial = partial(sockets.dialled, client, url, headers, limits.connect_s)
        try:
            socket = await sockets.Socket.open(dial, within_s=limits.greet_s, close_s=limits.close_s)
        except websockets.WebSocketUpgradeError as refused:
            status, answered, body = sockets.refused(refused)
            answer = Answer(status, answered, body, decoded(body), hidden=self._key)
            self.connections.note(answered)
            self.log_refusal("GET", "WebSocket", answer)
            raise refusal(asked, answer) or unreadable(asked, answer, "it opened no WebSocket") from refused
        except websockets.WebSocketDisconnect as end:
            raise closed(asked, end.code, end.reason) from end
        except (httpx2.HTTPError, websockets.HTTPXWSException, OSError) as broken:
            raise breakdown(asked, broken) from broken
        if SANDBOX_HEADER in socket.headers:  # a handshake that does not say is no proof of the vendor
            self.connections.note(socket.headers)
        return socket

    async def _next(self, pieces: AsyncGenerator[bytes], deadline: float) -> bytes | None:
        return await deadlines.within(min(deadline, deadlines.after(self.timeouts.silence_s)), anext(pieces, None))

    def _timed(self, request: httpx2.Request, try_s: float) -> httpx2.Request:
        timeout = httpx2.Timeout(try_s, connect=self.timeouts.connect_s, pool=self.timeouts.connect_s)
        request.extensions["timeout"] = timeout.as_dict()
        return request

    def _broken(self, request: httpx2.Request, asked: Asked, broken: Exception) -> UpstreamError:
        _log.info("%s %s: %s", request.method, request.url.path, type(broken).__name__)
        return breakdown(asked, broken)

    def _accepted(self, request: httpx2.Request, asked: Asked, answer: Answer) -> Answer:
        error = refusal(asked, answer)
        if error is not None:
            self.log_refusal(request.method, request.url.path, answer)
            raise error
        return answer

    async def _read(self, response: httpx2.Response, asked: Asked) -> Answer:
        self.connections.note(response.headers)
        body = bytearray()
        async with aclosing(response.aiter_bytes()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise unreadable(asked, self._heard(response, b""), f"it is larger than {MAX_ANSWER_BYTES} bytes")
        return self._heard(response, bytes(body))

    def _heard(self, response: httpx2.Response, body: bytes) -> Answer:
        return Answer(response.status_code, response.headers, body, decoded(body), hidden=self._key)


@lru_cache
def _url(url: str) -> httpx2.URL:
    """A URL, taken apart once: there are few, and each takes as long as a statement of the database."""
    return httpx2.URL(url)


def _is_event_stream(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"


def _operation(path: str, body: Mapping[str, Any] | None = None) -> str:
    """What a request asks for, in the vendor's word: the action of a customization, else the end of the path."""
    asked = (body or {}).get("input")
    action = str(asked.get("action", "")) if isinstance(asked, Mapping) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  JSON
    return action or path.rstrip("/").rpartition("/")[2]
