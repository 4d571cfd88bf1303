"""Fetching audio that the vendor names by URL, as if the URL came from an enemy.

Two places only: the vendor's storage (`*.aliyuncs.com`, always by https), and our own origin where that is loopback, as a sandbox
is. No redirect is followed; no key and no cookie is sent. Storage is resolved once, and the address that was judged is the one
connected to, with the name's own certificate. Refuses to know what the audio is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass
from typing import Final

import httpx2

from ..errors import ConnectionLostError, DeadlineError, ProtocolError, RejectedError, UnavailableError
from ..setting import is_loopback
from . import addresses, deadlines
from .clients import USER_AGENT, open_client
from .refusals import NEVER_LEFT

STORAGE: Final = "aliyuncs.com"
MAX_AUDIO_BYTES: Final = 64 * 1024 * 1024
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_PORTS: Final = {"http": 80, "https": 443}
_ADDRESSES_TRIED: Final = 4
_GONE: Final = frozenset({403, 404, 410})
_AGAIN: Final = "It is paid for and kept by the vendor for 24 hours: fetch it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How to fetch: from where besides storage, by what, and how long.

    Args:
        allowed_origin: Scheme, host and port of the one other place; counted only where it is loopback or has a `client`.
        client: Speaks to `allowed_origin`: an in-process sandbox can be reached in no other way. A fresh one when None.
        transport: Carries what goes to storage; the network when None.
        resolve: Finds the addresses of storage.
        connect_s: For one connection.
        total_s: For one whole download.
    """

    allowed_origin: str
    client: httpx2.AsyncClient | None = None
    transport: httpx2.AsyncBaseTransport | None = None
    resolve: addresses.Resolver = addresses.resolve
    connect_s: float = 10.0
    total_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be followed, and whether it leads to the vendor's storage."""

    url: httpx2.URL
    in_storage: bool


async def fetch(url: str, *, max_bytes: int = MAX_AUDIO_BYTES, by: Fetching) -> bytes:
    """Fetch what a URL of the vendor's names, whole. Raises what `stream` does."""
    async with aclosing(stream(url, max_bytes=max_bytes, by=by)) as pieces:
        return b"".join([piece async for piece in pieces])


async def stream(url: str, *, max_bytes: int = MAX_AUDIO_BYTES, by: Fetching) -> AsyncGenerator[bytes]:
    """Fetch piece by piece. The audio behind a URL has been paid for, so every error's `billed` is "yes".

    Raises:
        ProtocolError: `audio_url_refused`: not a URL to follow. Else: too large, or no audio (a redirect).
        RejectedError: `audio_gone`: the URL has expired (they live 24 hours).
        UnavailableError: Nothing could be reached, or the storage failed.
        ConnectionLostError: It ended before the length that it had stated.
        DeadlineError: It took longer than `total_s`.
    """
    target = admit(url, by)
    deadline = deadlines.after(by.total_s)
    try:
        async with aclosing(_pieces(target, max_bytes, by, deadline)) as pieces:
            async for piece in pieces:
                yield piece
    except (TimeoutError, httpx2.TimeoutException) as late:
        raise DeadlineError("The audio did not arrive in time.", hint=_AGAIN, billed="yes") from late
    except (httpx2.HTTPError, OSError) as broken:
        raise ConnectionLostError("The connection broke during the download.", hint=_AGAIN, billed="yes") from broken


def admit(url: str, by: Fetching) -> Target:
    """Decide whether a URL may be followed, reading it with the parser that will also connect.

    Raises:
        ProtocolError: `audio_url_refused`.
    """
    try:
        parsed, own = httpx2.URL(url).copy_with(fragment=None), httpx2.URL(by.allowed_origin)
        place, own_place = _place(parsed), _place(own)
    except (httpx2.InvalidURL, LookupError, ValueError) as error:
        raise _refused("is not one of the web") from error
    if parsed.userinfo:
        raise _refused("carries a user name")
    if place == own_place and (by.client is not None or is_loopback(own.host)):
        return Target(parsed, in_storage=False)
    _, host, port = place
    if not _HOST.fullmatch(host) or not f".{host}".endswith(f".{STORAGE}"):
        raise _refused("leads outside the vendor's storage")
    if port not in _PORTS.values():
        raise _refused("names a port that is not the storage's")
    return Target(parsed.copy_with(scheme="https", port=None), in_storage=True)


def _place(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.raw_host.decode("ascii").lower(), url.port or _PORTS[url.scheme]


async def _pieces(target: Target, max_bytes: int, by: Fetching, deadline: float) -> AsyncGenerator[bytes]:
    async with _client(target, by) as client:
        response = await deadlines.within(deadline, _open(client, target, by))
        try:
            stated = _judge(response, max_bytes)
            received = 0
            async with aclosing(response.aiter_bytes()) as body:
                while (piece := await deadlines.within(deadline, anext(body, None))) is not None:
                    received += len(piece)
                    if received > max_bytes:
                        raise _too_large(max_bytes)
                    yield piece
            if stated is not None and received != stated:
                raise httpx2.RemoteProtocolError(f"{received} of {stated} bytes came")
        finally:
            await response.aclose()


def _client(target: Target, by: Fetching) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    if target.in_storage:
        return open_client(outside=True, transport=by.transport)
    return nullcontext(by.client) if by.client else open_client(outside=False, tls=target.url.scheme == "https")


async def _open(client: httpx2.AsyncClient, target: Target, by: Fetching) -> httpx2.Response:
    if not target.in_storage:
        try:
            return await client.send(_request(target.url, by), stream=True)
        except NEVER_LEFT as error:
            raise _unreachable() from error
    host = target.url.host
    failure: Exception | None = None
    for address in await _judged_addresses(host, by):
        try:
            # The name stays in the Host header, in the TLS greeting and in what the certificate must say.
            pinned = _request(target.url.copy_with(host=address), by, host=host)
            return await client.send(pinned, stream=True)
        except NEVER_LEFT as error:
            failure = error
    raise _unreachable() from failure


async def _judged_addresses(host: str, by: Fetching) -> list[str]:
    """Resolve once; one address that is not public condemns the name, since the next answer may lead with it."""
    try:
        found = list(dict.fromkeys(await by.resolve(host, _PORTS["https"])))
    except OSError as error:
        raise _unreachable() from error
    if not all(addresses.is_public(address) for address in found):
        raise _refused(
            "leads to an address that is not public",
            hint="A VPN or proxy that answers every name with an address of its own does this.",
        )
    return found[:_ADDRESSES_TRIED]


def _request(url: httpx2.URL, by: Fetching, host: str = "") -> httpx2.Request:
    headers = {"accept": "*/*", "accept-encoding": "identity", "user-agent": USER_AGENT}
    timeout = httpx2.Timeout(by.total_s, connect=by.connect_s)
    extensions = {"timeout": timeout.as_dict(), "sni_hostname": host} if host else {"timeout": timeout.as_dict()}
    return httpx2.Request("GET", url, headers=({"host": host} if host else {}) | headers, extensions=extensions)


def _judge(response: httpx2.Response, max_bytes: int) -> int | None:
    """Check the status and headers; the stated length in bytes, None where none is."""
    status = response.status_code
    if status in _GONE:
        raise RejectedError(
            "The audio is no longer there.",
            hint="Its URL lives 24 hours. Speak the text again; that costs again.",
            code="audio_gone",
            status=status,
            billed="yes",
        )
    if status >= 500:
        raise UnavailableError(
            f"The vendor's storage failed (HTTP {status}).", hint=_AGAIN, status=status, billed="yes"
        )
    if status != 200 or response.headers.get("content-encoding", "identity") != "identity":
        raise ProtocolError(
            f"The vendor's storage answered with no audio (HTTP {status}).", status=status, billed="yes"
        )
    stated = response.headers.get("content-length", "")
    length = int(stated) if re.fullmatch(r"[0-9]{1,18}", stated) else None
    if length is not None and length > max_bytes:
        raise _too_large(max_bytes)
    return length


def _refused(why: str, hint: str = "") -> ProtocolError:
    return ProtocolError(
        f"The audio was not fetched: its URL {why}.", hint=hint, code="audio_url_refused", billed="yes"
    )


def _too_large(max_bytes: int) -> ProtocolError:
    return ProtocolError(f"The audio is larger than {max_bytes} bytes.", code="audio_too_large", billed="yes")


def _unreachable() -> UnavailableError:
    return UnavailableError("The vendor's storage could not be reached.", hint=_AGAIN, billed="yes")
