"""A process that makes calls through a real client and server, and may be killed anywhere: run as a script, driven by `buying`.

It reads one JSON line for each batch of jobs, runs every job of the batch at the same time in a process of its own, and answers
with one line: how each ended and what it was told. Where the system can fork, a job starts from this already imported process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

FORKS = hasattr(os, "fork")


def killer(at: str, nth: int, passed: list[str]) -> Callable[[str], None]:
    """A hook that kills this process when a boundary is passed for the nth time; "" for never."""
    counted: Counter[str] = Counter()

    def hook(boundary: str) -> None:
        passed.append(boundary)
        counted[boundary] += 1
        if (boundary == at and counted[boundary] == nth) or (not at and nth and len(passed) == nth):
            kill_myself()

    return hook


def kill_myself() -> None:
    """End at once, as the system does it: no cleaning up, no flushing."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


async def buy(job: dict[str, Any]) -> dict[str, Any]:
    """Make the calls of a job, all at the same time."""
    import anyio

    from clients import Person, connected
    from spending.time_and_clients import AT_ONCE
    from voice_design_mcp.config import Settings
    from voice_design_mcp.desk import Patience

    settings = Settings.load({}, job["environment"])
    passed: list[str] = []
    told: dict[int, Any] = {}
    async with (
        connected(
            settings,
            era=job["era"],
            person=Person() if job["elicits"] else None,
            clock=lambda: datetime.fromisoformat(job["clock"]),
            passed=killer(job["kill_at"], job["nth"], passed),
            retries=AT_ONCE,
            patience=Patience(join_s=job["join_for_s"]),
        ) as call,
        anyio.create_task_group() as calls,
    ):

        async def one(number: int, tool: str, arguments: dict[str, Any]) -> None:
            result = await call.raw(tool, **arguments)
            told[number] = result.structured_content

        for number, (tool, arguments) in enumerate(job["calls"]):
            calls.start_soon(one, number, tool, arguments)
        if job["kill_when_held"]:
            calls.start_soon(_kill_when_held, settings.base_url)
    return {"told": [told[number] for number in sorted(told)], "passed": passed}


async def _kill_when_held(base_url: str) -> None:
    """Die while the vendor works: when the sandbox holds an answer back."""
    import httpx2

    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"{base_url}/sandbox/faults", params={"held": 1}, timeout=60)
    kill_myself()


def run_one(job: dict[str, Any]) -> str:
    """Run a job to its end, if it has one, in this process."""
    import anyio

    return json.dumps(anyio.run(buy, job))


class _Forked:
    """A job in a fork of this process."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.close(self._reading)
                with os.fdopen(writing, "w", encoding="utf-8") as out:
                    out.write(run_one(job))
                status = 0
            finally:
                os._exit(status)
        os.close(writing)

    def ended(self) -> tuple[int, str]:
        with os.fdopen(self._reading, encoding="utf-8") as told:
            said = told.read()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]), said


class _Started:
    """A job in a fresh process, where the system has no fork."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "one"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job))
        self._process.stdin.close()

    def ended(self) -> tuple[int, str]:
        assert self._process.stdout is not None
        said = self._process.stdout.read()
        return self._process.wait(), said


def main() -> None:
    if sys.argv[1:] == ["one"]:
        sys.stdout.write(run_one(json.loads(sys.stdin.read())))
        return
    if FORKS:
        _warm_up()
    for line in sys.stdin:
        running = [_Forked(job) if FORKS else _Started(job) for job in json.loads(line)]
        ended = [each.ended() for each in running]
        answer: list[dict[str, Any]] = [{"code": code, **(json.loads(said) if said else {})} for code, said in ended]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _warm_up() -> None:
    """Do once what every job does first, so that a fork need not: import, compile, connect. It ends without a thread."""
    from clients import DESIGN
    from spending.vendor import tone
    from voice_design_mcp.speech.formats import decode
    from voice_design_mcp.speech.measure import measure

    for lazily in ("spending.purchase", "spending.recovery", "storage.audio", "storage.records"):
        import_module(f"voice_design_mcp.{lazily}")
    measure(*decode(tone(), "wav", 24000), "Hello.")
    with tempfile.TemporaryDirectory() as folder:
        job: dict[str, Any] = {
            "environment": {"VOICE_DESIGN_DATA_DIR": folder},
            "clock": "2026-11-22T12:00:00+00:00",
            "calls": [("design_voice", DESIGN), ("list_voices", {})],
            "kill_at": "",
            "nth": 0,
            "kill_when_held": False,
            "elicits": False,
            "era": "2026-07-28",
            "join_for_s": 1,
        }
        run_one(job)


if __name__ == "__main__":
    main()
