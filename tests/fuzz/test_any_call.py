"""Whatever a caller sends: no file is opened beyond the data and output folders, and no answer tells more than it should."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest

from clients import DESIGN
from fuzz.cases import GOOD, Case, Place, cases, put
from identity.village import ACCEPT, modern
from replicas.replica import client_at
from sandbox.served import sandbox_process
from services import traced
from voice_design_mcp.identity.static_tokens import minted

SECRET = "the secret of the lighthouse keeper"
CANARY = "a-canary-that-nobody-reads"
AT_ONCE = 8
APPS = {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}}
TELLING = ("Traceback", 'File "', "site-packages", "sqlalchemy", "psycopg", "pydantic", SECRET, CANARY)
"""What no answer holds."""
OPENING = "open,openat,openat2,creat,truncate,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
"""The system calls that open a file by its path, or change one."""
BY_LIBC = {"/sys/devices/system/cpu/online", "/proc/sys/vm/overcommit_memory"}
"""Opened by malloc when a thread's memory is first set up, and when it first shrinks, whatever the thread does."""
WATCHED = str(Path(__file__).with_name("watched.py"))


@dataclass
class Watched:
    """A server whose openings are written down, and what it said on stderr."""

    folder: Path
    url: str
    opened: Callable[[], list[str]]
    told: list[str] = field(default_factory=list[str])

    def may_open(self, path: str) -> bool:
        """Whether a path is in the data folder or the output folder."""
        return any(Path(path).is_relative_to(self.folder / name) for name in ("data", "output"))


def by_python(log: Path) -> list[str]:
    """What the audit hook wrote down, every path of it."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return [path for paths in map(json.loads, lines) for path in paths]


def by_kernel(log: Path) -> list[str]:
    """What strace wrote down: every path that a system call was given to open or to change, whoever called."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [path for path in re.findall(r'^\d+ +\w+\(.*?"([^"]*)"', text, re.MULTILINE) if path not in BY_LIBC]


@contextmanager
def watched_server(folder: Path, environment: dict[str, str], *, strace: bool = False) -> Generator[Watched]:
    """Serve over HTTP, stateless, watched by an audit hook, or by the kernel."""
    log = folder / "opened.log"
    log.touch()
    watched = [sys.executable, WATCHED, str(log)]
    if strace:
        watched = [*traced(log, OPENING), sys.executable, "-m", "voice_design_mcp"]
    command = [*watched, "serve", "--http", "--stateless", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        told: list[str] = []
        for line in process.stderr:
            told.append(line)
            if line.startswith("Serving MCP on "):
                break
        reading = threading.Thread(target=told.extend, args=(process.stderr,), daemon=True)
        reading.start()
        try:
            url = told[-1].split()[3].removesuffix("/mcp")
            yield Watched(folder, url, lambda: (by_kernel if strace else by_python)(log), told)
        finally:
            process.terminate()
            process.wait(timeout=60)
            reading.join(timeout=60)


@dataclass
class Town:
    """A server with alice's things on it, and bob, who has a voice too and is after them."""

    server: Watched
    place: Place
    token: str
    client: httpx2.AsyncClient

    async def answer(self, case: Case, *, newer: bool) -> httpx2.Response:
        """The answer to a case sent by bob, in the newer era where its headers can carry it."""
        name = str(case.params.get("name") or case.params.get("uri") or "")
        if newer and re.fullmatch(r"[!-~]{0,200}", name) and re.fullmatch(r"[a-z/]+", case.method):
            body, headers = modern(case.method, case.params, name)
            body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = APPS
        else:
            body, headers = (
                {"jsonrpc": "2.0", "id": 1, "method": case.method, "params": case.params},
                {"MCP-Protocol-Version": "2025-11-25"},
            )
        return await self.client.post("/mcp", content=json.dumps(body), headers=headers)


@asynccontextmanager
async def town(server: Watched, tokens: Sequence[str]) -> AsyncGenerator[Town]:
    """Alice and bob settle in; what only a first call imports has been imported when this is given."""
    alice, bob = tokens
    async with client_at(server.url, alice) as call:
        hers = await call.approved("design_voice", **{**DESIGN, "preview_text": f"Here is {SECRET}."})
        audio = (await call("synthesize", voice=hers["voice"], text=f"This is {SECRET}."))["audio"]["uri"]
        approval = (await call("design_voice", **DESIGN, take=7))["approval"]["id"]
    casts = server.folder / "data" / "casts" / f"by-{sha256(b'alice').hexdigest()[:16]}"
    casts.mkdir(parents=True)
    for folder in (casts, server.folder):
        (folder / "secret.toml").write_text(f'[narrator]\nvoice = "{CANARY}"\n', encoding="utf-8")
    async with client_at(server.url, bob) as call:
        mine = (await call.approved("design_voice", **DESIGN))["voice"]
        await call("synthesize", voice=mine, text="Hello.", response_format="mp3", name="hello")
        await call.approved("narrate", script="Alice: Hello.\n\nBob: Hello to you.", cast=mine, name="play")
        await call.approved("delete_voice", voice=(await call.approved("design_voice", **DESIGN, take=2))["voice"])
    place = Place(data=str(server.folder / "data"), canary=str(server.folder / "secret"), voice=mine, theirs=hers["voice"],
                  audio=audio.removeprefix("audio://"), approval=approval)  # fmt: skip
    headers = {**ACCEPT, "Authorization": f"Bearer {bob}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=headers, trust_env=False, timeout=60) as client:
        there = Town(server, place, bob, client)
        for tool in GOOD:
            await there.answer(Case("tools/call", put({"name": tool, "arguments": GOOD[tool]}, place)), newer=True)
        for warm in cases(1, 100, place):
            await there.answer(warm, newer=True)
        yield there


def wrong_with(case: Case, answer: httpx2.Response, town: Town) -> list[str]:
    """What is wrong with an answer, in words."""
    text = answer.text
    telling = [word for word in (*TELLING, town.place.data) if word in text and word not in json.dumps(case.params)]
    telling += [f"HTTP {answer.status_code}"] if answer.status_code >= 500 else []
    return telling + [word for word in ("-32603", "Error executing") if word in text]


async def all_sent(town: Town, seed: int, count: int) -> list[tuple[Case, str, list[str]]]:
    """Send so many cases, some at a time; what was wrong, the case with it."""
    waiting = enumerate(cases(seed, count, town.place))
    found: list[tuple[Case, str, list[str]]] = []

    async def send() -> None:
        for number, case in waiting:
            answer = await town.answer(case, newer=number % 2 == 0)
            if wrong := wrong_with(case, answer, town):
                found.append((case, answer.text[:300], wrong))

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return found


async def hunt(
    folder: Path, seed: int, count: int, more: dict[str, str] | None = None, *, strace: bool = False
) -> None:
    """Send so many cases to a watched server, and hold what it opened and said to what it may."""
    people = {name: minted(name) for name in ("alice", "bob")}
    with sandbox_process(folder / "vendor") as sandbox:
        environment = {
            "PATH": os.defpath,
            "HOME": str(
                folder / "data"
            ),  # PostgreSQL's library looks for a password there, else in /etc/passwd for where it is
            "VOICE_DESIGN_DATA_DIR": str(folder / "data"),
            "VOICE_DESIGN_OUTPUT_DIR": str(folder / "output"),
            "VOICE_DESIGN_BASE_URL": sandbox.base_url,
            "DASHSCOPE_API_KEY": "sk-fuzzed",
            "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0",
            "VOICE_DESIGN_TOKENS": " ".join(row for _, row in people.values()),
            **(more or {}),
        }
        with watched_server(folder, environment, strace=strace) as server:
            async with town(server, [people[name][0] for name in ("alice", "bob")]) as there:
                before, outside = len(server.opened()), untouched(folder)
                wrong = await all_sent(there, seed, count)
                opened = server.opened()[before:]
            assert wrong == []
            assert [path for path in opened if not server.may_open(path)] == []
            assert opened  # what is watched is seen
            assert untouched(folder) == outside
        assert [line for line in server.told if "Traceback" in line] == []


def untouched(folder: Path) -> dict[str, int]:
    """What lies beside the two folders, and when it was changed."""
    beside = [
        path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in {"data", "output", "vendor"}
    ]
    return {str(path): path.stat().st_mtime_ns for path in beside if path.name != "opened.log"}


async def test_no_call_opens_a_file_elsewhere_or_is_told_of_our_insides(tmp_path: Path) -> None:
    await hunt(tmp_path, seed=0, count=200)


@pytest.mark.services
@pytest.mark.parametrize("seed", range(1, 5))
async def test_nor_does_any_of_ten_thousand_whatever_library_opens_it_on_either_database(
    tmp_path: Path, seed: int, request: pytest.FixtureRequest
) -> None:
    """The kernel tells what is opened, so that the store of audio, which is not Python, is seen too."""
    more = {"VOICE_DESIGN_DATABASE_URL": request.getfixturevalue("database_url")} if seed % 2 else {}
    await hunt(tmp_path, seed, 2500, more, strace=True)
