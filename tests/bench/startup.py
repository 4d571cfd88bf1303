"""How long our server takes over stdio to answer `initialize` and to list voices first, and how much memory it has by then.

A benchmark, not a test: it prints, and judges nothing but ratios and one difference. Beside ours in the same environment: the
floor, a bare `MCPServer` with tools of the same signatures that makes the same request (`floor.py`), and a server with one tool.
Run it alone on an idle machine, in an environment with the package and none of the tools: `tests/bench/startup.py --runs 20`.
Where the machine is never idle, count instructions: `valgrind --tool=callgrind` over any of the commands, its request on standard
input, says the same each time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import figures
from figures import Row

BAR, ECHO_BAR, LIST_BAR, MEMORY_BAR_MB = 1.05, 1.15, 1.4, 15.0
OURS = "voice_design_mcp"
ECHO = '''
from mcp.server import MCPServer

server = MCPServer("echo")


@server.tool()
def echo(text: str) -> str:
    """Give a text back."""
    return text


server.run("stdio")
'''
BARE_IMPORTS = "from mcp.server import MCPServer"
CLIENT: dict[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "startup", "version": "1"},
}


@dataclass
class Started:
    """What several starts of one server took.

    Attributes:
        initialize_s: From process start to the answer to `initialize`.
        listed_s: From process start to the first list of voices, where it has one.
        memory_mb: What was in memory when it had answered `initialize`.
    """

    initialize_s: list[float] = field(default_factory=list[float])
    listed_s: list[float] = field(default_factory=list[float])
    memory_mb: list[float] = field(default_factory=list[float])


class Server:
    """A server that has just been started, and is spoken to line by line."""

    def __init__(self, command: Sequence[str]) -> None:
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
        )
        self._number = 0

    def ask(self, method: str, params: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
        """A request's result, and how many seconds after the start it was there."""
        assert self._process.stdout is not None
        self._number += 1
        self.say(method, params, id=self._number)
        while line := self._process.stdout.readline():
            answer = json.loads(line)
            if answer.get("id") == self._number:
                return answer["result"], time.perf_counter() - self._began
        raise RuntimeError(f"no answer to {method}")

    def say(self, method: str, params: Mapping[str, Any], **more: Any) -> None:
        """A message that nothing is expected of."""
        assert self._process.stdin is not None
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def memory_mb(self) -> float:
        """What it has in memory, where the kernel says so; else 0."""
        status = Path(f"/proc/{self._process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
        return int(found[1]) / 1024 if found else 0.0

    def end(self) -> None:
        """Let it end, as a host does."""
        self._process.communicate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="timed starts of each server")
    parser.add_argument("--imports", type=int, default=5, help="runs under -X importtime")
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="voice-design-startup-") as name, sandbox(Path(name)) as base_url:
        folder = Path(name)
        ours = [sys.executable, "-m", OURS, "serve", "--data-dir", str(folder / "data"), "--base-url", base_url]
        (folder / "echo.py").write_text(ECHO, encoding="utf-8")
        learnt(ours, base_url, folder / "spec.json")
        bare = [sys.executable, str(Path(__file__).with_name("floor.py")), str(folder / "spec.json")]
        taken = starts({"ours": ours, "floor": bare, "echo": [sys.executable, str(folder / "echo.py")]}, options.runs)
    rows = judged(taken)
    figures.keep(options.json, rows)
    _print_imports(options.imports)


@contextmanager
def sandbox(folder: Path) -> Generator[str]:
    """A served sandbox's address."""
    command = [sys.executable, "-m", f"{OURS}.sandbox", "--port", "0", "--state", str(folder / "vendor")]
    command += ["--engine", "formant"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "http://" in line)
            yield "http://" + line.partition("http://")[2].split()[0].strip()
        finally:
            process.kill()


def learnt(ours: Sequence[str], base_url: str, path: Path) -> None:
    """Write what the floor is to do: the tools of ours, and its first list of voices."""
    server = Server(ours)
    greet(server)
    tools, _ = server.ask("tools/list", {})
    told, _ = server.ask("tools/call", LIST)
    server.end()
    spec = {"tools": tools["tools"], "sandbox": base_url, "answers": {"list_voices": told}}
    path.write_text(json.dumps(spec), encoding="utf-8")


LIST = {"name": "list_voices", "arguments": {"family": "qwen"}}


def greet(server: Server) -> float:
    """Make oneself known; gives when that was answered."""
    _, seconds = server.ask("initialize", CLIENT)
    server.say("notifications/initialized", {})
    return seconds


def starts(commands: dict[str, list[str]], runs: int) -> dict[str, Started]:
    """The servers take turns, each round in the other order; the first compiles what is not compiled yet, and does not count."""
    taken = {name: Started() for name in commands}
    for run in range(runs + 1):
        for name in list(commands) if run % 2 else list(reversed(commands)):
            server, one = Server(commands[name]), taken[name]
            seconds, memory_mb = greet(server), server.memory_mb
            listed_s = server.ask("tools/call", LIST)[1] if name != "echo" else 0.0
            server.end()
            if run:
                one.initialize_s.append(seconds)
                one.memory_mb.append(memory_mb)
                one.listed_s.append(listed_s)
    return taken


def judged(taken: Mapping[str, Started]) -> list[Row]:
    """Print what was taken, and give it as rows."""
    print(f"{'server':6} {'initialize ms':>13} {'best':>6} {'first list ms':>13} {'memory MB':>9}")
    for name, one in taken.items():
        best, listed = min(one.initialize_s) * 1000, statistics.median(one.listed_s) * 1000
        middle, memory = statistics.median(one.initialize_s) * 1000, statistics.median(one.memory_mb)
        print(f"{name:6} {middle:13.0f} {best:6.0f} {listed:13.0f} {memory:9.1f}")
    ours, floor, echo = taken["ours"], taken["floor"], taken["echo"]
    more_mb = statistics.median(ours.memory_mb) - statistics.median(floor.memory_mb)
    rows = [
        Row("start to `initialize`, beside the floor", ratio(ours.initialize_s, floor.initialize_s), BAR),
        Row(
            "start to `initialize`, beside a server of one tool", ratio(ours.initialize_s, echo.initialize_s), ECHO_BAR
        ),
        Row("start to the first list of voices, beside the floor", ratio(ours.listed_s, floor.listed_s), LIST_BAR),
        Row("memory before the first call, over the floor", more_mb, MEMORY_BAR_MB, "MB"),
    ]
    for row in rows:
        print(f"{row.what}: {row.measured:.3f} {row.unit} (bar {row.bar:g}): {row.verdict}")
    return rows


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The median of the pairs' ratios."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


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
        env=environment(),
    )
    rows = (line.removeprefix("import time:").split("|") for line in ran.stderr.splitlines() if "|" in line)
    return {name.strip(): int(own) for own, _, name in rows if own.strip().isdigit()}


def _total(times: dict[str, float], names: Iterable[str]) -> float:
    return sum(times[name] for name in names)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == OURS


def environment() -> dict[str, str]:
    """The environment with a key and no settings of ours, and with compiled modules kept, as on a user's machine."""
    inherited = os.environ  # noqa: TID251  what a host's child inherits
    kept = {name: value for name, value in inherited.items() if not name.startswith(("VOICE_DESIGN_", "DASHSCOPE_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"DASHSCOPE_API_KEY": "sk-bench"}


if __name__ == "__main__":
    main()
