"""What a person pastes into a host's own configuration, host by host. All of them say one thing: `uvx voice-design-mcp`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import product
from blocks import Json, as_json, as_yaml

LAUNCH: Final[dict[str, Json]] = {
    "command": "uvx",
    "args": [product.PACKAGE],
    "env": {product.KEY: product.PLACEHOLDER},
}
STANDARD: Final[dict[str, Json]] = {"mcpServers": {product.SERVER: LAUNCH}}
"""The block that most hosts share."""
ASK_FOR_KEY: Final = "dashscope_api_key"
VSCODE_INPUT: Final[dict[str, Json]] = {
    "type": "promptString",
    "id": ASK_FOR_KEY,
    "description": "DashScope API key",
    "password": True,
}
VSCODE_LAUNCH: Final[dict[str, Json]] = {
    "command": "uvx",
    "args": [product.PACKAGE],
    "env": {product.KEY: f"${{input:{ASK_FOR_KEY}}}"},
}
CODEX: Final = f"""\
[mcp_servers.{product.SERVER}]
command = "uvx"
args = ["{product.PACKAGE}"]
startup_timeout_sec = 60
tool_timeout_sec = 180

[mcp_servers.{product.SERVER}.env]
{product.KEY} = "{product.PLACEHOLDER}"
"""
_ADD: Final = f"{product.KEY}={product.PLACEHOLDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One host: the file under manifests/clients/, where its text goes, and a command that does the same."""

    host: str
    file: str
    text: str
    goes: str
    command: str = ""


CLIENTS: Final = (
    Client(
        host="Claude Desktop",
        file="claude-desktop.json",
        text=as_json(STANDARD),
        goes=(
            "`claude_desktop_config.json`, which Settings → Developer → Edit Config opens: macOS "
            "`~/Library/Application Support/Claude/`, Windows `%APPDATA%\\Claude\\`, Linux `~/.config/Claude/`. "
            "Or open the release's `.mcpb` file with it."
        ),
    ),
    Client(
        host="Claude Code",
        file="claude-code.mcp.json",
        text=as_json({"mcpServers": {product.SERVER: {"type": "stdio", **LAUNCH}}}),
        goes=(
            f"`.mcp.json` in the project. As a plugin: `/plugin install {product.SERVER} --marketplace "
            f"{product.OWNER}/{product.PACKAGE}`."
        ),
        command=f"claude mcp add {product.SERVER} --env {_ADD} -- uvx {product.PACKAGE}",
    ),
    Client(
        host="Cursor",
        file="cursor.json",
        text=as_json(STANDARD),
        goes="`.cursor/mcp.json` in the project, or `~/.cursor/mcp.json`.",
    ),
    Client(
        host="VS Code",
        file="vscode.mcp.json",
        text=as_json({"inputs": [VSCODE_INPUT], "servers": {"voiceDesign": {"type": "stdio", **VSCODE_LAUNCH}}}),
        goes="`.vscode/mcp.json`. It asks for the key once and keeps it; leave it empty for the sandbox.",
    ),
    Client(
        host="Codex",
        file="codex.toml",
        text=CODEX,
        goes="`~/.codex/config.toml`. The limit on starting, 10 s by default, is raised for the first download.",
        command=f"codex mcp add {product.SERVER} --env {_ADD} -- uvx {product.PACKAGE}",
    ),
    Client(
        host="Gemini CLI",
        file="gemini-cli.json",
        text=as_json(STANDARD),
        goes="`~/.gemini/settings.json`. Or `gemini extensions install` with the release's archive.",
        command=f"gemini mcp add -s user -e {_ADD} {product.SERVER} uvx {product.PACKAGE}",
    ),
    Client(
        host="Qwen Code",
        file="qwen-code.json",
        text=as_json(STANDARD),
        goes="`~/.qwen/settings.json`. Or `qwen extensions install` with the release's archive.",
        command=f"qwen mcp add -s user -e {_ADD} {product.SERVER} uvx {product.PACKAGE}",
    ),
    Client(
        host="Windsurf",
        file="windsurf.json",
        text=as_json(STANDARD),
        goes="`~/.codeium/windsurf/mcp_config.json`.",
    ),
    Client(
        host="Cline",
        file="cline.json",
        text=as_json(STANDARD),
        goes="`cline_mcp_settings.json` (MCP Servers → Configure), or `~/.cline/mcp.json`.",
    ),
    Client(
        host="Zed",
        file="zed.json",
        text=as_json({"context_servers": {product.SERVER: LAUNCH}}),
        goes='`settings.json`. Older versions also want `"source": "custom"` in it.',
    ),
    Client(
        host="opencode",
        file="opencode.json",
        text=as_json(
            {
                "mcp": {
                    product.SERVER: {
                        "type": "local",
                        "command": ["uvx", product.PACKAGE],
                        "environment": {product.KEY: product.PLACEHOLDER},
                        "enabled": True,
                    }
                }
            }
        ),
        goes="`opencode.json` in the project, or `~/.config/opencode/opencode.json`.",
    ),
    Client(
        host="Goose",
        file="goose.yaml",
        text=as_yaml(
            {
                "extensions": {
                    product.SERVER: {
                        "type": "stdio",
                        "name": product.TITLE,
                        "description": product.DESCRIPTION,
                        "cmd": "uvx",
                        "args": [product.PACKAGE],
                        "env_keys": [product.KEY],
                        "timeout": 300,
                        "enabled": True,
                    }
                }
            }
        ),
        goes="`~/.config/goose/config.yaml`. Goose keeps the key itself and asks for it.",
    ),
    Client(
        host="LM Studio",
        file="lm-studio.json",
        text=as_json(STANDARD),
        goes="`mcp.json` (Program → Install → Edit mcp.json).",
    ),
    Client(
        host="Bailian, STDIO",
        file="bailian-stdio.json",
        text=as_json({"mcpServers": {product.SERVER: {**LAUNCH, "args": [product.PINNED]}}}),
        goes="The configuration of a custom MCP service, installed by uvx. It allows no spaces and no extras in an argument.",
    ),
    Client(
        host="Bailian, SSE",
        file="bailian-sse.json",
        text=as_json(
            {
                "mcpServers": {
                    product.SERVER: {
                        "type": "sse",
                        "url": "https://YOUR_HOST/sse",
                        "headers": {"Authorization": "Bearer YOUR_TOKEN"},
                    }
                }
            }
        ),
        goes="The configuration of a custom MCP service that you serve yourself behind https (`voice-design-mcp serve --http`).",
    ),
)
