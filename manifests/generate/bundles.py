"""What is installed whole: MCPB bundle, Claude plugin and marketplace, Gemini and Qwen extensions, Docker's catalog entry."""

from __future__ import annotations

from typing import Final

import product
from blocks import Json
from voice_design_mcp.app import INSTRUCTIONS
from voice_design_mcp.setting import Setting
from voice_design_mcp.tools import TOOLS

FORM_TYPES: Final = {
    "text": "string",
    "flag": "boolean",
    "folder": "directory",
    "file": "file",
    "usd": "number",
    "count": "number",
}
BUNDLE_MAIN: Final = '''"""Starts the server that this bundle holds as a wheel."""

import sys

from voice_design_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
'''
BUNDLE_PROJECT: Final = f"""\
[project]
name = "{product.PACKAGE}-bundle"
version = "{product.VERSION}"
requires-python = "{product.PYTHON}"
dependencies = ["{product.PACKAGE}"]

[tool.uv]
package = false
environments = ["sys_platform == 'darwin'", "sys_platform == 'linux'", "sys_platform == 'win32'"]

[tool.uv.sources]
{product.PACKAGE} = {{ path = "{product.WHEEL}" }}
"""
SENTENCE: Final = (
    f"{product.DESCRIPTION} It spends nothing without approval, pays for nothing twice, and loses nothing that was paid for. "
    "Without an API key everything runs in an offline sandbox that really speaks."
)


def mcpb_manifest() -> dict[str, Json]:
    """manifest.json of the bundle, which holds the released wheel.

    uv installs what the wheel needs on the user's machine: compiled packages for every system fit no single bundle.
    """
    arguments = ["run", "--directory", "${__dirname}", "--no-dev", "main.py"]
    return {
        "manifest_version": "0.4",
        "name": product.PACKAGE,
        "display_name": product.TITLE,
        "version": product.VERSION,
        "description": product.DESCRIPTION,
        "long_description": SENTENCE,
        "author": {"name": product.OWNER, "url": product.REPOSITORY},
        "repository": {"type": "git", "url": product.REPOSITORY},
        "documentation": f"{product.REPOSITORY}#readme",
        "support": f"{product.REPOSITORY}/issues",
        "icon": "icon.png",
        "license": product.LICENSE,
        "keywords": product.KEYWORDS,
        "privacy_policies": [product.PRIVACY],
        "server": {
            "type": "uv",
            "entry_point": "main.py",
            "mcp_config": {"command": "uv", "args": arguments, "env": _asked("${user_config.%s}")},
        },
        "user_config": {field.name: _form_field(field) for field in product.fields()},
        "tools": [{"name": spec.name, "description": product.tool_summary(spec)} for spec in TOOLS],
        "compatibility": {"platforms": ["darwin", "win32", "linux"], "runtimes": {"python": product.PYTHON}},
    }


def claude_plugin() -> dict[str, Json]:
    """plugin.json of the Claude Code plugin."""
    server = {
        "type": "stdio",
        "command": "uvx",
        "args": [product.PINNED],
        "env": _asked("${user_config.%s}"),
    }
    return {
        "name": product.SERVER,
        "version": product.VERSION,
        "description": product.DESCRIPTION,
        "author": {"name": product.OWNER, "url": product.REPOSITORY},
        "homepage": product.REPOSITORY,
        "repository": product.REPOSITORY,
        "license": product.LICENSE,
        "keywords": product.KEYWORDS,
        "mcpServers": {product.SERVER: server},
        "userConfig": {field.name: _form_field(field) for field in product.fields()},
        "network": {"hosts": product.vendor_hosts()},
    }


def claude_plugin_readme() -> str:
    """README.md of the plugin, which its directory asks for."""
    tools = "\n".join(f"- `{spec.name}`: {product.tool_summary(spec)}." for spec in TOOLS)
    return f"# {product.TITLE}\n\n{SENTENCE}\n\n{tools}\n\nEverything else is in [the project]({product.REPOSITORY}#readme).\n"


def claude_marketplace() -> dict[str, Json]:
    """marketplace.json, by which Claude Code finds the plugin in the repository."""
    return {
        "name": product.SERVER,
        "owner": {"name": product.OWNER},
        "description": product.DESCRIPTION,
        "plugins": [
            {"name": product.SERVER, "source": "./manifests/claude-plugin", "description": product.DESCRIPTION}
        ],
    }


def extension(context_file: str) -> dict[str, Json]:
    """The extension of Gemini CLI and Qwen Code, which have one form.

    The server is handed only the variables named in `env`. One that is not set arrives unexpanded, and the server takes that for
    unset.
    """
    server = {"command": "uvx", "args": [product.PINNED], "env": _passed_on()}
    return {
        "name": product.SERVER,
        "version": product.VERSION,
        "description": product.DESCRIPTION,
        "mcpServers": {product.SERVER: server},
        "contextFileName": context_file,
        "settings": [
            {
                "name": field.label,
                "description": field.setting.help,
                "envVar": field.setting.variable,
                "sensitive": field.setting.secret,
            }
            for field in product.fields()
        ],
    }


def extension_context() -> str:
    """What the extension tells its model: the server's own instructions."""
    return f"# {product.TITLE}\n\n{INSTRUCTIONS}\n"


def docker_catalog() -> dict[str, Json]:
    """server.yaml of Docker's catalog; a release adds the commit."""
    secret, *others = product.fields()
    shown = [field for field in others if field.setting.kind != "folder"]  # the container's folder is its volume
    return {
        "name": product.SERVER,
        "image": f"mcp/{product.SERVER}",
        "type": "server",
        "meta": {"category": "ai", "tags": ["tts", "voice", "audio"]},
        "about": {
            "title": product.TITLE,
            "description": product.DESCRIPTION,
            "icon": f"{product.REPOSITORY}/raw/main/manifests/icon.png",
        },
        "source": {"project": product.REPOSITORY},
        "run": {"volumes": [f"{product.SERVER}:/data"]},
        "config": {
            "description": "Nothing is required: without a key the server runs in its offline sandbox.",
            "secrets": [
                {
                    "name": f"{product.SERVER}.{secret.name}",
                    "env": secret.setting.variable,
                    "example": product.PLACEHOLDER,
                }
            ],
            "env": [
                {"name": "VOICE_DESIGN_DATA_DIR", "example": "/data", "value": "/data"},
                *(_from_parameter(field) for field in shown),
            ],
            "parameters": {
                "type": "object",
                "properties": {
                    field.name: {"type": "string", "description": field.setting.help, **_default(field.setting)}
                    for field in shown
                },
            },
        },
    }


def _asked(template: str) -> dict[str, Json]:
    return {field.setting.variable: template % field.name for field in product.fields()}


def _passed_on() -> dict[str, Json]:
    return {field.setting.variable: f"${{{field.setting.variable}}}" for field in product.fields()}


def _from_parameter(field: product.Field) -> dict[str, Json]:
    parameter = f"{{{{{product.SERVER}.{field.name}}}}}"
    return {"name": field.setting.variable, "example": field.setting.default, "value": parameter}


def _form_field(field: product.Field) -> dict[str, Json]:
    setting = field.setting
    shown: dict[str, Json] = {
        "type": FORM_TYPES[setting.kind],
        "title": field.label,
        "description": setting.help,
        "required": False,
    }
    if setting.secret:
        shown["sensitive"] = True
    return shown | _default(setting)


def _default(setting: Setting) -> dict[str, Json]:
    """The default to show, but no cap's: a host passes it on, and in the sandbox a cap binds when it is set."""
    return {"default": setting.default} if setting.kind == "text" and setting.default else {}
