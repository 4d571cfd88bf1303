"""A transport that sends a request's head together with its body, where httpcore2 sends one and then the other.

Each piece wakes the other side, and over TLS is a record of its own: apart, they are a good part of what a short request takes.
Refuses to know what is sent.
"""

from __future__ import annotations

import select
import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore2
import httpx2

_POST: Final = b"POST "
_CONNECTIONS: Final = 100
_KEPT: Final = 20
_KEPT_S: Final = 5.0
"""As httpx2 has them."""


class Transport(httpx2.AsyncHTTPTransport):
    """Connections over the network, without a proxy.

    Args:
        tls: The certificates that are trusted.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=_KEPT_S,
            network_backend=_Network(),
        )


class _Network(httpcore2.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._inner: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]  where there is no anyio it is none

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 the name is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return _Stream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))


class _Stream(httpcore2.AsyncNetworkStream):
    """Keeps the head of a POST until the next write, which is its body, or of nothing."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self._head = b""
        self._poll: select.poll | None = None
        if hasattr(select, "poll"):
            # Asked for twice a request. The way to the socket through anyio's attributes takes ten times as long as the asking.
            self._poll = select.poll()
            self._poll.register(inner.get_extra_info("socket"), select.POLLIN)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 the name is httpcore2's
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 the name is httpcore2's
        if not self._head and buffer.startswith(_POST):
            self._head = buffer
            return
        whole, self._head = self._head + buffer, b""
        await self._inner.write(whole, timeout)

    async def aclose(self) -> None:
        self._poll = None  # another connection may get the descriptor
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 the name is httpcore2's
    ) -> httpcore2.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._poll is not None:
            return bool(self._poll.poll(0))
        return self._inner.get_extra_info(info)
