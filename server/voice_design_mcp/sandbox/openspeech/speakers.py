"""What a pair of servers keeps on disk: uploaded voices, which clips it has spoken itself, and how often it was asked for what.

One SQLite file beside the vendor's account: these are other servers. Every method is one short transaction.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UPLOADED_MAX: Final = 1000
"""SPEAKER_MAX_UPLOADED, where nobody sets it."""
_BUSY_TIMEOUT_S: Final = 30.0
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS speakers (
        key TEXT PRIMARY KEY, name TEXT NOT NULL, consent TEXT NOT NULL, created_at INTEGER NOT NULL, mime_type TEXT NOT NULL,
        file_size INTEGER NOT NULL, ref_text TEXT NOT NULL, speaker_description TEXT NOT NULL, spec TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS clips (sound TEXT PRIMARY KEY, spec TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS counts (what TEXT PRIMARY KEY, times INTEGER NOT NULL)",
)

Counted = Literal["designs", "speeches", "uploads"]
COUNTED: Final[tuple[Counted, ...]] = ("designs", "speeches", "uploads")


class CapError(Exception):
    """As many voices are uploaded as the server takes; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An uploaded voice. `key` is its name in lower case, `spec` the engine's JSON; the rest is what a list tells."""

    key: str
    name: str
    consent: str
    created_at: int
    mime_type: str
    file_size: int
    ref_text: str
    speaker_description: str
    spec: str


class Speakers:
    """The voices of the Base server and the clips of the VoiceDesign server.

    Args:
        folder: Made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "open.sqlite3"
        with self._transaction() as db:
            for table in _TABLES:
                db.execute(table)

    def count(self, what: Counted) -> None:
        """Notes that something was done."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO counts VALUES (?, 1) ON CONFLICT (what) DO UPDATE SET times = times + 1",
                (what,),
            )

    def counts(self) -> dict[str, int]:
        """How often what was done, and how many voices are uploaded now."""
        with self._transaction() as db:
            found = dict(db.execute("SELECT what, times FROM counts").fetchall())
            voices = int(db.execute("SELECT count(*) FROM speakers").fetchone()[0])
        return {**{what: found.get(what, 0) for what in COUNTED}, "voices": voices}

    def designed(self, sound: str, spec: str) -> None:
        """Notes which voice spoke a clip: who uploads it gets that voice."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO clips VALUES (?, ?)", (sound, spec))

    def spec_of(self, sound: str) -> str:
        """The voice that spoke a clip; "" for a clip from elsewhere."""
        with self._transaction() as db:
            row = db.execute("SELECT spec FROM clips WHERE sound = ?", (sound,)).fetchone()
        return str(row[0]) if row else ""

    def upload(self, voice: Uploaded) -> Uploaded:
        """Stores a voice, in place of one of the same name; its time is later than any before.

        Raises:
            CapError: There are as many as the server takes.
        """
        with self._transaction() as db:
            newest = db.execute("SELECT coalesce(max(created_at), 0) FROM speakers").fetchone()[0]
            db.execute("DELETE FROM speakers WHERE key = ?", (voice.key,))
            number = db.execute("SELECT count(*) FROM speakers").fetchone()[0]
            if number >= UPLOADED_MAX:
                raise CapError
            row = list(astuple(voice))
            row[3] = max(voice.created_at, newest + 1)
            db.execute("INSERT INTO speakers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return Uploaded(*row)

    def uploaded(self) -> list[Uploaded]:
        """Every uploaded voice, by name."""
        names = ", ".join(field.name for field in fields(Uploaded))
        with self._transaction() as db:
            return [Uploaded(*row) for row in db.execute(f"SELECT {names} FROM speakers ORDER BY key").fetchall()]  # noqa: S608  constants

    def delete(self, key: str) -> bool:
        """Deletes a voice; false if there was none."""
        with self._transaction() as db:
            return db.execute("DELETE FROM speakers WHERE key = ?", (key,)).rowcount > 0

    def clear(self) -> None:
        """Forgets everything."""
        with self._transaction() as db:
            for table in ("speakers", "clips", "counts"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608  constants

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def fingerprint(samples: NDArray[np.float32]) -> str:
    """What a sound is known by, whatever file it lies in."""
    import numpy as np

    return hashlib.sha256(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes()).hexdigest()
