"""How each host reads what a person gives it, by the hosts' documents: a configuration file, an extension, an install link."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

ROOT: Final = Path(__file__).resolve().parents[2]
MANIFESTS: Final = ROOT / "manifests"


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A process that a host starts."""

    command: list[str]
    env: dict[str, str] = field(default_factory=dict[str, str])


def standard(config: Mapping[str, Any]) -> Launch:
    """The block that most hosts share."""
    (server,) = config["mcpServers"].values()
    return plain(server)


def plain(server: Mapping[str, Any]) -> Launch:
    """One server: a command, its arguments, its environment."""
    assert set(server) <= {"command", "args", "env", "type"}, server
    assert server.get("type", "stdio") == "stdio"
    return Launch(command=[server["command"], *server["args"]], env=dict(server["env"]))


def vscode(config: Mapping[str, Any]) -> Launch:
    (server,) = config["servers"].values()
    asked = {one["id"] for one in config["inputs"]}
    launch = plain(server)
    assert {name for value in launch.env.values() for name in re.findall(r"\$\{input:([^}]+)\}", value)} == asked
    return launch


def codex(config: Mapping[str, Any]) -> Launch:
    (server,) = config["mcp_servers"].values()
    return plain({name: value for name, value in server.items() if not name.endswith("_sec")})


def zed(config: Mapping[str, Any]) -> Launch:
    (server,) = config["context_servers"].values()
    return plain(server)


def opencode(config: Mapping[str, Any]) -> Launch:
    (server,) = config["mcp"].values()
    assert (server["type"], server["enabled"]) == ("local", True)
    return Launch(command=server["command"], env=server["environment"])


def goose(config: Mapping[str, Any]) -> Launch:
    (extension,) = config["extensions"].values()
    assert (extension["type"], extension["enabled"]) == ("stdio", True)
    return Launch(command=[extension["cmd"], *extension["args"]], env=dict.fromkeys(extension["env_keys"], ""))


READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Launch]]] = {
    "clients/claude-desktop.json": standard,
    "clients/claude-code.mcp.json": standard,
    "clients/cursor.json": standard,
    "clients/vscode.mcp.json": vscode,
    "clients/codex.toml": codex,
    "clients/gemini-cli.json": standard,
    "clients/qwen-code.json": standard,
    "clients/windsurf.json": standard,
    "clients/cline.json": standard,
    "clients/zed.json": zed,
    "clients/opencode.json": opencode,
    "clients/goose.yaml": goose,
    "clients/lm-studio.json": standard,
    "clients/bailian-stdio.json": standard,
    "claude-plugin/.claude-plugin/plugin.json": standard,
    "gemini-extension/gemini-extension.json": standard,
    "qwen-extension/qwen-extension.json": standard,
}
"""Every file under manifests/ that starts a process, and how it is read. The bundle is packed first: test_bundle.py."""
SERVED: Final = "clients/bailian-sse.json"
"""The one that starts nothing: a server of the user's own is called."""


def launch_of(file: str) -> Launch:
    """What a file under manifests/ starts."""
    return READERS[file](loaded(MANIFESTS / file))


def loaded(path: Path) -> dict[str, Any]:
    """A configuration file, read as its ending says."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".toml":
            return tomllib.loads(text)
        case ".yaml":
            from ruamel.yaml import YAML

            return YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType] its stubs lack it
        case _:
            return json.loads(text)


def from_button(link: str) -> Launch:
    """What an install link makes its host write down."""
    parts = urlsplit(link)
    given = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    if parts.path.endswith("/goose/extension"):
        variable, label = given["env"].split("=")
        assert label
        return Launch(command=[given["cmd"], given["arg"]], env={variable: ""})
    assert given["name"]
    if parts.hostname in {"cursor.com", "lmstudio.ai"}:
        return plain(json.loads(base64.b64decode(given["config"], validate=True)))
    if "inputs" in given:
        return vscode({"inputs": json.loads(given["inputs"]), "servers": {"": json.loads(given["config"])}})
    return plain(json.loads(unquote(given["config"])))
