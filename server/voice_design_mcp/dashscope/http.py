"""One HTTP client for the vendor: sends a JSON request, reads the answer within its bounds, tries again where that is safe.

Refuses to know what the requests mean. The key goes into one header and nowhere else.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Final, Self

import anyio
import httpx2
from pydantic_core import from_json

from ..config import is_loopback
from ..errors import ConfigError, InputError, UpstreamError
from . import addresses
from .clients import USER_AGENT, open_client
from .download import MAX_AUDIO_BYTES, Fetching, fetch, stream
from .exchange import Answer, Asked
from .refusals import breakdown, refusal, unreadable
from .retries import Retries, decide

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
SANDBOX_HEADER: Final = "x-voice-design-sandbox"
_LOGGED_CHARACTERS: Final = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. A purchase is waited for past the vendor's own limit of 300: its answer, preview and all, comes only once.

    Args:
        connect_s: For each of finding, reaching and greeting the vendor.
        read_s: For one try of a request that costs nothing.
        read_total_s: For all its tries and the waits between.
        purchase_s: For one try of a purchase.
        purchase_total_s: For all its tries; below the 360 after which an unanswered purchase may be decided.
        download_s: For one download.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    read_total_s: float = 100.0
    purchase_s: float = 305.0
    purchase_total_s: float = 345.0
    download_s: float = 120.0


class Http:
    """The way to the vendor. Use as an async context manager, or close it.

    `sandbox` says whether the last answer was marked as a sandbox's; None before any.

    Args:
        base_url: Scheme, host and port. The paths are added.
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
        workspace_id: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
        storage_transport: httpx2.AsyncBaseTransport | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random.random,
        resolve: addresses.Resolver = addresses.resolve,
    ) -> None:
        self.origin, self.host = _origin(base_url)
        self.sandbox: bool | None = None
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
        self._transport = transport
        self._storage_transport = storage_transport
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or Retries()
        self._sleep = sleep
        self._jitter = jitter
        self._resolve = resolve

    def __repr__(self) -> str:
        return f"Http({self.origin!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()

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
        content = _encoded(body)
        headers = self._headers | {"Content-Type": "application/json"}
        return await self._answer(httpx2.Request("POST", self.origin + path, content=content, headers=headers), asked)

    async def get(self, path: str, params: Mapping[str, str | int]) -> Answer:
        """Ask for something free. Raises as `post`."""
        asked = Asked(self.host, str(params.get("model", "")), purchase=False)
        request = httpx2.Request("GET", self.origin + path, params=dict(params), headers=self._headers)
        return await self._answer(request, asked)

    async def download(self, url: str, *, max_bytes: int = MAX_AUDIO_BYTES) -> bytes:
        """Fetch audio that an answer named, whole. Raises as `download.stream`; the caller may try again for a day."""
        return await fetch(url, max_bytes=max_bytes, by=self._fetching())

    def stream(self, url: str, *, max_bytes: int = MAX_AUDIO_BYTES) -> AsyncGenerator[bytes]:
        """Fetch audio that an answer named, piece by piece. Raises as `download.stream`."""
        return stream(url, max_bytes=max_bytes, by=self._fetching())

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        # Opened on first use: the certificates of the machine take longer to load than the server to start.
        inside = self._transport is not None or is_loopback(self.host)
        return open_client(outside=not inside, tls=self.origin.startswith("https:"), transport=self._transport)

    def _fetching(self) -> Fetching:
        return Fetching(
            allowed_origin=self.origin,
            client=self._client if self._transport is not None or is_loopback(self.host) else None,
            transport=self._storage_transport,
            resolve=self._resolve,
            connect_s=self._timeouts.connect_s,
            total_s=self._timeouts.download_s,
        )

    async def _answer(self, request: httpx2.Request, asked: Asked) -> Answer:
        limits = self._timeouts
        try_s, total_s = (
            (limits.purchase_s, limits.purchase_total_s) if asked.purchase else (limits.read_s, limits.read_total_s)
        )
        started_s, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                return await self._try_once(request, asked, try_s)
            except UpstreamError as error:
                spare_s = total_s - try_s - (time.monotonic() - started_s)
                wait_s = decide(
                    error,
                    purchase=asked.purchase,
                    tries=tries,
                    spare_s=spare_s,
                    jitter=self._jitter(),
                    policy=self._retries,
                )
                if wait_s is None:
                    raise
                _log.info("trying again in %.1f s after: %s", wait_s, error)
            await self._sleep(wait_s)

    async def _try_once(self, request: httpx2.Request, asked: Asked, try_s: float) -> Answer:
        timeout = httpx2.Timeout(try_s, connect=self._timeouts.connect_s, pool=self._timeouts.connect_s)
        request.extensions["timeout"] = timeout.as_dict()
        client = self._client  # opened before the try: what fails in that has not been sent
        try:
            # Around the whole: httpx2's own clock starts anew with every piece of a slow answer.
            with anyio.fail_after(try_s):
                response = await client.send(request, stream=True)
                try:
                    answer = await self._read(response, asked)
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, OSError) as broken:
            error = breakdown(asked, broken)
            _log.info("%s %s: %s", request.method, request.url.path, type(broken).__name__)
            raise error from broken
        error = refusal(asked, answer)
        if error is not None:
            self._log_refusal(request, answer)
            raise error
        return answer

    async def _read(self, response: httpx2.Response, asked: Asked) -> Answer:
        self.sandbox = response.headers.get(SANDBOX_HEADER) == "1"
        body = bytearray()
        async with aclosing(response.aiter_bytes()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    cut = Answer(response.status_code, response.headers, b"", None, hidden=self._key)
                    raise unreadable(asked, cut, f"it is larger than {MAX_ANSWER_BYTES} bytes")
        return Answer(response.status_code, response.headers, bytes(body), _object(bytes(body)), hidden=self._key)

    def _log_refusal(self, request: httpx2.Request, answer: Answer) -> None:
        """Log the vendor's own words, which go no further: on one line, escaped, cut, without the key."""
        words = answer.field("message") or answer.text
        _log.info(
            "%s %s refused: HTTP %d, code %r, request %r, message %r",
            request.method,
            request.url.path,
            answer.status,
            answer.vendor_code,
            answer.request_id,
            words[:_LOGGED_CHARACTERS],
        )


def _origin(base_url: str) -> tuple[str, str]:
    """The origin as it is written into requests, and its host."""
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL as error:
        raise ConfigError("The vendor's base URL is not a URL.") from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.raw_path != b"/" or url.fragment:
        raise ConfigError("The vendor's base URL must be scheme, host and port, nothing more.")
    return str(url).rstrip("/"), url.raw_host.decode("ascii").lower()


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        fields: Mapping[str, Any] = body.get("input", {})
        broken = (name for name, value in fields.items() if isinstance(value, str) and not _is_text(value))
        raise InputError(next(broken, "input"), "It holds half of a surrogate pair, which is no character.") from error


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = from_json(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType] JSON enters here
