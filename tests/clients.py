"""Real MCP clients of every kind that the server must serve, and what the tests ask of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings
from voice_design_mcp.serving.application import http_app
from voice_design_mcp.serving.run import listening

Era = Literal["legacy", "2026-07-28"]
ERAS: tuple[Era, ...] = ("legacy", "2026-07-28")

AT_SPEED = {"VOICE_DESIGN_SANDBOX_ENGINE": "formant", "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0"}
"""In the tests that do not ask for the other, the engine speaks that is fifty times as fast, whatever is installed; and no peer of
theirs is spared, as the vendor is, by asking it three times a second at most."""

DESIGN: dict[str, Any] = {
    "voice_prompt": "A calm middle-aged man with a deep, resonant voice, low pitch, slow, for documentaries.",
    "preview_text": "Good evening, and welcome to the programme.",
    "preferred_name": "narrator",
}


@dataclass
class Person:
    """Answers what the server asks, and remembers the questions."""

    action: Literal["accept", "decline", "cancel"] = "accept"
    content: dict[str, Any] | None = field(default_factory=dict[str, Any])
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002 the SDK names it
        self.asked.append(params.message)
        return ElicitResult(action=self.action, content=self.content)


class Caller:
    """A client with the results taken apart."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def raw(self, tool: str, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result

    async def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result of a call that succeeds."""
        result = await self.raw(tool, **arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content is not None
        return result.structured_content

    async def error(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that fails."""
        result = await self.raw(tool, **arguments)
        assert result.is_error, text_of(result)
        assert result.structured_content is not None
        return result.structured_content["error"]

    async def approved(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result of a call approved by a second one, as a client without elicitation does it."""
        first = await self(tool, **arguments)
        assert first["status"] == "confirmation_required", first
        return await self(tool, **arguments, approval=first["approval"]["id"])


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


@asynccontextmanager
async def connected(
    settings: Settings, *, era: Era = "2026-07-28", person: Person | None = None, **options: Any
) -> AsyncGenerator[Caller]:
    """A client in memory, of an era, with or without somebody to ask."""
    async with Client(build_server(settings, **options), mode=era, elicitation_callback=person) as client:
        yield Caller(client)


@contextmanager
def served(settings: Settings) -> Generator[str]:
    """The server on a free port of this machine, in a thread."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    with listening("127.0.0.1", 0) as listener:
        app = http_app(build_server(settings, hosted=True), "127.0.0.1", settings.hosting)
        server = Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert started.wait(30)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
