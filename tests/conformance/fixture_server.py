"""The conformance suite's fixtures on this project's own server: its edge, middleware, security and both HTTP transports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import (
    CallToolResult,
    EmptyResult,
    ImageContent,
    InputRequiredResult,
    Resource,
    ResourceTemplate,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    Tool,
    UnsubscribeRequestParams,
)
from pydantic import AnyUrl

from conformance import asking_tools, plain_tools
from conformance.plain_tools import PIXEL, embedded, said
from voice_design_mcp.edge import VoiceDesignServer
from voice_design_mcp.studio import Studio

SCHEMA_2020_12: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class FixtureServer(VoiceDesignServer):
    """The project's server with the suite's tools, resources and prompts in place of its own."""

    def __init__(self, studio: Studio, tools: object, **options: Any) -> None:  # noqa: ARG002 its own tools stay out
        super().__init__(studio, tuple, **options)
        for tool in (*plain_tools.TOOLS, *asking_tools.TOOLS):
            self.add_tool(tool, structured_output=False)
        _add_changes(self)
        _add_resources(self)
        _add_prompts(self)
        _add_requests(self)

    async def list_tools(self) -> list[Tool]:
        """The fixtures, and one with a schema that no Python signature gives."""
        described = "Keep every word of a 2020-12 schema."
        full = Tool(name="json_schema_2020_12_tool", description=described, input_schema=SCHEMA_2020_12)
        return [*await MCPServer.list_tools(self), full]

    async def list_resources(self) -> list[Resource]:
        """The fixtures."""
        return await MCPServer.list_resources(self)

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The fixtures."""
        return await MCPServer.list_resource_templates(self)

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Studio, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """A fixture."""
        return await MCPServer.read_resource(self, uri, context)


def _add_changes(server: FixtureServer) -> None:
    async def test_trigger_tool_change(ctx: Context[Any, Any]) -> CallToolResult:
        """Add a tool, and say that the list has changed."""
        server.add_tool(plain_tools.test_simple_text, name="test_added", structured_output=False)
        await ctx.notify_tools_changed()
        return said("A tool was added.")

    async def test_trigger_prompt_change(ctx: Context[Any, Any]) -> CallToolResult:
        """Add a prompt, and say that the list has changed."""
        server.prompt("test_added", description="Ask nothing.")(lambda: "")
        await ctx.notify_prompts_changed()
        return said("A prompt was added.")

    for tool in (test_trigger_tool_change, test_trigger_prompt_change):
        server.add_tool(tool, structured_output=False)


def _add_resources(server: FixtureServer) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        """A text."""
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        """Bytes."""
        return b"\x89PNG\r\n\x1a\n"

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        """A text that may change."""
        return "Watched."

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def from_template(id: str) -> str:  # noqa: A002 the suite's name
        """A text for an id."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(server: FixtureServer) -> None:
    @server.prompt()
    def test_simple_prompt() -> list[Message]:
        """Ask one thing."""
        return [_asks("This is a simple prompt for testing.")]

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[Message]:
        """Ask with two arguments."""
        return [_asks(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")]

    @server.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803 the suite's name
        """Ask about a resource."""
        held = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
        return [UserMessage(held), _asks("Please process the embedded resource above.")]

    @server.prompt()
    def test_prompt_with_image() -> list[Message]:
        """Ask about an image."""
        image = ImageContent(type="image", data=PIXEL, mime_type="image/png")
        return [UserMessage(image), _asks("Please analyze the image above.")]

    @server.prompt()
    def test_input_required_result_prompt(ctx: Context[Any, Any]) -> list[Message] | InputRequiredResult:
        """Ask the client first."""
        context = asking_tools.field_of(ctx, "user_context", "context")
        if not context:
            return InputRequiredResult(input_requests={"user_context": asking_tools.form("context")})
        return [_asks(f"Use this: {context}")]


def _add_requests(server: FixtureServer) -> None:
    """What the server itself has no use for, and the 2025 revision has."""

    async def acknowledge(ctx: ServerRequestContext[Any], params: object) -> EmptyResult:  # noqa: ARG001 the SDK's signature
        return EmptyResult()

    lowlevel = server._lowlevel_server  # pyright: ignore[reportPrivateUsage] the SDK has no public way to these
    lowlevel.add_request_handler("logging/setLevel", SetLevelRequestParams, acknowledge)
    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, acknowledge)
    lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, acknowledge)


def _asks(text: str) -> Message:
    return UserMessage(TextContent(type="text", text=text))
