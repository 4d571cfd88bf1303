"""What each host starts, started: the built wheel, where there is nothing but uv, until `initialize` is answered."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from hosts.launches import MANIFESTS, READERS, Launch, launch_of
from hosts.programs import found, own_wheel, run, wheelhouse
from voice_design_mcp import __version__
from voice_design_mcp.tools import TOOLS

pytestmark = pytest.mark.services
LONGEST_S: Final = 60
"""How long Claude Desktop waits for the first answer, and Codex by its snippet."""
FIRST_START_LIMIT_S: Final = {"clients/claude-code.mcp.json": 30, "claude-plugin/.claude-plugin/plugin.json": 30}
"""What waits less."""
START_LIMIT_S: Final = 10
"""The shortest of all hosts' limits, Codex's, which a start that need not install anything must keep."""
HELLO: Final = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "host", "version": "1"},
}


def starts() -> dict[str, list[str]]:
    """The files under manifests/ by what they start: most hosts' say the same."""
    by_launch: dict[str, list[str]] = {}
    for file in READERS:
        launch = launch_of(file)
        by_launch.setdefault(json.dumps([launch.command, launch.env]), []).append(file)
    return by_launch


def test_every_client_s_snippet_starts_the_built_wheel_in_time(tmp_path: Path) -> None:
    for index, files in enumerate(starts().values()):
        home = tmp_path / str(index)
        home.mkdir()
        first_limit_s = min(FIRST_START_LIMIT_S.get(file, LONGEST_S) for file in files)
        first_s = converse(launch_of(files[0]), home, first_limit_s)
        again_s = converse(launch_of(files[0]), home, START_LIMIT_S)
        print(f"{first_s:.1f} s with nothing installed, then {again_s:.1f} s: {', '.join(files)}")


def test_the_bundle_is_valid_packs_and_starts_from_where_it_is_unpacked(tmp_path: Path) -> None:
    bundle, packed, unpacked = tmp_path / "bundle", tmp_path / "voice-design.mcpb", tmp_path / "unpacked"
    assembled = [sys.executable, str(MANIFESTS.parent / ".ci" / "bundle.py"), str(own_wheel()), str(bundle)]
    subprocess.run(assembled, check=True)
    for given in (("validate", bundle), ("pack", bundle, packed)):
        ran = run("mcpb", *given, home=tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(unpacked)
    only_here(unpacked / "pyproject.toml")
    manifest = json.loads((unpacked / "manifest.json").read_text(encoding="utf-8"))
    started = manifest["server"]["mcp_config"]
    here = [part.replace("${__dirname}", str(unpacked)) for part in (started["command"], *started["args"])]
    launch = Launch(command=here, env=started["env"])  # as when the form is left empty
    first_s = converse(launch, tmp_path, LONGEST_S)
    print(f"{first_s:.1f} s with nothing installed, then {converse(launch, tmp_path, START_LIMIT_S):.1f} s: the bundle")


def only_here(project: Path) -> None:
    """Narrows what uv resolves for to this system and Python: the folder of wheels has no others, as a registry would."""
    here = f"sys_platform == '{sys.platform}' and python_version == '{sys.version_info.major}.{sys.version_info.minor}'"
    text = project.read_text(encoding="utf-8")
    narrowed, count = re.subn(r"^environments = .+$", f'environments = ["{here}"]', text, flags=re.MULTILINE)
    assert count == 1
    project.write_text(narrowed, encoding="utf-8")


def converse(launch: Launch, home: Path, limit_s: float) -> float:
    """Starts a process as a host does, shakes hands and lists its tools.

    Returns:
        The seconds until `initialize` was answered; no answer within `limit_s` fails the test, as the host would give up.
    """
    began = time.monotonic()
    with subprocess.Popen(
        [found(launch.command[0]), *launch.command[1:]],
        env=clean(home) | launch.env,
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=read_lines, args=(process, lines), daemon=True)
        reader.start()
        try:
            send(process, {"id": 1, "method": "initialize", "params": HELLO})
            about = json.loads(lines.get(timeout=limit_s))["result"]
            took_s = time.monotonic() - began
            assert about["serverInfo"]["version"] == __version__
            send(process, {"method": "notifications/initialized"})
            send(process, {"id": 2, "method": "tools/list", "params": {}})
            tools = json.loads(lines.get(timeout=limit_s))["result"]["tools"]
            assert [tool["name"] for tool in tools] == [spec.name for spec in TOOLS]
            process.stdin.close()
            assert process.wait() == 0
            return took_s
        finally:
            if process.poll() is None:
                process.kill()
            reader.join()  # before what it reads is closed


def clean(home: Path) -> dict[str, str]:
    """An environment with nothing but uv, and instead of a package registry a folder of wheels."""
    config = home / "uv.toml"
    config.write_text(f"no-index = true\nfind-links = [{json.dumps(str(wheelhouse()))}]\n", encoding="utf-8")
    return {
        "PATH": os.pathsep.join([str(Path(found("uvx")).parent), os.defpath]),
        "HOME": str(home),
        "UV_CACHE_DIR": str(home / "uv"),
        "UV_CONFIG_FILE": str(config),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }


def send(process: subprocess.Popen[str], message: Mapping[str, Any]) -> None:
    """One line of JSON-RPC."""
    assert process.stdin is not None
    process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    process.stdin.flush()


def read_lines(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    """Passes on what a process says; when it ends, why it did."""
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(process.stderr.read())
