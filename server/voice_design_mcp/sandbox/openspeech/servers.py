"""The two servers' routes: which path is which surface of which checkpoint, whose key is accepted, and how errors look there."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from voice_design_mcp.sandbox.openspeech import voices
from voice_design_mcp.sandbox.openspeech.answers import answered
from voice_design_mcp.sandbox.openspeech.contract import MODELS, Checkpoint
from voice_design_mcp.sandbox.openspeech.speech import speak
from voice_design_mcp.sandbox.peer import Peer

PREFIX: Final = "/open"
PLACES: Final[dict[str, Checkpoint]] = {"design": "VoiceDesign", "speech": "Base"}
"""The base URL of each server below `PREFIX`. One server, one checkpoint."""

Surface = Callable[[Peer, Request], Awaitable[Response]]


def servers(peer: Peer, api_key: str) -> Mount:
    """Both servers, to be mounted.

    Args:
        peer: The sandbox that they belong to: its engine, its faults, its clock, its speakers.
        api_key: The only Bearer key that they accept; empty: none is asked for, as where a server was started without one.
    """
    routes = [route for place, checkpoint in PLACES.items() for route in _routes(peer, place, checkpoint, api_key)]
    return Mount(PREFIX, routes=routes)


async def counts(peer: Peer, request: Request) -> Response:  # noqa: ARG001  every surface has one signature
    """GET /sandbox/open: how often a voice was designed, a text spoken and a clip uploaded, and how many voices there are."""
    return JSONResponse(await to_thread.run_sync(peer.speakers.counts))


def _routes(peer: Peer, place: str, checkpoint: Checkpoint, api_key: str) -> list[Route]:
    def route(path: str, surface: Surface, method: str) -> Route:
        return Route(f"/{place}{path}", partial(_keyed, api_key, peer, surface), methods=[method])

    return [
        route("/v1/audio/speech", partial(speak, checkpoint), "POST"),
        route("/v1/audio/voices", voices.list_voices, "GET"),
        route("/v1/audio/voices", voices.upload, "POST"),
        route("/v1/audio/voices/{name}", voices.delete, "DELETE"),
        route("/v1/models", partial(_models, checkpoint), "GET"),
    ]


async def _keyed(api_key: str, peer: Peer, surface: Surface, request: Request) -> Response:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if api_key and not (scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), api_key.encode())):
        return JSONResponse({"error": "Unauthorized"}, status_code=401)
    return await answered(partial(surface, peer, request))


async def _models(checkpoint: Checkpoint, peer: Peer, request: Request) -> Response:  # noqa: ARG001  every surface has one signature
    """The one model that is served, as OpenAI lists models."""

    async def listed() -> Response:
        return JSONResponse({"object": "list", "data": [{"id": MODELS[checkpoint], "object": "model"}]})

    return await peer.script.perform("open_models", listed)
