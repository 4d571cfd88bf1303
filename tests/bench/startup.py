"""How long our server takes to answer `initialize` over stdio, beside a bare `MCPServer` with one tool in the same environment.

A benchmark, not a test: it prints, and judges nothing but the ratio (bar 1.2, goal 1.05). Run it alone on an idle machine, in an
environment with the package and none of the tools: `python tests/bench/startup.py --runs 20`. Where the machine is never idle,
count instructions: `valgrind --tool=callgrind` over either command, its request on standard input, says the same each time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

BAR = 1.2
GOAL = 1.05
OURS = "voice_design_mcp"
BARE = '''
from mcp.server import MCPServer

server = MCPServer("bare")


@server.tool()
def echo(text: str) -> str:
    """Give a text back."""
    return text


server.run("stdio")
'''
BARE_IMPORTS = "from mcp.server import MCPServer"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "startup", "version": "1"},
    },
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="timed starts of each server")
    parser.add_argument("--imports", type=int, default=5, help="runs under -X importtime")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="voice-design-startup-") as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        commands = {
            "bare MCPServer": [sys.executable, str(bare)],
            "voice-design-mcp": [sys.executable, "-m", OURS, "serve", "--data-dir", str(Path(folder) / "data")],
        }
        _print_starts(_starts(commands, options.runs))
        _print_imports(options.imports)


def _starts(commands: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    """Seconds from process start to the answer; the servers take turns, each pair in the other order."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():  # compiles what is not compiled yet
        _seconds_to_answer(command)
    for run in range(runs):
        order = list(commands) if run % 2 else list(reversed(commands))
        for name in order:
            taken[name].append(_seconds_to_answer(commands[name]))
    return taken


def _seconds_to_answer(command: Sequence[str]) -> float:
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.stdin.close()
        process.wait()
    if "result" not in json.loads(answer or b"{}"):
        raise RuntimeError(f"{command} did not answer initialize")
    return seconds


def _print_starts(taken: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, seconds in taken.items():
        print(
            f"{name:18} median {medians[name] * 1000:6.0f} ms   best {min(seconds) * 1000:6.0f} ms   of {len(seconds)}"
        )
    bare, ours = medians.values()
    ratio = ours / bare
    best = min(taken["voice-design-mcp"]) / min(taken["bare MCPServer"])
    verdict = "within the bar" if ratio <= BAR else "OVER THE BAR"
    print(f"ratio of medians {ratio:.3f}, of the best {best:.3f} (bar {BAR}, goal {GOAL}): {verdict}")


def _print_imports(runs: int) -> None:
    """What our start imports that a bare server does not, by its own time."""
    floor = set(_self_times(BARE_IMPORTS))
    seen = [_self_times(f"import {OURS}.cli, {OURS}.app") for _ in range(runs)]
    added = {name: statistics.median(times.get(name, 0) for times in seen) for name in seen[0] if name not in floor}
    whole = statistics.median(sum(times.values()) for times in seen)
    ours = _total(added, (name for name in added if _is_ours(name)))
    others = _total(added, (name for name in added if not _is_ours(name)))
    print(
        f"imports: {whole / 1000:.0f} ms in all; our modules {ours / 1000:.1f} ms; what only they import {others / 1000:.1f} ms"
    )
    for name in sorted(added, key=lambda name: -added[name])[:12]:
        print(f"  {added[name] / 1000:6.1f} ms  {name}")


def _self_times(statement: str) -> dict[str, int]:
    """Microseconds of each imported module itself, without what it imports."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=_environment(),
    )
    rows = (line.removeprefix("import time:").split("|") for line in ran.stderr.splitlines() if "|" in line)
    return {name.strip(): int(own) for own, _, name in rows if own.strip().isdigit()}


def _total(times: dict[str, float], names: Iterable[str]) -> float:
    return sum(times[name] for name in names)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == OURS


def _environment() -> dict[str, str]:
    """The environment without settings of ours, and with compiled modules kept, as on a user's machine."""
    inherited = os.environ  # noqa: TID251  what a host's child inherits
    kept = {name: value for name, value in inherited.items() if not name.startswith(("VOICE_DESIGN_", "DASHSCOPE_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


if __name__ == "__main__":
    main()
