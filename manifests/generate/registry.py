"""server.json, for the MCP Registry: https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json."""

from __future__ import annotations

from typing import Any, Final

import product
from voice_design_mcp.config import SETTINGS
from voice_design_mcp.setting import Setting

SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
FORMATS: Final = {
    "text": "string",
    "flag": "boolean",
    "folder": "filepath",
    "file": "filepath",
    "usd": "number",
    "count": "number",
}
PORT: Final = "8000"


def server() -> dict[str, Any]:
    """The registry's record of this version."""
    return {
        "$schema": SCHEMA,
        "name": product.REGISTRY_NAME,
        "title": product.TITLE,
        "description": product.DESCRIPTION,
        "version": product.VERSION,
        "websiteUrl": product.REPOSITORY,
        "repository": {"url": product.REPOSITORY, "source": "github"},
        "packages": [_over_stdio(), _over_http()],
    }


def bundle_package(url: str, sha256: str) -> dict[str, Any]:
    """The entry of a published MCPB bundle: only a release knows its address and its hash."""
    return {"registryType": "mcpb", "identifier": url, "fileSha256": sha256, "transport": {"type": "stdio"}}


def _over_stdio() -> dict[str, Any]:
    return {**_package(), "transport": {"type": "stdio"}, "environmentVariables": _variables()}


def _over_http() -> dict[str, Any]:
    port = {
        "type": "named",
        "name": "--port",
        "description": "Port on 127.0.0.1.",
        "format": "number",
        "default": PORT,
    }
    return {
        **_package(),
        "packageArguments": [
            {"type": "positional", "value": "serve"},
            {"type": "positional", "value": "--http"},
            port,
        ],
        "transport": {"type": "streamable-http", "url": "http://127.0.0.1:{--port}/mcp"},
        "environmentVariables": _variables(),
    }


def _package() -> dict[str, Any]:
    return {
        "registryType": "pypi",
        "identifier": product.PACKAGE,
        "version": product.VERSION,
        "runtimeHint": "uvx",
    }


def _variables() -> list[dict[str, Any]]:
    return [_variable(setting) for setting in SETTINGS]


def _variable(setting: Setting) -> dict[str, Any]:
    """A setting in the registry's words. None is required: without any, the server starts in its sandbox."""
    named = {"1": "true", "0": "false"} if setting.kind == "flag" else {}
    default = named.get(setting.default, setting.default)
    return {
        "name": setting.variable,
        "description": setting.help,
        "format": FORMATS[setting.kind],
        "isRequired": False,
        "isSecret": setting.secret,
        **({"default": default} if default else {}),
    }
