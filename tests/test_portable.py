"""What Windows and macOS lack, taken away: the server does its main job without it, over pipes as a host runs it."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest

from clients import DESIGN, Person, connected
from conftest import MakeSettings
from test_stdio import served_over_stdio

POSIX_MODULES = ("fcntl", "grp", "pwd", "pty", "resource", "syslog", "termios", "tty")
POSIX_CALLS = (
    *("chown", "chroot", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getpgid"),
    *("getsid", "getuid", "killpg", "lchown", "mkfifo", "mknod", "nice", "openpty", "posix_fadvise", "pread", "pwrite"),
    *("register_at_fork", "sched_getaffinity", "sendfile", "setsid", "setuid", "statvfs", "sysconf", "uname"),
)
TAKEN_AWAY = """
import builtins, os, sys

# The SDK and other packages have a half of their own for each system; ours is one for all, so the guard is for ours.
def ours(name):
    return (name or "").startswith("voice_design_mcp")


def importing(imported):
    def guarded(name, globals=None, *rest, **named):
        if name in {modules!r} and ours((globals or {{}}).get("__name__")):
            raise ModuleNotFoundError(f"No module named {{name!r}}")
        return imported(name, globals, *rest, **named)
    return guarded


def calling(name, called):
    def guarded(*given, **named):
        if ours(sys._getframe(1).f_globals.get("__name__")):
            raise AttributeError(f"module 'os' has no attribute {{name!r}}")
        return called(*given, **named)
    return guarded


builtins.__import__ = importing(builtins.__import__)
for name in {calls!r}:
    if hasattr(os, name):
        setattr(os, name, calling(name, getattr(os, name)))
"""


@pytest.fixture
def without_posix(tmp_path: Path) -> dict[str, str]:
    """The variable by which a Python starts without POSIX's own modules and calls."""
    folder = tmp_path / "startup"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TAKEN_AWAY.format(modules=POSIX_MODULES, calls=POSIX_CALLS))
    return {"PYTHONPATH": str(folder)}


def test_the_main_job_runs_where_the_system_is_not_posix(tmp_path: Path, without_posix: dict[str, str]) -> None:
    out = tmp_path / "out"
    with served_over_stdio(tmp_path / "data", "--output-dir", str(out), "--verbose", **without_posix) as (host, logged):
        host.shake_hands()
        voice = host.design()
        spoken = host.call("synthesize", text="Good evening.", voice=voice["voice"], name="a:b?c*d|e. ")
        path = Path(spoken["structuredContent"]["audio"]["path"])
        assert path.read_bytes().startswith(b"RIFF")
        asked = host.call("delete_voice", voice=voice["voice"])["structuredContent"]
        deleted = host.call("delete_voice", voice=voice["voice"], approval=asked["approval"]["id"])
        assert deleted["structuredContent"]["status"] == "deleted"
        assert host.end_input() == 0
    assert not [line for line in logged if "Traceback" in line]


async def test_a_file_that_a_user_names_has_a_name_that_every_system_takes(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    asked = (
        "CON",
        "nul.wav",
        "a<b>c",
        'say "hi"',
        "trailing. ",
        "..\\..\\up",
        "C:\\there",
        "line\nbreak",
        "\U00020000" * 80,
    )
    async with connected(make_settings(output_dir=str(tmp_path / "out")), person=Person()) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        for name in asked:
            spoken = await call("synthesize", text="Good evening.", voice=voice, name=name)
            given = Path(spoken["audio"]["path"]).name
            stem, _, extension = given.partition(".")
            assert extension == "wav", given
            assert not PureWindowsPath(given).is_reserved(), given
            assert all(character.isalnum() or character in "-_" for character in stem), given
            assert len(given.encode()) <= 255, given
    assert len(list((tmp_path / "out").iterdir())) == len(asked) + 1
