"""Programs that only .ci/run installs, and servers of ours in processes of their own for them to talk to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
_SERVING: Final = re.compile(r"Serving MCP on (http://[^/]+)/mcp")


def run(program: str, *arguments: str | Path, home: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, whatever its exit code.

    Args:
        program: Its name, looked up on the PATH.
        arguments: What it is given.
        home: The home folder it may write to, instead of the user's.
        cwd: Where it runs.
    """
    return subprocess.run(
        [found(program), *map(str, arguments)],
        cwd=cwd,
        env=environment(HOME=str(home), CI="true"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )


def found(program: str) -> str:
    """Where a program is.

    A missing one fails the test: these run where .ci/run has installed it.
    """
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not on the PATH; .ci/run installs it and puts it there")
    return path


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with some changes."""
    return {**os.environ, **changes}  # noqa: TID251  what a host's child inherits


def wheelhouse() -> Path:
    """The folder of wheels that .ci/run fills: this project's, built from this tree, and the pinned ones of all that it needs."""
    folder = os.environ.get("TEST_WHEELHOUSE")  # noqa: TID251  no setting of the program's
    if folder is None:
        pytest.fail("TEST_WHEELHOUSE is not set; .ci/run fills a folder with wheels and names it so")
    return Path(folder)


def own_wheel() -> Path:
    """This project's wheel."""
    (wheel,) = wheelhouse().glob("voice_design_mcp-*.whl")
    return wheel


@contextmanager
def served(*module: str) -> Generator[str]:
    """Runs a server in a process of its own, as `python -m …` with the tests beside the package; gives its address."""
    path = os.pathsep.join([str(ROOT / "server"), str(ROOT / "tests")])
    with subprocess.Popen(
        [sys.executable, "-m", *module],
        env=environment(PYTHONPATH=path),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        address = next(match[1] for line in process.stderr if (match := _SERVING.search(line)))
        draining = threading.Thread(target=process.stderr.read)  # a full pipe would hold the server up
        draining.start()
        try:
            yield address
        finally:
            process.terminate()
            draining.join()
