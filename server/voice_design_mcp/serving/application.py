"""The application: streamable HTTP at /mcp and SSE at /sse in one, behind who may call and by which names."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from ..errors import ConfigError
from ..setting import is_loopback
from .access import Tokens, auth_options, metadata_routes
from .health import Health

if TYPE_CHECKING:
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ..edge import VoiceDesignServer
    from ..hosting import Hosting

_SSE = "/sse"
_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 named to be refused without names


def http_app(
    server: VoiceDesignServer, host: str, hosting: Hosting, *, stateless: bool = False, health: Health | None = None
) -> Starlette:
    """Streamable HTTP at /mcp and SSE at /sse, in one application.

    Args:
        server: The server, built to identify its callers if `hosting` says so.
        host: The address it will be bound to.
        hosting: Who may call, and by which names.
        stateless: Whether no session is kept, so that any replica answers any request: then there is no SSE, one long session.
        health: Answers whether the process is ready; one of its own if None.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware

    security = names_accepted(host, hosting)
    streamable = server.streamable_http_app(transport_security=security, stateless_http=stateless)
    sse = [] if stateless else server.sse_app(transport_security=security).routes
    health = health or Health(server.studio)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        async with server.studio, server.session_manager.run(), anyio.create_task_group() as chores:
            if hosting.retains:
                from ..retention import keep_within_limits

                chores.start_soon(keep_within_limits, server.studio)
            yield
            chores.cancel_scope.cancel()

    routes = [*health.routes(), *metadata_routes(hosting), *sse, *streamable.routes]
    refusing = Middleware(ForeignNames, security=security)
    return Starlette(routes=routes, middleware=[*_middleware(server, hosting), refusing], lifespan=lifespan)


class ForeignNames:
    """Refuses who begins an SSE stream by a name that is not the server's, or from a foreign page.

    The SDK's own check of that answers and then raises: a traceback in the log for everybody who tries, and a connection that ends
    under its next request.
    """

    def __init__(self, app: ASGIApp, security: TransportSecuritySettings) -> None:
        from mcp.server.transport_security import TransportSecurityMiddleware

        self._app = app
        self._check = TransportSecurityMiddleware(security)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        from starlette.requests import Request

        refused = None
        if scope["type"] == "http" and scope["path"] == _SSE:
            refused = await self._check.validate_request(Request(scope), is_post=False)
        await (refused or self._app)(scope, receive, send)


def names_accepted(host: str, hosting: Hosting) -> TransportSecuritySettings:
    """The Host and Origin headers that are accepted: the server's own names, and those that were set.

    Raises:
        ConfigError: It is bound to every address, and no name was set.
    """
    from mcp.server.transport_security import TransportSecuritySettings

    public = urlsplit(hosting.public_url)
    names = {"127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else set[str]()
    names |= {f"[{host}]" if ":" in host else host} if host not in _ANYWHERE else set[str]()
    own = [allowed for name in sorted(names) for allowed in (name, f"{name}:*")]
    hosts = [*own, *([public.netloc] if public.netloc else []), *hosting.allowed_hosts]
    if not hosts:
        raise ConfigError(
            f"--host {host} is every address of this machine, and no name of the server is set: set VOICE_DESIGN_PUBLIC_URL or "
            "VOICE_DESIGN_ALLOWED_HOSTS."
        )
    origins = [f"{scheme}://{name}" for name in own for scheme in ("http", "https")]
    origins += [f"{public.scheme}://{public.netloc}"] if public.netloc else []
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=[*origins, *hosting.allowed_origins]
    )


def _middleware(server: VoiceDesignServer, hosting: Hosting) -> list[Middleware]:
    """Who calls, told to what is inside, and what it may: in this order."""
    from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
    from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
    from mcp.server.auth.routes import build_resource_metadata_url
    from starlette.middleware import Middleware
    from starlette.middleware.authentication import AuthenticationMiddleware

    from .caller_keys import CallerKeys
    from .scope_challenge import ScopeChallenge

    options: dict[str, Any] = auth_options(hosting)
    if not options:
        return [Middleware(CallerKeys)]
    resource = options["auth"].resource_server_url
    verifier: Tokens = options["token_verifier"]
    return [
        Middleware(AuthenticationMiddleware, backend=BearerAuthBackend(verifier, resource_server_url=resource)),
        Middleware(AuthContextMiddleware),
        Middleware(
            ScopeChallenge,
            needed=server.scope_needed,
            metadata_url=str(build_resource_metadata_url(resource)) if resource else "",
        ),
        Middleware(CallerKeys),
    ]
