"""The peer as an ASGI app: which path is which surface, whose key is accepted, and the mark that every answer carries.

Mounted in process nothing streams or times out (the transport gathers the whole answer); `server` serves it for real.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from voice_design_mcp.sandbox import catalogue, control, customization, generation, inference, realtime, synthesizer
from voice_design_mcp.sandbox.answers import RefusalError, error_body, refused
from voice_design_mcp.sandbox.audio import AudioShelf
from voice_design_mcp.sandbox.openspeech import servers
from voice_design_mcp.sandbox.openspeech.speakers import Speakers
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.review import ReviewScript
from voice_design_mcp.sandbox.script import FaultScript
from voice_design_mcp.sandbox.speaking import AUTO, Speaker
from voice_design_mcp.sandbox.state import State
from voice_design_mcp.sandbox.voiced import listening
from voice_design_mcp.sandbox.wire import Wire

SANDBOX_HEADER = "x-voice-design-sandbox"
IDLE_LIMIT_S = 23.0
_FIRST_ANSWERS = ("http.response.start", "websocket.accept", "websocket.http.response.start")

Conversation = Callable[[Peer, WebSocket], Awaitable[None]]
Surface = Callable[[Peer, Request], Awaitable[Response]]


def sandbox_app(
    state_dir: Path,
    *,
    api_key: str = "",
    now: Callable[[], float] = time.time,
    audio_origin: str = "",
    engine: str = AUTO,
    kokoro_model: Path | None = None,
    idle_limit_s: float = IDLE_LIMIT_S,
) -> Starlette:
    """Builds a sandbox whose account lives in `state_dir`.

    Args:
        state_dir: Made if missing; several sandboxes, also in several processes, may share one.
        api_key: The only Bearer key accepted; empty: any.
        now: The clock, in unix seconds.
        audio_origin: Scheme and host of synthesized audio's addresses; empty: http and the host the request named.
        engine: Which engine new voices are for, as `Speaker` takes it.
        kokoro_model: The user's own copy of the natural engine's weights; None takes the installed packages'.
        idle_limit_s: How long a task of an inference connection waits for its next text.

    Returns:
        The app. `app.state.peer` is the `Peer` behind it.

    Raises:
        StateVersionError: The folder belongs to a newer version of this program.
    """
    state = State(state_dir)
    shelf = AudioShelf(state_dir / "audio", state, now, audio_origin)
    speaker, speakers = Speaker(engine, kokoro_model), Speakers(state_dir)
    peer = Peer(state, FaultScript(), ReviewScript(), speaker, shelf, speakers, now, idle_limit_s)

    def vendor(path: str, surface: Surface, method: str) -> Route:
        return Route(path, partial(_keyed, api_key, surface, peer), methods=[method])

    def socket(path: str, converse: Conversation) -> WebSocketRoute:
        return WebSocketRoute(path, partial(_keyed_socket, api_key, converse, peer))

    app = Starlette(
        routes=[
            socket(realtime.PATH, realtime.converse),
            socket(inference.PATH, inference.converse),
            vendor(customization.PATH, customization.customize, "POST"),
            vendor(generation.PATH, generation.generate, "POST"),
            vendor(synthesizer.PATH, synthesizer.synthesize, "POST"),
            vendor(catalogue.PERMISSIONS_PATH, catalogue.list_permissions, "GET"),
            vendor(catalogue.PATH, catalogue.list_models, "GET"),
            Route("/sandbox/audio/{name}", partial(_audio, peer), methods=["GET"]),
            servers.servers(peer, api_key),
            Route("/sandbox/open", partial(servers.counts, peer), methods=["GET"]),
            Route("/sandbox/usage", partial(control.usage, peer), methods=["GET"]),
            Route("/sandbox/reset", partial(control.reset, peer), methods=["POST"]),
            Route("/sandbox/faults", partial(control.faults, peer), methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/faults/release", partial(control.release, peer), methods=["POST"]),
            Route("/sandbox/review", partial(control.review, peer), methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/review/release", partial(control.end_reviews, peer), methods=["POST"]),
        ],
        middleware=[Middleware(_Marked)],
        exception_handlers={RefusalError: _refuse, HTTPException: _no_such_thing},
    )
    app.state.peer = peer
    return app


async def _keyed(api_key: str, surface: Surface, peer: Peer, request: Request) -> Response:
    _check_key(api_key, request)
    return await surface(peer, request)


async def _keyed_socket(api_key: str, converse: Conversation, peer: Peer, websocket: WebSocket) -> None:
    try:
        _check_key(api_key, websocket)
    except RefusalError as refusal:
        await Wire(websocket, peer.script).deny(refused(refusal))
        return
    await converse(peer, websocket)


def _check_key(api_key: str, asker: HTTPConnection) -> None:
    """Lets in who brings a Bearer key; the workspace header, in any spelling, changes nothing here."""
    scheme, _, key = asker.headers.get("authorization", "").partition(" ")
    expected = api_key.encode("utf-8") if api_key else key.strip().encode("utf-8")
    if scheme.lower() != "bearer" or not key.strip() or not hmac.compare_digest(key.strip().encode("utf-8"), expected):
        raise RefusalError(401, "InvalidApiKey", "Invalid API-key provided.")


async def _audio(peer: Peer, request: Request) -> Response:
    return await peer.script.perform("audio", partial(peer.audio.fetch, request))


def _refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's signature
    if not isinstance(error, RefusalError):
        raise error
    return refused(error)


def _no_such_thing(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's signature
    """A wrong path or method, in the vendor's shape; its own words for them are unknown."""
    if not isinstance(error, HTTPException):
        raise error
    body = error_body("NotFound" if error.status_code == 404 else "MethodNotAllowed", error.detail)
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


class _Marked:
    """Marks every answer as the sandbox's, and those in which an engine spoke with its name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the header to whatever the app answers."""

        async def marked(message: Message) -> None:
            if message["type"] in _FIRST_ANSWERS:
                MutableHeaders(scope=message).update({SANDBOX_HEADER: "1", **voiced.headers})
            await send(message)

        with listening() as voiced:
            await self._app(scope, receive, marked)
