"""The conformance suite's tools that answer at once, by the names and contents it asks for."""

from __future__ import annotations

import base64
import io
import wave
from typing import Annotated, Any, Final

import anyio
from mcp.server.mcpserver import Context
from mcp.types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

PIXEL: Final = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c63f80f00010101001bb6ee560000000049454e44ae426082"
    )
).decode()
"""A PNG of one white pixel."""
EMBEDDED: Final = "This is an embedded resource content."


def silence() -> str:
    """A hundredth of a second of silence as wav, in base64."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(160))
    return base64.b64encode(out.getvalue()).decode()


def said(text: str) -> CallToolResult:
    """A result of one text."""
    return holding(TextContent(type="text", text=text))


def holding(*content: ContentBlock) -> CallToolResult:
    """A result of some blocks."""
    return CallToolResult(content=list(content))


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    """A text resource within a result."""
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


async def test_simple_text() -> CallToolResult:
    """Answer with a text."""
    return said("This is a simple text response for testing.")


async def test_image_content() -> CallToolResult:
    """Answer with an image."""
    return holding(ImageContent(type="image", data=PIXEL, mime_type="image/png"))


async def test_audio_content() -> CallToolResult:
    """Answer with audio."""
    return holding(AudioContent(type="audio", data=silence(), mime_type="audio/wav"))


async def test_embedded_resource() -> CallToolResult:
    """Answer with a resource."""
    return holding(embedded("test://embedded-resource", "text/plain", EMBEDDED))


async def test_multiple_content_types() -> CallToolResult:
    """Answer with a text, an image and a resource."""
    return holding(
        TextContent(type="text", text="Multiple content types test:"),
        ImageContent(type="image", data=PIXEL, mime_type="image/png"),
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    )


async def test_tool_with_logging(ctx: Context[Any, Any]) -> CallToolResult:
    """Log three times on the way."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.log("info", line)  # pyright: ignore[reportDeprecated] a fixture of the era that has it
        await anyio.lowlevel.checkpoint()
    return said("Logged.")


async def test_logging_tool(ctx: Context[Any, Any]) -> CallToolResult:
    """Log once, if the client wants logs."""
    await ctx.log("info", "One line")  # pyright: ignore[reportDeprecated] a fixture of the era that has it
    return said("Logged.")


async def test_tool_with_progress(ctx: Context[Any, Any]) -> CallToolResult:
    """Report progress three times on the way."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100, f"{done} of 100")
        await anyio.lowlevel.checkpoint()
    return said("Done.")


async def test_error_handling() -> CallToolResult:
    """Fail."""
    raise RuntimeError("This tool intentionally returns an error for testing")


async def test_x_mcp_header(
    region: Annotated[str, Field(description="Sent as a header too.", json_schema_extra={"x-mcp-header": "Region"})],
) -> CallToolResult:
    """Answer with what a header carried as well."""
    return said(region)


TOOLS: Final = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_tool_with_logging,
    test_logging_tool,
    test_tool_with_progress,
    test_error_handling,
    test_x_mcp_header,
)
