"""What the impersonated account holds, on disk: its voices, what it would have been billed, its secret. Knows no HTTP.

One SQLite file; every method is one short transaction on a connection of its own, so that threads and processes may
share a folder and a kill at any moment leaves the bill and the voices in agreement.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from hashlib import blake2b
from pathlib import Path

MAX_VOICES = 1000
FREE_VOICES = 10
UNUSED_VOICE_LIFE_S = 365 * 86_400

_BUSY_TIMEOUT_S = 30.0
_SEED_BYTES = 6
UNTIL_RELEASED = -1
_MIGRATIONS = (
    (
        """CREATE TABLE account (
            id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL, designs INTEGER NOT NULL DEFAULT 0,
            voice_creations INTEGER NOT NULL DEFAULT 0, free_quota_used INTEGER NOT NULL DEFAULT 0,
            characters INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE voices (
            serial INTEGER PRIMARY KEY AUTOINCREMENT, family TEXT NOT NULL, voice TEXT NOT NULL UNIQUE,
            target_model TEXT NOT NULL, language TEXT NOT NULL, voice_prompt TEXT NOT NULL, preview_text TEXT NOT NULL,
            spec TEXT NOT NULL, created_at REAL NOT NULL, used_at REAL NOT NULL)""",
        "INSERT INTO account (id, secret) VALUES (1, randomblob(32))",
    ),
    (
        "ALTER TABLE voices ADD COLUMN prefix TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE voices ADD COLUMN verdict TEXT NOT NULL DEFAULT 'OK'",
        "ALTER TABLE voices ADD COLUMN queries_left INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE voices ADD COLUMN modified_at REAL NOT NULL DEFAULT 0",
        "UPDATE voices SET modified_at = created_at",
    ),
)


class QuotaError(Exception):
    """Every voice slot of the family is taken; nothing was stored or billed."""


class StateVersionError(Exception):
    """The folder was written by a newer version of this program."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A designed voice.

    Attributes:
        family: Each has a quota of its own.
        voice: Its name.
        target_model: The only model that speaks with it.
        language: An ISO code.
        voice_prompt: What it was designed from.
        preview_text: What its preview says.
        spec: The engine's JSON.
        created_at: In unix seconds.
        modified_at: When its review ended; before that, and without one, when it was created.
        prefix: What a list can be filtered by.
        verdict: What its review comes to: OK or UNDEPLOYED.
        queries_left: How many more queries find it in review; `UNTIL_RELEASED` for all of them.
    """

    family: str
    voice: str
    target_model: str
    language: str
    voice_prompt: str
    preview_text: str
    spec: str
    created_at: float
    modified_at: float
    prefix: str = ""
    verdict: str = "OK"
    queries_left: int = 0

    @property
    def status(self) -> str:
        """DEPLOYING, OK or UNDEPLOYED."""
        return "DEPLOYING" if self.queries_left else self.verdict


@dataclass(frozen=True, slots=True)
class Usage:
    """What the vendor would have billed: successful creations (free or not), those that were free, characters."""

    voice_creations: int
    free_quota_used: int
    characters: int


_COLUMNS = ", ".join(field.name for field in fields(Voice))
_PLACES = ", ".join("?" for _ in fields(Voice))


class State:
    """The account kept in `state_dir`, which is made if it is missing.

    Raises:
        StateVersionError: The folder belongs to a newer version.
    """

    def __init__(self, state_dir: Path) -> None:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = state_dir / "sandbox.sqlite3"
        with self._transaction() as db:
            _migrate(db)
        with self._connection() as db:
            _write_ahead(db)

    def usage(self) -> Usage:
        """What would have been billed so far."""
        with self._transaction() as db:
            row = db.execute("SELECT voice_creations, free_quota_used, characters FROM account").fetchone()
        return Usage(*row)

    def secret(self) -> bytes:
        """The account's secret, with which audio addresses are signed; a reset changes it."""
        with self._transaction() as db:
            return bytes(db.execute("SELECT secret FROM account").fetchone()[0])

    def next_seed(self) -> int:
        """A seed that this account never saw before: the secret and a counter, hashed to 48 bits."""
        with self._transaction() as db:
            db.execute("UPDATE account SET designs = designs + 1")
            secret, designs = db.execute("SELECT secret, designs FROM account").fetchone()
        digest = blake2b(b"%d" % designs, key=secret, digest_size=_SEED_BYTES).digest()
        return int.from_bytes(digest, "big")

    def add_voice(self, voice: Voice, name_format: str, *, digits: int = 4, billed: bool = True) -> Voice:
        """Stores a voice and bills its creation, in one transaction.

        Args:
            voice: The voice, its name left empty.
            name_format: The name with `{suffix}` where hexadecimal digits make it unique.
            digits: How many.
            billed: Whether a creation costs anything, or counts against the free quota.

        Returns:
            The voice with its name.

        Raises:
            QuotaError: The family's slots are all taken.
        """
        with self._transaction(now=voice.created_at) as db:
            if _count(db, voice.family) >= MAX_VOICES:
                raise QuotaError
            named = replace(voice, voice=_unused_name(db, name_format, digits))
            db.execute(
                f"INSERT INTO voices ({_COLUMNS}, used_at) VALUES ({_PLACES}, ?)",  # noqa: S608  constants
                (*astuple(named), named.created_at),
            )
            if billed:
                db.execute(
                    "UPDATE account SET voice_creations = voice_creations + 1, free_quota_used = min(free_quota_used + 1, ?)",
                    (FREE_VOICES,),
                )
            return named

    def count(self, family: str, now: float) -> int:
        """How many voices the family holds."""
        with self._transaction(now=now) as db:
            return _count(db, family)

    def voices(self, family: str, *, offset: int, limit: int, now: float, prefix: str = "") -> tuple[int, list[Voice]]:
        """How many voices the family holds; `limit` of those with the prefix from `offset` on, the newest first."""
        with self._transaction(now=now) as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM voices WHERE family = ? AND substr(prefix, 1, length(?)) = ?"  # noqa: S608  constants
                " ORDER BY serial DESC LIMIT ? OFFSET ?",
                (family, prefix, prefix, limit, min(offset, MAX_VOICES)),  # SQLite has no larger integers than 64 bits
            ).fetchall()
            return _count(db, family), [Voice(*row) for row in rows]

    def voice(self, family: str, name: str, *, now: float) -> Voice | None:
        """The voice of that name, if the family has it."""
        with self._transaction(now=now) as db:
            return _voice(db, family, name)

    def voice_in_review(self, family: str, name: str, *, now: float) -> Voice | None:
        """The voice of that name as one more query finds it; each brings the end of its review nearer."""
        with self._transaction(now=now) as db:
            found = _voice(db, family, name)
            if found is not None and found.queries_left > 0:
                db.execute(
                    "UPDATE voices SET queries_left = queries_left - 1, modified_at = ? WHERE voice = ?", (now, name)
                )
            return found

    def reviews(self) -> int:
        """How many voices are in review."""
        with self._transaction() as db:
            return int(db.execute("SELECT count(*) FROM voices WHERE queries_left != 0").fetchone()[0])

    def end_reviews(self, *, now: float) -> int:
        """Ends every review; how many there were."""
        with self._transaction() as db:
            ended = "UPDATE voices SET queries_left = 0, modified_at = ? WHERE queries_left != 0"
            return db.execute(ended, (now,)).rowcount

    def delete_voice(self, family: str, name: str, *, now: float) -> bool:
        """Deletes a voice and frees its slot, never its free quota; false if there was none."""
        with self._transaction(now=now) as db:
            return db.execute("DELETE FROM voices WHERE family = ? AND voice = ?", (family, name)).rowcount > 0

    def bill_speech(self, name: str, characters: int, *, now: float) -> None:
        """Bills a synthesis and notes that its voice was used."""
        with self._transaction() as db:
            db.execute("UPDATE account SET characters = characters + ?", (characters,))
            db.execute("UPDATE voices SET used_at = ? WHERE voice = ?", (now, name))

    def reset(self) -> None:
        """Forgets every voice and every bill."""
        with self._transaction() as db:
            db.execute("DELETE FROM voices")
            db.execute(
                "UPDATE account SET secret = ?, designs = 0, voice_creations = 0, free_quota_used = 0, characters = 0",
                (secrets.token_bytes(32),),
            )

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = FULL")
            yield db

    @contextmanager
    def _transaction(self, *, now: float | None = None) -> Generator[sqlite3.Connection]:
        with self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                if now is not None:
                    db.execute("DELETE FROM voices WHERE used_at < ?", (now - UNUSED_VOICE_LIFE_S,))
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _migrate(db: sqlite3.Connection) -> None:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_MIGRATIONS):
        raise StateVersionError(
            f"This folder holds version {version} of the sandbox's state; this program knows {len(_MIGRATIONS)}."
        )
    for step, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {step}")


def _write_ahead(db: sqlite3.Connection) -> None:
    try:
        db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        # Another process is in a transaction just now. Its own start, or the next one, makes the change, which is
        # kept in the file; until then the rollback journal is as safe.
        return


def _count(db: sqlite3.Connection, family: str) -> int:
    return int(db.execute("SELECT count(*) FROM voices WHERE family = ?", (family,)).fetchone()[0])


def _voice(db: sqlite3.Connection, family: str, name: str) -> Voice | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM voices WHERE family = ? AND voice = ?", (family, name)).fetchone()  # noqa: S608  constants
    return Voice(*row) if row else None


def _unused_name(db: sqlite3.Connection, name_format: str, digits: int) -> str:
    while True:
        name = name_format.format(suffix=secrets.token_hex(digits // 2))
        if not db.execute("SELECT 1 FROM voices WHERE voice = ?", (name,)).fetchone():
            return name
