"""A file that appears under its name when it is whole, and not before. Knows no formats."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO


class WholeFile:
    """Bytes that are written beside `path` and renamed to it by `keep`; until then, and after `discard`, nothing is there.

    A file that was at `path` is replaced. What a killed process leaves behind is called `.*.part`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{secrets.token_hex(8)}.part")
        self.stream: BinaryIO = self._part.open("xb")

    def keep(self) -> None:
        """Put the file in its place, on the disk and not only in its cache."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self._part.replace(self._path)
        _sync_folder(self._path.parent)

    def discard(self) -> None:
        """Leave nothing."""
        self.stream.close()
        self._part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened, and renaming is written through
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
