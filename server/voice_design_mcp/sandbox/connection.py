"""The socket under an answer, lent to each request by `server`, for faults that cut it.

Mounted in process there is no socket, and nothing here applies.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

from starlette.types import Scope

STATE_KEY = "voice_design_sandbox.connection"

_LINGER_FORMAT = "hh" if sys.platform == "win32" else "ii"


class Connection:
    """One client's connection; `close` and `reset` return when it is gone."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()

    def made(self, transport: asyncio.Transport) -> None:
        """Notes the transport; the protocol says so."""
        self._transport = transport

    def lost(self) -> None:
        """Notes the end; the protocol says so."""
        self._transport = None
        self._lost.set()

    def end_output(self) -> None:
        """Sends what was written, and that nothing follows; what the peer still sends can be read."""
        if self._transport is not None and self._transport.can_write_eof():
            self._transport.write_eof()

    async def close(self) -> None:
        """Sends what was written, then ends the connection in the middle of the message."""
        if self._transport is not None:
            self._transport.close()
        await self._lost.wait()

    async def reset(self) -> None:
        """Ends the connection with a TCP reset; what was not read yet is lost."""
        if self._transport is not None:
            peer: socket.socket | None = self._transport.get_extra_info("socket")
            if peer is not None:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER_FORMAT, 1, 0))
            self._transport.abort()
        await self._lost.wait()


def is_served(scope: Scope) -> bool:
    """Whether the request came over a socket that can be cut."""
    return STATE_KEY in scope.get("state", {})


def connection_of(scope: Scope) -> Connection:
    """The connection that a request came over.

    Raises:
        KeyError: The sandbox is mounted in process.
    """
    return scope["state"][STATE_KEY]
