"""The shape of the code: sizes, who reads the environment, what a start imports and opens, and how tools are named."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_design_mcp.tools import TOOLS

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server"
PACKAGE = SERVER / "voice_design_mcp"
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40
ON_FIRST_USE = (
    *("numpy", "soundfile", "soxr", "sqlalchemy", "obstore", "lindera", "espeakng_loader"),
    *(
        f"voice_design_mcp.{room}"
        for room in (
            *("tools", "prompts", "resources", "narration", "families", "dashscope", "spending", "background"),
            *("sandbox", "storage", "speech", "describe"),
        )
    ),
)
"""What `initialize` does not need. uvicorn and starlette are not here: the SDK itself imports them."""

Function = ast.FunctionDef | ast.AsyncFunctionDef

START = """
import json, sys

touched = []


def note(event, arguments):
    if event in {"socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename"}:
        touched.append(f"{event} {arguments!r}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wxa+"):
        touched.append(f"open {arguments!r}")


sys.dont_write_bytecode = True
sys.addaudithook(note)
import mcp.server.elicitation, mcp.server.mcpserver.resolve

floor = set(sys.modules)
import voice_design_mcp.cli
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings

if sys.argv[1:] == ["build"]:
    build_server(Settings.load())
print(json.dumps({"imported": sorted(sys.modules), "added": sorted(set(sys.modules) - floor), "touched": touched}))
"""


def started(*arguments: str) -> dict[str, list[str]]:
    """What a fresh interpreter imports and opens on the way to a server, with nothing set."""
    inherited = os.environ  # noqa: TID251  Windows starts no process without SYSTEMROOT
    environment = {name: inherited[name] for name in ("SYSTEMROOT",) if name in inherited}
    ran = subprocess.run(
        [sys.executable, "-c", START, *arguments], check=True, capture_output=True, text=True, env=environment
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("arguments", [(), ("build",)], ids=["imported", "built"])
def test_starting_opens_nothing_and_imports_nothing_that_initialize_does_not_need(arguments: tuple[str, ...]) -> None:
    start = started(*arguments)
    assert start["touched"] == []
    assert "voice_design_mcp.app" in start["imported"]
    heavy = [
        name for name in start["imported"] if any(name == row or name.startswith(f"{row}.") for row in ON_FIRST_USE)
    ]
    assert heavy == []


def test_importing_the_server_brings_no_third_party_package_beyond_the_sdk_s_own() -> None:
    packages = {name.partition(".")[0] for name in started()["added"]}
    assert packages - set(sys.stdlib_module_names) - {"mcp"} == {"voice_design_mcp"}


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(source(path).splitlines()) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES_MAX} == {}


def test_no_function_s_body_is_longer_than_40_lines() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": body_lines(function)
        for path in modules()
        for function in functions(path)
        if body_lines(function) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_only_config_reads_the_environment() -> None:
    readers = {path.relative_to(PACKAGE).as_posix() for path in modules() if reads_environment(path)}
    assert readers == {"config.py"}


def test_a_tool_is_named_as_its_file_and_its_function() -> None:
    files = {path.stem for path in (PACKAGE / "tools").glob("*.py") if "TOOL" in assigned(path)}
    named = {spec.name: (spec.function.__name__, spec.function.__module__) for spec in TOOLS}
    assert named == {name: (name, f"voice_design_mcp.tools.{name}") for name in files}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "core", "base"}
    assert [str(path.relative_to(ROOT)) for path in modules() if path.stem in empty or path.parent.name in empty] == []


def modules() -> Iterator[Path]:
    """Every Python file of the server."""
    found = sorted(SERVER.rglob("*.py"))
    assert len(found) > 50
    yield from found


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: Function) -> int:
    """Lines from a function's first statement after the docstring to its last: a tool's signature is its schema."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def reads_environment(path: Path) -> bool:
    """Whether a module names what the environment is read by."""
    doors = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    tree = ast.parse(source(path))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(doors & (imported | used))


def assigned(path: Path) -> set[str]:
    """The names that a module assigns at its top level."""
    statements = ast.parse(source(path)).body
    plain = [target for node in statements if isinstance(node, ast.Assign) for target in node.targets]
    annotated = [node.target for node in statements if isinstance(node, ast.AnnAssign)]
    return {target.id for target in (*plain, *annotated) if isinstance(target, ast.Name)}


def source(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")
