"""read_audio: bytes for the panel where a host hands on tools alone. Hidden from models, and from clients without apps."""

from __future__ import annotations

import base64
from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from .. import resources
from ..errors import InputError, ScopeError
from ..tools import gate
from ..tools.answers import answer
from ..tools.gate import Ctx
from ..tools.spec import PANEL_URI, READS, ToolSpec

AudioUri = Annotated[str, Field(description="voice://VOICE/preview or audio://ID.")]


async def read_audio(ctx: Ctx, uri: AudioUri) -> CallToolResult:
    """Read a preview or speech as base64, for the audition panel."""
    caller = gate.caller_of(ctx)
    if not caller.may(resources.scope_of(uri)):
        raise ScopeError("The token does not have the scope to read this.", hint="Get a token that has it.")
    found = await resources.read(await gate.desk_of(ctx), caller, uri)
    content, mime_type = found or (b"", "")
    if not isinstance(content, bytes) or not content:
        raise InputError("uri", "There is no such audio here.", hint="Use the uri of a preview or of speech.")
    blob = base64.b64encode(content).decode()
    return answer([f"{len(content)} bytes of {mime_type}"], {"status": "ok", "mime_type": mime_type, "blob": blob})


TOOL = ToolSpec(
    function=read_audio,
    title="Read audio for the panel",
    annotations=READS,
    scope="voices:read",
    meta={"ui": {"resourceUri": PANEL_URI, "visibility": ["app"]}},
    output={"status": "string", "mime_type": "string", "blob": "string", "error": "object"},
)
