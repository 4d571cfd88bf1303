"""manifests/ says what the program is, to the registry beyond its schema and to each host. Their own validators: tests/hosts/."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from hosts.launches import MANIFESTS, READERS, ROOT, SERVED, from_button, launch_of
from voice_design_mcp import __version__
from voice_design_mcp.app import INSTRUCTIONS
from voice_design_mcp.cli import main
from voice_design_mcp.config import SETTINGS
from voice_design_mcp.tools import TOOLS

PACKAGE = "voice-design-mcp"
PLUGIN = "claude-plugin/.claude-plugin/plugin.json"
SERVER: dict[str, Any] = json.loads((MANIFESTS / "server.json").read_text(encoding="utf-8"))
PACKAGES: list[dict[str, Any]] = SERVER["packages"]
TEMPLATE = re.compile(r"\{([^{}]+)\}")


def test_the_texts_fit_the_registry() -> None:
    assert re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", SERVER["name"]
    )
    assert 3 <= len(SERVER["name"]) <= 200
    assert 1 <= len(SERVER["title"]) <= 100
    assert 1 <= len(SERVER["description"]) <= 100
    assert "_meta" not in SERVER


def test_addresses_are_https_and_the_repository_is_where_it_says() -> None:
    assert urlsplit(str(SERVER["websiteUrl"])).scheme == "https"
    repository = urlsplit(str(SERVER["repository"]["url"]))
    assert (repository.scheme, repository.netloc) == ("https", f"{SERVER['repository']['source']}.com")
    assert SERVER["name"] == f"io.github.{repository.path.strip('/')}"


def test_every_version_is_the_package_s_own_and_exact() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert {SERVER["version"], *(package["version"] for package in PACKAGES)} == {__version__}
    manifests = (
        "mcpb/manifest.json",
        PLUGIN,
        "gemini-extension/gemini-extension.json",
        "qwen-extension/qwen-extension.json",
    )
    assert {read(file)["version"] for file in manifests} == {__version__}


def test_the_readme_carries_the_marker_by_which_the_registry_knows_the_owner() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"mcp-name: ([^\s]+)(?=\s)", readme) == [SERVER["name"]]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["transport"]["type"])
def test_a_package_can_be_installed_and_reached(package: dict[str, Any]) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'name = "{package["identifier"]}"' in project
    assert "registryBaseUrl" not in package
    transport = package["transport"]
    if transport["type"] == "stdio":
        assert set(transport) == {"type"}
        return
    filled_in = {
        one["name"] for one in (*package["packageArguments"], *package["environmentVariables"]) if "name" in one
    }
    assert set(TEMPLATE.findall(transport["url"])) <= filled_in
    assert urlsplit(str(transport["url"])).path == "/mcp"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["transport"]["type"])
def test_a_package_s_arguments_are_ones_that_the_command_takes(
    package: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[dict[str, Any]] = package.get("packageArguments", [])
    for argument in arguments:
        given = argument.get("value", argument.get("default", ""))
        name = argument.get("name", "")
        assert not set(" <>$") & set(name)
        assert not (name and given.startswith(name))
    command = [
        part
        for argument in arguments
        for part in (argument.get("name"), argument.get("value") or argument["default"])
        if part
    ]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: voice-design-mcp" in capsys.readouterr().out


def test_the_bundle_and_the_plugin_name_every_tool() -> None:
    manifest = read("mcpb/manifest.json")
    assert [tool["name"] for tool in manifest["tools"]] == [spec.name for spec in TOOLS]
    readme = (MANIFESTS / "claude-plugin" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^- `([a-z_]+)`: ", readme, re.MULTILINE) == [spec.name for spec in TOOLS]


def test_a_form_asks_for_the_key_as_a_secret_and_requires_nothing() -> None:
    for form in (read("mcpb/manifest.json")["user_config"], read(PLUGIN)["userConfig"]):
        assert form["api_key"]["sensitive"] is True
        assert not any(field["required"] for field in form.values())
        capped = {name for name in form if name.startswith("max_")}
        assert not any("default" in form[name] for name in capped), "a cap that is handed on binds in the sandbox too"
    for extension in ("gemini", "qwen"):
        asked = read(f"{extension}-extension/{extension}-extension.json")["settings"]
        assert [one["envVar"] for one in asked if one["sensitive"]] == ["DASHSCOPE_API_KEY"]


def test_the_extensions_carry_the_server_s_own_instructions() -> None:
    for extension in ("gemini", "qwen"):
        folder = MANIFESTS / f"{extension}-extension"
        context = folder / read(f"{extension}-extension/{extension}-extension.json")["contextFileName"]
        assert INSTRUCTIONS in context.read_text(encoding="utf-8")


def test_the_marketplace_leads_to_the_plugin() -> None:
    market = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
    (entry,) = market["plugins"]
    plugin = json.loads((ROOT / entry["source"] / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    assert entry["name"] == plugin["name"]


def test_every_file_for_a_client_is_read_by_a_test() -> None:
    present = {path.relative_to(MANIFESTS).as_posix() for path in (MANIFESTS / "clients").iterdir()}
    assert present == {file for file in READERS if file.startswith("clients/")} | {SERVED}


@pytest.mark.parametrize("file", [file for file in READERS if not file.endswith(".yaml")])
def test_what_a_client_starts_is_this_package_with_settings_that_it_has(file: str) -> None:
    launch = launch_of(file)
    assert launch.command in (["uvx", PACKAGE], ["uvx", f"{PACKAGE}=={__version__}"])
    assert "DASHSCOPE_API_KEY" in launch.env
    assert set(launch.env) <= {setting.variable for setting in SETTINGS}


def test_what_runs_on_the_vendor_s_own_hosting_keeps_to_its_characters() -> None:
    for part in launch_of("clients/bailian-stdio.json").command:
        assert re.fullmatch(r"[A-Za-z0-9_@./:=,+-]+", part)
    (remote,) = read(SERVED)["mcpServers"].values()
    assert urlsplit(str(remote["url"])).path == "/sse"


def test_every_install_button_decodes_to_the_standard_block() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = dict(re.findall(r"^\[!\[Install in ([^\]]+)\]\([^)]+\)\]\(([^)]+)\)$", readme, re.MULTILINE))
    assert set(links) == {"Cursor", "VS Code", "VS Code Insiders", "LM Studio", "Kiro", "Goose"}
    block = launch_of("clients/claude-desktop.json")
    for host, link in links.items():
        assert len(link) < 8000, host
        assert from_button(link).command == block.command, host
        assert set(from_button(link).env) == set(block.env), host
    for host in ("Cursor", "LM Studio", "Kiro"):
        assert from_button(links[host]) == block


def test_every_file_is_what_the_code_makes_of_it() -> None:
    command = [sys.executable, "manifests/generate", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8")
    assert checked.returncode == 0, f"run: python manifests/generate\n{checked.stdout}{checked.stderr}"


def read(file: str) -> dict[str, Any]:
    """A JSON file under manifests/."""
    return json.loads((MANIFESTS / file).read_text(encoding="utf-8"))
