"""The sandbox on a real socket, for any test: in a thread of this process, or in a process of its own that can be killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_design_mcp.sandbox.server import SandboxServer


@contextmanager
def served_sandbox(state_dir: Path, **options: Any) -> Generator[str]:
    """Serves a sandbox from a thread and gives its base URL.

    Args:
        state_dir: Where its account is kept; it survives.
        **options: `api_key`, `now`, `audio_origin`, `engine`, `kokoro_model`, as `sandbox_app` takes them; but unless
            told otherwise the base engine speaks, which is fifty times as fast.
    """
    answering = threading.Event()
    options.setdefault("engine", "formant")
    server = SandboxServer(0, state_dir, ready=lambda _: answering.set(), **options)
    thread = threading.Thread(target=server.run, name="sandbox", daemon=True)
    thread.start()
    try:
        if not answering.wait(timeout=30):
            raise RuntimeError("the sandbox did not start")
        yield server.url
    finally:
        server.should_exit = True
        thread.join(timeout=30)


@dataclass(frozen=True)
class SandboxProcess:
    """A sandbox in a process of its own."""

    base_url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """Ends it as `kill -9` does, wherever it is."""
        self.process.kill()
        self.process.wait(timeout=30)


@contextmanager
def sandbox_process(state_dir: Path, *arguments: str) -> Generator[SandboxProcess]:
    """Runs `python -m voice_design_mcp.sandbox` on a free port; it is killed at the end if it still runs."""
    command = [sys.executable, "-m", "voice_design_mcp.sandbox", "--port", "0", "--state", str(state_dir)]
    command += ["--engine", "formant", *arguments]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        if not base_url:
            raise RuntimeError("the sandbox did not start")
        yield SandboxProcess(base_url, process)
    finally:
        process.kill()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()
