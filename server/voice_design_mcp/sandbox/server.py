"""The peer on a real socket: uvicorn on loopback, with connections that faults can cut."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState

from voice_design_mcp.sandbox.app import IDLE_LIMIT_S, sandbox_app
from voice_design_mcp.sandbox.connection import STATE_KEY, Connection
from voice_design_mcp.sandbox.fields import MAX_BODY_BYTES
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.speaking import AUTO

_GRACE_S = 5


def serve(
    port: int,
    state_dir: Path,
    api_key: str = "",
    host: str = "127.0.0.1",
    ready: Callable[[str], None] | None = None,
    *,
    allow_remote: bool = False,
    engine: str = AUTO,
    kokoro_model: Path | None = None,
) -> None:
    """Serves a sandbox until interrupted (SIGINT or SIGTERM).

    Args:
        port: 0 takes any free one.
        state_dir: Where the account is kept.
        api_key: The only Bearer key accepted; empty: any.
        host: The address to listen on.
        ready: Called once with the base URL, when requests are answered.
        allow_remote: Lets `host` be one that other machines reach: they can then use, script and reset it.
        engine: Which engine new voices are for, as `Speaker` takes it.
        kokoro_model: The user's own copy of the natural engine's weights; None takes the installed packages'.

    Raises:
        ValueError: `host` is not this machine's loopback, and `allow_remote` is not set.
        OSError: The address is taken or not ours.
        StateVersionError: The folder belongs to a newer version of this program.
    """
    if not allow_remote and not _is_loopback(host):
        raise ValueError(f"{host} is not a loopback address: whoever reaches the sandbox can script and reset it.")
    with suppress(KeyboardInterrupt):
        SandboxServer(
            port, state_dir, api_key=api_key, host=host, ready=ready, engine=engine, kokoro_model=kokoro_model
        ).run()


class SandboxServer(uvicorn.Server):
    """The server behind `serve`, for those who run it in a thread: set `should_exit` to end it.

    It listens from the moment it is made, at `url`, and answers while `run` runs.
    """

    def __init__(
        self,
        port: int,
        state_dir: Path,
        *,
        api_key: str = "",
        host: str = "127.0.0.1",
        ready: Callable[[str], None] | None = None,
        now: Callable[[], float] = time.time,
        audio_origin: str = "",
        engine: str = AUTO,
        kokoro_model: Path | None = None,
        idle_limit_s: float = IDLE_LIMIT_S,
    ) -> None:
        app = sandbox_app(
            state_dir,
            api_key=api_key,
            now=now,
            audio_origin=audio_origin,
            engine=engine,
            kokoro_model=kokoro_model,
            idle_limit_s=idle_limit_s,
        )
        self._peer: Peer = app.state.peer
        self._ready = ready
        self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        place = f"[{host}]" if ":" in host else host
        self.url = f"http://{place}:{self._socket.getsockname()[1]}"
        super().__init__(
            uvicorn.Config(
                app,
                http=_CuttableProtocol,
                ws=_CuttableWebSocket,
                ws_max_size=MAX_BODY_BYTES,
                ws_per_message_deflate=False,
                # Whether a silent peer is still there is the client's to find out: that is what stalls are scripted for.
                ws_ping_interval=None,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until `should_exit`."""
        try:
            super().run([self._socket, *(sockets or [])])
        finally:
            self._socket.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer, then says so."""
        await super().startup(sockets)
        if self._ready is not None:
            self._ready(self.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what faults hold, then everything else."""
        self._peer.script.close()
        await super().shutdown(sockets)


class _CuttableWebSocket(WSProtocol):
    """uvicorn's WebSocket protocol, which takes the connection over from HTTP and has to say when it is gone."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.app_state[STATE_KEY].lost()


class _CuttableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol; the scope of each request carries its `Connection`."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._connection = Connection()
        super().__init__(config, server_state, {**app_state, STATE_KEY: self._connection}, _loop)

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        # asyncio does this only for sockets it bound itself; without it each answer waits 40 ms for an acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._connection.lost()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
