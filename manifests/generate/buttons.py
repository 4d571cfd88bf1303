"""Install buttons: links that carry the standard block, each encoded as its host wants it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import product
from blocks import compact
from clients import LAUNCH, VSCODE_INPUT, VSCODE_LAUNCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A picture, and where it leads."""

    host: str
    image: str
    link: str


def markdown() -> str:
    """The buttons in a row."""
    return "\n".join(f"[![Install in {button.host}]({button.image})]({button.link})" for button in BUTTONS)


def _badge(host: str, colour: str) -> str:
    return f"https://img.shields.io/badge/{quote(host.replace(' ', '_'))}-Install-{colour}?style=flat-square"


def _vscode(quality: str) -> str:
    query = {"name": "voiceDesign", "inputs": compact([VSCODE_INPUT]), "config": compact(VSCODE_LAUNCH)}
    return f"https://insiders.vscode.dev/redirect/mcp/install?{urlencode(query, quote_via=quote)}{quality}"


_IN_BASE64: Final = quote(base64.b64encode(compact(LAUNCH).encode()).decode(), safe="")
_IN_PERCENT: Final = quote(compact(LAUNCH), safe="")
_GOOSE: Final = urlencode(
    {
        "cmd": "uvx",
        "arg": product.PACKAGE,
        "timeout": "300",
        "id": product.SERVER,
        "name": product.TITLE,
        "description": product.DESCRIPTION,
        "env": f"{product.KEY}=DashScope API key",
    },
    quote_via=quote,
)

BUTTONS: Final = (
    Button(
        host="Cursor",
        image="https://cursor.com/deeplink/mcp-install-dark.svg",
        link=f"https://cursor.com/en/install-mcp?name={product.SERVER}&config={_IN_BASE64}",
    ),
    Button(host="VS Code", image=_badge("VS Code", "0098FF"), link=_vscode("")),
    Button(host="VS Code Insiders", image=_badge("VS Code Insiders", "24bfa5"), link=_vscode("&quality=insiders")),
    Button(
        host="LM Studio",
        image="https://files.lmstudio.ai/deeplink/mcp-install-light.svg",
        link=f"https://lmstudio.ai/install-mcp?name={product.SERVER}&config={_IN_BASE64}",
    ),
    Button(
        host="Kiro",
        image="https://kiro.dev/images/add-to-kiro.svg",
        link=f"https://kiro.dev/launch/mcp/add?name={product.SERVER}&config={_IN_PERCENT}",
    ),
    Button(
        host="Goose",
        image="https://block.github.io/goose/img/extension-install-dark.svg",
        link=f"https://block.github.io/goose/extension?{_GOOSE}",
    ),
)
