"""A host for the panel: its page and the view on two origins, the view under the policy that the specification prescribes.

What the view asks for goes on to a real server, through a real client over streamable HTTP.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from mcp import Client
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextResourceContents
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from clients import Era, Person

APPS = advertise("io.modelcontextprotocol/ui", {"mimeTypes": ["text/html;profile=mcp-app"]})
PANEL = "ui://voice-design/audition.html"
DEFAULT_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'none'; object-src 'none'; frame-src 'none'; base-uri 'self'"
)
"""The specification's, for a resource that declares no domains."""
NO_MEDIA = DEFAULT_POLICY.replace("media-src 'self' data:", "media-src 'none'")
"""Stricter, as hosts may be."""
EVERYTHING: dict[str, Any] = {"serverTools": {}, "serverResources": {}, "updateModelContext": {"text": {}}}


@dataclass(kw_only=True)
class Scene:
    """What the host shows and hands on."""

    tool: str
    arguments: dict[str, Any]
    capabilities: dict[str, Any] = field(default_factory=lambda: dict(EVERYTHING))
    theme: str = "light"
    policy: str = DEFAULT_POLICY
    era: Era = "2026-07-28"
    person: Person | None = None
    approves: bool = True
    """Whether an approval that the tool's first call asks for is given before the view opens."""
    result: dict[str, Any] | None = None
    """Shown instead of the tool's own."""


@contextmanager
def hosting(server_url: str, scene: Scene) -> Generator[str]:
    """Serve the host's page and the view; gives the page's address. The server keeps its own state between scenes."""
    with socket.create_server(("127.0.0.1", 0)) as outer, socket.create_server(("127.0.0.1", 0)) as inner:
        host = _Host(server_url, scene, f"http://127.0.0.1:{inner.getsockname()[1]}/view")
        server = uvicorn.Server(uvicorn.Config(host.app, log_config=None, ws="none", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, args=([outer, inner],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{outer.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(30)


class _Host:
    def __init__(self, server_url: str, scene: Scene, view_url: str) -> None:
        self._server_url = server_url
        self._scene = scene
        self._view_url = view_url
        routes = [
            Route("/", self._page),
            Route("/scene", self._opened),
            Route("/view", self._view),
            Route("/rpc", self._forward, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes, lifespan=self._connected)

    @asynccontextmanager
    async def _connected(self, _app: Starlette) -> AsyncGenerator[None]:
        transport = streamable_http_client(f"{self._server_url}/mcp")
        scene = self._scene
        async with Client(transport, mode=scene.era, elicitation_callback=scene.person, extensions=[APPS]) as client:
            self._client = client
            yield

    async def _page(self, _request: Request) -> Response:
        return FileResponse(Path(__file__).parent / "host.html")

    async def _view(self, _request: Request) -> Response:
        page = (await self._client.read_resource(PANEL)).contents[0]
        assert isinstance(page, TextResourceContents)
        headers = {"Content-Security-Policy": self._scene.policy}
        return Response(page.text, media_type="text/html; charset=utf-8", headers=headers)

    async def _opened(self, _request: Request) -> Response:
        scene = self._scene
        return JSONResponse(
            {
                "view": self._view_url,
                "capabilities": scene.capabilities,
                "context": {"theme": scene.theme, "toolInfo": {"tool": {"name": scene.tool}}},
                "input": scene.arguments,
                "result": scene.result or await self._called(),
            }
        )

    async def _called(self) -> dict[str, Any]:
        scene = self._scene
        result = await self._call(scene.tool, scene.arguments)
        told: dict[str, Any] = result.structured_content or {}
        asked = told.get("approval")
        if asked and scene.approves:
            result = await self._call(scene.tool, {**scene.arguments, "approval": asked["id"]})
        return _wire(result)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        result = await self._client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result

    async def _forward(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        params = asked["params"]
        try:
            if asked["method"] == "tools/call":
                return JSONResponse({"result": _wire(await self._call(params["name"], params.get("arguments", {})))})
            return JSONResponse({"result": _wire(await self._client.read_resource(params["uri"]))})
        except MCPError as error:
            return JSONResponse({"error": {"code": error.code, "message": error.message}})


def _wire(result: Any) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)
