"""Serves the application until it is told to end, and then ends only when every purchase under way is in the ledger."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Final

import anyio
import uvicorn
from sse_starlette.sse import AppStatus

from ..memory import collect_seldom
from .application import http_app
from .health import Health
from .observing import observed

if TYPE_CHECKING:
    from ..edge import VoiceDesignServer
    from ..hosting import Hosting
    from ..studio import Studio
    from .metrics import Beside

PURCHASES_WITHIN_S: Final = 320
"""How long purchases under way are waited for: a little longer than the vendor takes at most."""
_REST_WITHIN_S: Final = 5
"""How long everything else is waited for after that: streams that a client keeps open end only when they are cut."""

log = logging.getLogger(__name__)


def run(
    server: VoiceDesignServer, hosting: Hosting, *, host: str, port: int, stateless: bool, ready: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        server: The server, built to be hosted.
        hosting: Who may call, and by which names.
        host: The address to bind.
        port: The port; 0 takes a free one.
        stateless: Whether no session is kept.
        ready: Called with the base URL when connections are taken.
    """
    collect_seldom()
    health = Health(server.studio)
    app = http_app(server, host, hosting, stateless=stateless, health=health)
    with (
        listening(host, port) as listener,
        observed(server.studio, hosting, host) as beside,
    ):
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listener.getsockname()[1]}")
        AppStatus.disable_automatic_graceful_drain()  # it would cut off the answers that a purchase is still to be told in
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_REST_WITHIN_S)
        _Draining(config, server.studio, health, beside).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens, and on whose connections what is written leaves at once.

    asyncio sees to that only for sockets that it made itself. This server answers in several pieces; each would wait 40 ms for word
    of the one before.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Draining(uvicorn.Server):
    """A server that lets purchases finish."""

    def __init__(self, config: uvicorn.Config, studio: Studio, health: Health, beside: Beside | None) -> None:
        super().__init__(config)
        self._beside = beside
        self._studio = studio
        self._health = health

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and with it what is served beside it."""
        async with anyio.create_task_group() as group:
            if self._beside is not None:
                group.start_soon(self._beside.serve, self._beside.sockets)
            await super().serve(sockets)
            if self._beside is not None:
                self._beside.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        self._health.draining = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connection, wait for the purchases under way, then for the rest."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with anyio.move_on_after(PURCHASES_WITHIN_S) as waited:
            await self._studio.purchases_done()
        if waited.cancelled_caught:
            log.error("a purchase did not end in %s s; it will be settled by looking", PURCHASES_WITHIN_S)
        AppStatus.should_exit = True
        await super().shutdown(sockets)
