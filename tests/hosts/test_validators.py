"""The hosts' own validators on what this project gives them, offline and without an account."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hosts.launches import MANIFESTS, ROOT
from hosts.programs import run

pytestmark = pytest.mark.services


def test_the_registry_s_schema_accepts_the_record(tmp_path: Path) -> None:
    schema = MANIFESTS / "schemas" / "server.2025-12-11.schema.json"
    ran = run("check-jsonschema", "--schemafile", schema, MANIFESTS / "server.json", home=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_claude_code_accepts_the_plugin_for_a_directory(tmp_path: Path) -> None:
    given = ("plugin", "validate", MANIFESTS / "claude-plugin", "--strict", "--profile", "directory", "--json")
    ran = run("claude", *given, home=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["directory"]["findings"] == []


def test_claude_code_installs_the_plugin_from_the_marketplace_in_this_repository(tmp_path: Path) -> None:
    for given in (
        ("plugin", "validate", ROOT, "--strict"),
        ("plugin", "marketplace", "add", ROOT),
        ("plugin", "install", "voice-design@voice-design"),
    ):
        ran = run("claude", *given, home=tmp_path, cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    listed = run("claude", "plugin", "list", "--json", home=tmp_path, cwd=tmp_path)
    assert '"voice-design@voice-design"' in listed.stdout


def test_gemini_cli_accepts_the_extension(tmp_path: Path) -> None:
    ran = run("gemini", "extensions", "validate", MANIFESTS / "gemini-extension", home=tmp_path, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "successfully validated" in ran.stdout + ran.stderr


@pytest.mark.parametrize("host", ["claude", "gemini"])
def test_a_host_s_own_command_from_the_readme_writes_a_server_that_it_then_lists(host: str, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"^({host} mcp add .+)$", readme, re.MULTILINE)
    _, *given = command.split()
    added = run(host, *given, home=tmp_path, cwd=tmp_path)
    assert added.returncode == 0, added.stdout + added.stderr
    listed = run(host, "mcp", "list", home=tmp_path, cwd=tmp_path)
    assert re.search(r"voice-design: +uvx voice-design-mcp", listed.stdout + listed.stderr), listed
