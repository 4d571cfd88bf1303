"""The connections to one origin, opened on first use, and what its answers say of it: whatever key goes over them.

Refuses to know keys and requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import httpx2

from ..setting import is_loopback
from .clients import open_client
from .plain import origin_of, socket_origin_of

SANDBOX_HEADER: Final = "x-voice-design-sandbox"
SANDBOX_ENGINE_HEADER: Final = "x-voice-design-sandbox-engine"


class Connections:
    """The connections to one origin.

    `sandbox` says whether the last answer was marked as a sandbox's, None before any; `sandbox_engine` which of a sandbox's engines
    spoke last; `server_date` is the last answer's `date` header.

    Args:
        base_url: Scheme, host and port.
        ws_url: The same for WebSockets (wss, or ws on loopback); empty for the same place.
        transport: Carries everything, in place of the network.

    Raises:
        ConfigError: A URL cannot be one.
    """

    def __init__(self, base_url: str, ws_url: str, transport: httpx2.AsyncBaseTransport | None) -> None:
        self.origin, self.host = origin_of(base_url)
        self.socket_origin, self.socket_host = socket_origin_of(ws_url, base_url)
        self.transport = transport
        self.sandbox: bool | None = None
        self.sandbox_engine = ""
        self.server_date = ""

    @property
    def inside(self) -> bool:
        """Whether the other end is on this machine."""
        return self.transport is not None or is_loopback(self.host)

    @cached_property
    def client(self) -> httpx2.AsyncClient:
        """For requests. Opened on first use: the certificates of the machine take longer to load than the server to start."""
        return open_client(outside=not self.inside, tls=self.origin.startswith("https:"), transport=self.transport)

    @cached_property
    def socket_client(self) -> httpx2.AsyncClient:
        """For WebSockets over the network."""
        from .sockets import socket_client

        return socket_client(outside=not is_loopback(self.socket_host), tls=self.socket_origin.startswith("https:"))

    def note(self, headers: Mapping[str, str]) -> None:
        """Take down what an answer says of its sender."""
        self.sandbox = headers.get(SANDBOX_HEADER) == "1"
        self.sandbox_engine = headers.get(SANDBOX_ENGINE_HEADER, self.sandbox_engine)
        self.server_date = headers.get("date", self.server_date)

    async def aclose(self) -> None:
        """Close them."""
        for opened in ("client", "socket_client"):
            if opened in self.__dict__:
                await self.__dict__[opened].aclose()
