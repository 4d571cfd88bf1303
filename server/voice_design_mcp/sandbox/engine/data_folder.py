"""The folder that the eSpeak NG workers read: the installed data, with room for this process's own voice variants.

The installed package is never written to. The folder is private, made on first use and removed at exit; one that a
killed process left behind is removed by whoever starts a day later.
"""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from voice_design_mcp.sandbox.engine.variant import ACCENTS

DATA_NAME = "espeak-ng-data"
"""What eSpeak NG looks for in the folder that it is given."""

_PREFIX = "voice-design-espeak-"
_VARIANTS = Path(DATA_NAME, "voices", "!v")
_ABANDONED_AFTER_S = 24 * 3600


class DataFolder:
    """A copy of the data at `source`, made of links where the system allows.

    Args:
        source: An `espeak-ng-data` folder.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._lock = Lock()
        self._home: Path | None = None

    def home(self) -> Path:
        """Return the folder that holds `espeak-ng-data`; made again when something has cleaned it away.

        Raises:
            OSError: It cannot be made.
        """
        with self._lock:
            if self._home is None or not (self._home / DATA_NAME / "phontab").exists():
                self._home = self._make()
            return self._home

    @contextmanager
    def variant(self, text: str) -> Generator[str]:
        """Keep a voice variant for as long as the block runs, and give its name.

        eSpeak NG reads every variant at start and holds names of at most 40 bytes, so they are few and short.
        """
        name = "v" + secrets.token_hex(8)
        path = self.home() / _VARIANTS / name
        path.write_text(text, encoding="ascii", newline="\n")
        try:
            yield name
        finally:
            with suppress(OSError):  # another worker may just be looking at it, which Windows minds
                path.unlink()

    def _make(self) -> Path:
        home = Path(tempfile.mkdtemp(prefix=_PREFIX))
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        _remove_abandoned(home.parent)
        data = home / DATA_NAME
        (home / _VARIANTS).mkdir(parents=True)
        for entry in self._source.iterdir():
            if entry.is_file():
                _place(entry, data / entry.name)
        # Of some 140 languages every worker would read each file at start, for 10 ms.
        for accent in ACCENTS.values():
            target = data / "lang" / accent.file
            target.parent.mkdir(parents=True, exist_ok=True)
            _place(self._source / "lang" / accent.file, target)
        return home


def _remove_abandoned(folder: Path) -> None:
    """Each text that is spoken touches the variants, so their time tells; a live process would just make its own anew."""
    for home in folder.glob(_PREFIX + "*"):
        with suppress(OSError):
            if time.time() - (home / _VARIANTS).stat().st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(home, ignore_errors=True)


def _place(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source)
    except OSError:  # Windows asks for a right that few have
        shutil.copyfile(source, target)
