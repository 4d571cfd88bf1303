"""The keys of an OAuth issuer: found by its metadata, kept for a while, asked for anew when a token names one that is not known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import anyio
from pydantic import TypeAdapter

from ..setting import is_loopback

if TYPE_CHECKING:
    import httpx2
    from jwt import PyJWK

METADATA: Final = ("oauth-authorization-server", "openid-configuration")
_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 1_000_000
_KEPT_S: Final = 300.0
_AGAIN_S: Final = 10.0
"""The least time between two requests: nobody makes us ask more often by sending tokens with invented keys."""
_STALE_S: Final = 3600.0
"""How long keys are believed while the issuer can't be asked."""

_OBJECT: Final = TypeAdapter(dict[str, Any])

log = logging.getLogger(__name__)


class IssuerUnavailableError(Exception):
    """The issuer's keys could not be had, so nothing is known of the token."""


class IssuerKeys:
    """The keys of one issuer.

    Args:
        issuer: Its URL, as its tokens name it.
        jwks_url: Where its keys are; "" to look that up in its metadata.
        clock_s: A clock that only goes forward, in seconds.
    """

    def __init__(self, issuer: str, jwks_url: str = "", clock_s: Callable[[], float] = monotonic) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._clock_s = clock_s
        self._keys: dict[str, PyJWK] = {}
        self._fetched_s = float("-inf")
        self._asked_s = float("-inf")
        self._asking = anyio.Lock()

    async def key(self, key_id: str) -> PyJWK | None:
        """The key of this id; None when the issuer has none.

        Raises:
            IssuerUnavailableError: The issuer could not be asked.
        """
        if key_id not in self._keys or self._age_s() > _KEPT_S:
            async with self._asking:
                if key_id not in self._keys or self._age_s() > _KEPT_S:
                    await self._ask()
        return self._keys.get(key_id)

    def _age_s(self) -> float:
        return self._clock_s() - self._fetched_s

    async def _ask(self) -> None:
        import httpx2

        if self._clock_s() - self._asked_s >= _AGAIN_S:
            self._asked_s = self._clock_s()
            try:
                async with httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
                    found = await self._fetch(client)
                self._keys, self._fetched_s = found, self._clock_s()
            except (httpx2.HTTPError, ValueError, KeyError) as error:
                log.warning("the issuer's keys could not be read: %s", type(error).__name__)
        if self._age_s() > _STALE_S:
            raise IssuerUnavailableError

    async def _fetch(self, client: httpx2.AsyncClient) -> dict[str, PyJWK]:
        from jwt import PyJWK
        from jwt.exceptions import PyJWKError

        jwks = await _json(client, self._jwks_url or await self._look_up(client))
        keys: dict[str, PyJWK] = {}
        for row in jwks["keys"]:
            if row.get("kty") == "oct" or row.get("use", "sig") != "sig":
                continue  # a shared secret is no key to verify with
            try:
                keys[str(row.get("kid", ""))] = PyJWK(row)
            except PyJWKError:  # of a kind that we don't know
                continue
        return keys

    async def _look_up(self, client: httpx2.AsyncClient) -> str:
        """Where the keys are, by the issuer's own metadata, which must name it as we do."""
        origin, path = self._issuer.rstrip("/"), urlsplit(self._issuer).path.rstrip("/")
        root = origin.removesuffix(path)
        for name in METADATA:
            for url in dict.fromkeys((f"{root}/.well-known/{name}{path}", f"{origin}/.well-known/{name}")):
                try:
                    metadata = await _json(client, url)
                except ValueError:
                    continue
                if metadata.get("issuer", "").rstrip("/") != origin:
                    raise ValueError("the metadata is another issuer's")
                return str(metadata["jwks_uri"])
        raise ValueError("the issuer has no metadata")


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    """The object at a URL of the issuer's.

    Raises:
        ValueError: It is not there, too large, or not over https.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("an issuer is asked over https")
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > _MOST_BYTES:
                raise ValueError("too large")
    return _OBJECT.validate_json(body)
