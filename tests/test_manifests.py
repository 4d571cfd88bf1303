"""manifests/ says what the program is: the registry's rules beyond its schema (which .ci/run checks), the version, the settings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from voice_design_mcp import __version__
from voice_design_mcp.cli import main
from voice_design_mcp.config import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
SERVER: dict[str, Any] = json.loads((ROOT / "manifests" / "server.json").read_text(encoding="utf-8"))
PACKAGES: list[dict[str, Any]] = SERVER["packages"]
FORMATS = {"text": "string", "flag": "boolean", "folder": "filepath", "usd": "number", "count": "number"}
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


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["transport"]["type"])
def test_a_package_s_variables_are_the_settings(package: dict[str, Any]) -> None:
    wanted = [as_variable(setting) for setting in SETTINGS]
    written = json.dumps(wanted, indent=2, ensure_ascii=False)
    assert package["environmentVariables"] == wanted, (
        f"manifests/server.json: environmentVariables should be\n{written}"
    )


def as_variable(setting: Setting) -> dict[str, Any]:
    """A setting in the registry's words. None is required: without any, the server starts in its sandbox."""
    default = (
        {"1": "true", "0": "false"}[setting.default] if setting.kind == "flag" and setting.default else setting.default
    )
    return {
        "name": setting.variable,
        "description": setting.help,
        "format": FORMATS[setting.kind],
        "isRequired": False,
        "isSecret": setting.secret,
        **({"default": default} if default else {}),
    }
