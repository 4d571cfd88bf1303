"""The parts of README.md that the program knows better: settings, tools, install buttons, hosts. Each lies between two markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import buttons
import product
from clients import CLIENTS, Client
from voice_design_mcp.config import SETTINGS
from voice_design_mcp.hosting import HOSTING
from voice_design_mcp.setting import Setting
from voice_design_mcp.tools import TOOLS
from voice_design_mcp.tools.spec import ToolSpec


def written(text: str) -> str:
    """README.md with its generated parts written anew.

    Raises:
        ValueError: A part's markers are missing.
    """
    for name, part in PARTS.items():
        between = re.compile(rf"(<!-- {name}:[^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if len(between.findall(text)) != 1:
            raise ValueError(f"README.md has not exactly one part between <!-- {name}: … --> and <!-- /{name} -->")
        made = f"\n{part()}\n\n"
        text = between.sub(lambda found, made=made: found[1] + made + found[2], text)
    return text


def _settings() -> str:
    return "\n".join(["| variable | default | what it is |", "| --- | --- | --- |", *map(_setting, SETTINGS)])


def _hosting() -> str:
    return "\n".join(["| variable | default | what it is |", "| --- | --- | --- |", *map(_setting, HOSTING)])


def _setting(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else ""
    return f"| `{setting.variable}` | {default} | {setting.help} |"


def _tools() -> str:
    return "\n".join(["| tool | what it does | mark |", "| --- | --- | --- |", *map(_tool, TOOLS)])


def _tool(spec: ToolSpec) -> str:
    return f"| `{spec.name}` | {product.tool_summary(spec)} | {', '.join(_marks(spec))} |"


def _marks(spec: ToolSpec) -> list[str]:
    if spec.annotations.read_only_hint:
        return ["read-only"]
    act = "destructive" if spec.annotations.destructive_hint else "spends"
    return [act, "asks first" if spec.asks else "asks above `VOICE_DESIGN_ASK_ABOVE_USD`"]


def _hosts() -> str:
    return "\n\n".join(map(_host, CLIENTS))


def _host(client: Client) -> str:
    kind = client.file.rpartition(".")[2]
    command = f"\n```bash\n{client.command}\n```\n" if client.command else ""
    return (
        f"<details>\n<summary>{client.host}</summary>\n{command}\n{client.goes}\n\n"
        f"```{kind}\n{client.text}```\n\n</details>"
    )


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "settings": _settings,
    "hosting": _hosting,
    "tools": _tools,
    "buttons": buttons.markdown,
    "hosts": _hosts,
}
