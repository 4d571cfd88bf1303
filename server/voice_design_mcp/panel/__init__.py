"""What a person sees in the chat: the audition panel, an MCP App (extension io.modelcontextprotocol/ui, specification 2026-01-26).

One page, audition.html, which hosts show beside the results of the tools that name it (`AUDITIONED` in tools/spec.py). It declares
no outside domain, so the specification's own content-security policy holds. read_audio.py is the one tool that only it may call.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.server.extension import Extension

MIME_TYPE: Final = APP_MIME_TYPE
META: Final[dict[str, Any]] = {"ui": {"prefersBorder": True}}


class Audition(Extension):
    """Announces the extension; the page and its tool are served as every resource and tool here is."""

    identifier = EXTENSION_ID


@cache
def page() -> str:
    """The page, read once."""
    return files("voice_design_mcp.panel").joinpath("audition.html").read_text(encoding="utf-8")


__all__ = ["META", "MIME_TYPE", "Audition", "page"]
