"""Results: text and structured content that are both complete, since some hosts show only one of them. Audio goes by link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.types import CallToolResult, ContentBlock, ResourceLink, TextContent

from ..errors import UpstreamError, VoiceDesignError


def answer(
    text: Sequence[str], structured: Mapping[str, Any], links: Sequence[ResourceLink] = (), *, is_error: bool = False
) -> CallToolResult:
    """A tool's result.

    Args:
        text: Its lines; empty ones are left out.
        structured: The same as data; empty texts and None are left out.
        links: Resources to offer beside it.
        is_error: Whether it is a failure.
    """
    content: list[ContentBlock] = [TextContent(type="text", text="\n".join(filter(None, text))), *links]
    kept = {name: value for name, value in structured.items() if value not in ("", None)}
    return CallToolResult(content=content, structured_content=kept, is_error=is_error)


def failure(error: VoiceDesignError) -> CallToolResult:
    """An error as a result that the model can act on: our own words and a stable code, nothing of the vendor's."""
    facts: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "argument": getattr(error, "argument", ""),
    }
    if isinstance(error, UpstreamError):
        facts |= {"request_id": error.request_id, "billed": error.billed}
    known = {name: value for name, value in facts.items() if value != ""}
    return answer([f"{error.code}: {error.message}", error.hint], {"error": known}, is_error=True)
