"""Every tool as clients get it, one file a tool under tests/: what is reviewed when a tool's words or arguments change."""

from __future__ import annotations

import anyio

from blocks import as_json
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings


def snapshots() -> dict[str, str]:
    """The tools by name, as `tools/list` sends them."""
    server = build_server(Settings.load({}, {}))
    return {
        tool.name: as_json(tool.model_dump(mode="json", by_alias=True, exclude_none=True))
        for tool in anyio.run(server.list_tools)
    }
