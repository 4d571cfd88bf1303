"""Drives `buyer.py`: jobs in processes of their own, against a sandbox in yet another one."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2

from sandbox.asking import CUSTOMIZATION
from voice_design_mcp.config import Settings

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KILLED = (-9, 15, 1)
"""How a killed process ends: by signal on POSIX, with this status on Windows."""


@dataclass(frozen=True)
class Ended:
    """How a job ended, and what its calls were told: nothing if it was killed."""

    code: int
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    passed: list[str] = field(default_factory=list[str])

    @property
    def killed(self) -> bool:
        return self.code in KILLED


class Buyers:
    """The process that runs jobs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *jobs: dict[str, Any]) -> list[Ended]:
        """Run jobs at the same time, each in its own process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(jobs) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the buyers' process ended"
        return [Ended(**each) for each in json.loads(line)]

    def run_one(self, job: dict[str, Any]) -> Ended:
        """Run one job."""
        return self.run(job)[0]


@contextmanager
def buyers() -> Generator[Buyers]:
    """Starts the process that runs jobs."""
    script = Path(__file__).with_name("buyer.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Buyers(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass
class Shop:
    """A data folder and the sandbox that it buys from."""

    folder: Path
    base_url: str
    more: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        return {
            "VOICE_DESIGN_DATA_DIR": str(self.folder),
            "VOICE_DESIGN_BASE_URL": self.base_url,
            "DASHSCOPE_API_KEY": "sk-test",
            "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0",
            "VOICE_DESIGN_APPROVAL": "auto",
            "VOICE_DESIGN_MAX_VOICES_PER_DAY": "3",
            **self.more,
        }

    @property
    def settings(self) -> Settings:
        return Settings.load({}, self.environment)

    def job(
        self,
        *calls: tuple[str, dict[str, Any]],
        later_s: float = 0,
        kill_at: str = "",
        nth: int = 0,
        kill_when_held: bool = False,
        elicits: bool = False,
        era: str = "2026-07-28",
        join_for_s: float = 45,
    ) -> dict[str, Any]:
        """Calls made at the same time; `kill_at` a boundary, or at the nth of them all."""
        return {
            "environment": self.environment,
            "clock": (BEGAN + timedelta(seconds=later_s)).isoformat(),
            "calls": calls,
            "kill_at": kill_at,
            "nth": nth or int(bool(kill_at)),
            "kill_when_held": kill_when_held,
            "elicits": elicits,
            "era": era,
            "join_for_s": join_for_s,
        }

    @cached_property
    def _sandbox(self) -> httpx2.Client:
        no_certificates = ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # plain http needs none, and loading them takes longer than a call
        return httpx2.Client(base_url=self.base_url, trust_env=False, verify=no_certificates, timeout=60)

    def forget(self) -> None:
        """Empty the sandbox: no voices, no bill, no faults."""
        self._sandbox.post("/sandbox/reset").raise_for_status()

    def close(self) -> None:
        """Close the connection to the sandbox."""
        self._sandbox.close()

    def bill(self) -> dict[str, int]:
        """What the sandbox would have billed."""
        return self._sandbox.get("/sandbox/usage").json()

    def voices(self) -> list[str]:
        """The voices on the account."""
        body = {"model": "qwen-voice-design", "input": {"action": "list", "page_size": 1000}}
        answer = self._sandbox.post(CUSTOMIZATION, json=body, headers={"Authorization": "Bearer sk-test"})
        return sorted(voice["voice"] for voice in answer.json()["output"]["voice_list"])

    def spoil(self, *faults: dict[str, Any]) -> None:
        """Script the sandbox's faults."""
        self._sandbox.post("/sandbox/faults", json=faults).raise_for_status()

    def release(self) -> None:
        """Let go on what the sandbox holds."""
        self._sandbox.post("/sandbox/faults/release").raise_for_status()

    def held(self, count: int) -> None:
        """Wait until the sandbox holds so many answers."""
        assert self._sandbox.get("/sandbox/faults", params={"held": count}).json()["held"] >= count
