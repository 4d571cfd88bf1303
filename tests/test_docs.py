"""What the documents say is what the program is. A test here rewrites nothing: it fails with the right text."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox.asking import CUSTOMIZATION, Asker
from sandbox.served import served_sandbox
from voice_design_mcp import __version__
from voice_design_mcp.catalog import REGIONS
from voice_design_mcp.cli import main
from voice_design_mcp.config import SETTINGS
from voice_design_mcp.hosting import HOSTING
from voice_design_mcp.tools import TOOLS
from voice_design_mcp.tools.spec import ToolSpec

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "server" / "ARCHITECTURE.md").read_text(encoding="utf-8")
NOTICE = (ROOT / "server" / "NOTICE").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
DOCUMENTS = [
    ROOT / "README.md",
    CONTRIBUTING,
    ROOT / "manifests" / "deploy" / "README.md",
    *sorted((ROOT / "server").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_readme_s_first_two_commands_are_the_whole_set_up() -> None:
    set_up = [line for line in README.splitlines() if line.lstrip().startswith("python3 -m venv .venv &&")]
    assert set_up == [
        "python3 -m venv .venv && .venv/bin/pip install -e '.[neural]' && .venv/bin/voice-design-mcp demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n auto",
    ]


def test_the_standard_block_is_json_that_starts_the_command_of_this_package() -> None:
    block = next(text for kind, text in BLOCK.findall(README) if kind == "json")
    servers = json.loads(block)["mcpServers"]
    (server,) = servers.values()
    assert (server["command"], server["args"]) == ("uvx", [PROJECT["name"]])
    assert set(server["env"]) <= {setting.variable for setting in SETTINGS}


def test_the_table_of_tools_has_every_tool_with_its_mark() -> None:
    table = README.partition("## Tools\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| .* \| ([^|]+) \|$", table, re.MULTILINE))
    assert list(rows) == [spec.name for spec in TOOLS]
    for spec in TOOLS:
        marks = rows[spec.name].split(", ")
        assert marks[0] == mark(spec), f"README.md: {spec.name} is {mark(spec)}"
        assert ("asks first" in marks) == spec.asks, f"README.md: {spec.name} asks first: {spec.asks}"


def test_every_setting_and_command_that_a_document_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    known = {setting.variable for setting in (*SETTINGS, *HOSTING)}
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"\b(?:VOICE_DESIGN|DASHSCOPE)_[A-Z_]+[A-Z]\b", text)) <= known, document
        for command in sorted(
            set(re.findall(r"voice-design-mcp (serve|demo|sandbox|[a-z]+ (?=--)|[a-z]+(?=`))", text))
        ):
            with pytest.raises(SystemExit) as ended:
                main([command.strip(), "--help"])
            assert ended.value.code == 0, f"{document.name}: {command}"
    assert "usage: voice-design-mcp" in capsys.readouterr().out


def test_every_region_s_hosts_are_in_the_readme() -> None:
    for region in REGIONS.values():
        assert f"`{region.shared_host}` | `{region.workspace_host}` |" in README


def test_every_dependency_has_its_reason_and_httpx2_comes_before_them_all() -> None:
    section = README.partition("## Dependencies\n\n")[2].partition("\n## ")[0]
    assert re.fullmatch(
        r"The HTTP client asked for, `httpx`, is here `httpx2`, its maintained continuation:.*", section.splitlines()[0]
    )
    reasons = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE))
    assert list(reasons) == [re.split(r"[\[><=]", requirement)[0] for requirement in PROJECT["dependencies"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_to_a_file_or_a_heading_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    headings = headings_of(document)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif "://" not in target:
            file, _, heading = target.partition("#")
            there = document.parent / file
            assert there.exists(), target
            assert not heading or heading in headings_of(there), target


def test_the_readme_s_requests_to_the_sandbox_work(tmp_path: Path) -> None:
    create, script = re.findall(r"-d '(.+?)'$", README, re.MULTILINE | re.DOTALL)
    usage = json.loads(re.findall(r"`(\{\"voice_creations\".+?\})`", README)[0])
    with served_sandbox(tmp_path) as base_url:
        asker = Asker(base_url, "any-key")
        with asker.http:
            made = asker.http.post(CUSTOMIZATION, content=create, headers={"Content-Type": "application/json"})
            assert made.status_code == 200, made.text
            assert asker.usage() == usage
            assert asker.http.post("/sandbox/faults", content=script).json()["faults"] == json.loads(script)


def test_the_map_names_every_room() -> None:
    package = ROOT / "server" / "voice_design_mcp"
    rooms = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted(package.iterdir())
        if not path.name.startswith("__") and (path.suffix == ".py" or (path / "__init__.py").exists())
    ]
    assert [room for room in rooms if not re.search(rf"^{re.escape(room)} ", ARCHITECTURE, re.MULTILINE)] == []


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    changelog = (ROOT / "server" / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == __version__


def test_the_notice_names_the_parts_whose_licences_ask_for_it() -> None:
    for part, licence in (
        ("eSpeak NG", "GPL-3.0-or-later"),
        ("libsndfile", "LGPL-2.1-or-later"),
        ("LAME", "LGPL"),
        ("mpg123", "LGPL-2.1"),
        ("soxr", "LGPL-2.1-or-later"),
        ("IPADIC", "Nara Institute of Science and Technology"),
    ):
        section = next((text for text in NOTICE.split("\n\n") if part in text.splitlines()[0]), "")
        assert licence in section, f"server/NOTICE: {part} under {licence}"
    assert "https://github.com/espeak-ng/espeak-ng" in NOTICE


def headings_of(document: Path) -> set[str]:
    """What a link within a document may lead to."""
    lines = document.read_text(encoding="utf-8").splitlines()
    return {anchor(line.lstrip("# ")) for line in lines if line.startswith("#")}


def mark(spec: ToolSpec) -> str:
    """What a tool's annotations say, in one word."""
    if spec.annotations.read_only_hint:
        return "read-only"
    return "destructive" if spec.annotations.destructive_hint else "spends"


def anchor(heading: str) -> str:
    """A heading's anchor, as the forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
