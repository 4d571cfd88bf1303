"""Runs the command line with every file that Python opens, makes, moves, lists or removes written down, one JSON line each.

    python watched.py LOG ARGUMENT…

A hook of `sys.addaudithook` can't be taken away again, so nothing in the process hides from it; what is opened by libraries in
other languages is seen by strace only (`test_any_call.py` uses both).
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

WATCHED = {
    *("open", "sqlite3.connect", "subprocess.Popen", "ctypes.dlopen", "tempfile.mkstemp", "tempfile.mkdtemp"),
    *(
        "os.listdir",
        "os.scandir",
        "os.mkdir",
        "os.rmdir",
        "os.remove",
        "os.rename",
        "os.link",
        "os.symlink",
        "os.truncate",
    ),
    *("os.chmod", "os.chown", "os.utime", "os.exec", "os.posix_spawn", "os.startfile", "os.system"),
    *("shutil.copyfile", "shutil.copytree", "shutil.move", "shutil.rmtree"),
}
TWO_PATHS = {"os.rename", "os.link", "os.symlink"}


def watch(log: str) -> None:
    """Write down from now on."""
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and arguments and not isinstance(arguments[0], int):
            given = arguments[: 2 if event in TWO_PATHS else 1]
            paths = [os.path.abspath(os.fsdecode(path)) for path in given if path is not None]  # noqa: PTH100 opens no link
            os.write(written, json.dumps(paths).encode() + b"\n")

    sys.addaudithook(note)


if __name__ == "__main__":
    watch(sys.argv[1])
    from voice_design_mcp.cli import main

    sys.exit(main(sys.argv[2:]))
