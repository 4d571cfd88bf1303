"""One database: opened once, migrated, and handed out a transaction at a time.

SQLite writes are fully synchronous and begin IMMEDIATE, so that what a transaction read still holds when it writes; a crash
or a loss of power after a commit loses nothing. Every write has a name, and tests may stop the process before and after it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPICursor

from ..errors import ConfigError
from .schema import MIGRATIONS, SERIAL

_Result = TypeVar("_Result")
_READERS: Final = 4
_WRITES: Final = "voice_design_writes"
_BUSY_MS: Final = 60_000
"""How long a write waits for those of other processes. One takes a few milliseconds; none of them waits for anything else."""


def stamp(moment: datetime) -> str:
    """A moment as the text that the database keeps: UTC, fixed width, sortable."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def nothing_stops(_boundary: str) -> None:
    """The hook that tests replace to stop the process at a boundary."""


class TwinError(Exception):
    """A unique index already holds what was to be inserted."""


def run(db: Connection, sql: str, values: Mapping[str, Any]) -> DBAPICursor:
    """Run a statement of the path that every purchase takes, as it is written, on the driver's own cursor.

    Built, run and read by SQLAlchemy it would cost five times as much, while other processes wait.

    Args:
        db: The transaction.
        sql: With `:name` for values, and nothing that one dialect alone understands.
        values: What the names stand for.

    Raises:
        TwinError: It inserts what may be there only once.
    """
    cursor = db.connection.cursor()
    try:
        cursor.execute(_spelled(sql, db.dialect.paramstyle), values)
    except db.dialect.loaded_dbapi.IntegrityError as error:
        raise TwinError from error
    return cursor


@cache
def inserting(table: Table, names: tuple[str, ...]) -> str:
    """The statement that inserts these columns of a table."""
    places = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 names of the schema


@cache
def _spelled(sql: str, paramstyle: str) -> str:
    return sql if paramstyle in {"qmark", "named"} else re.sub(r":([a-z]\w*)", r"%(\1)s", sql)


class Database:
    """An open database. Make it with `open_sqlite` or `open_url`, and `close` it.

    A transaction is a function of a connection, run in a thread from its begin to its commit: nothing else can come between two
    of its statements, so that the lock it holds, which other processes wait for, is held for no longer than they take.
    """

    def __init__(self, engine: Engine, passed: Callable[[str], None]) -> None:
        self._engine = engine
        self._writer: Connection | None = None
        self._passed = passed
        self._one_writer = anyio.CapacityLimiter(1)
        self._readers = anyio.CapacityLimiter(_READERS)

    @classmethod
    async def open_sqlite(cls, path: Path, passed: Callable[[str], None] = nothing_stops) -> Database:
        """Open, or make, an SQLite file and bring it to the newest schema. Raises as `open_url`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return await cls.open_url(URL.create("sqlite", database=str(path)), passed)

    @classmethod
    async def open_url(cls, url: str | URL, passed: Callable[[str], None] = nothing_stops) -> Database:
        """Open a database by SQLAlchemy URL and bring it to the newest schema.

        Args:
            url: Where it is.
            passed: Called before each commit, with "before" and the write's name, and after it, with the name.

        Raises:
            ConfigError: A newer version of this program has changed its schema.
        """
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        database = cls(engine, passed)
        try:
            await database.write("migrated", _migrate)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close, limiter=self._one_writer)

    async def read(self, look: Callable[[Connection], _Result]) -> _Result:
        """Run a transaction that only reads."""
        return await anyio.to_thread.run_sync(self._read, look, limiter=self._readers)

    async def write(self, name: str, change: Callable[[Connection], _Result]) -> _Result:  # pyright: ignore[reportReturnType]  nobody cancels the shield, so it swallows nothing
        """Run a transaction that writes: committed when `change` returns, rolled back when it raises.

        Once asked for it is not cancelled: it is short, and what it records may have been paid for.

        Args:
            name: What is recorded, for the hook.
            change: The transaction.
        """
        with anyio.CancelScope(shield=True):
            changed = await anyio.to_thread.run_sync(self._write, name, change, limiter=self._one_writer)
            self._passed(name)
            return changed

    def _read(self, look: Callable[[Connection], _Result]) -> _Result:
        with self._engine.connect() as connection:
            return look(connection)

    def _write(self, name: str, change: Callable[[Connection], _Result]) -> _Result:
        if self._writer is None:  # kept, since taking one from the pool costs as much as a statement
            self._writer = self._engine.connect().execution_options(**{_WRITES: True})
        with self._writer.begin():
            changed = change(self._writer)
            self._passed(f"before {name}")
            return changed

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()


def _migrate(connection: Connection) -> None:
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7246910)"))
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)")
    )
    newest = int(connection.scalar(text("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")) or 0)
    if newest > len(MIGRATIONS):
        raise ConfigError("The ledger was written by a newer version of this program, which this one can't read.")
    for version, statements in enumerate(MIGRATIONS[newest:], start=newest + 1):
        for statement in statements:
            connection.exec_driver_sql(statement.replace("{serial}", SERIAL[dialect]))
        connection.execute(
            text("INSERT INTO schema_migrations VALUES (:version, :at)"),
            {"version": version, "at": stamp(datetime.now(UTC))},
        )


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA synchronous=FULL")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        # Another process is writing to a file that is not in this mode yet. It, or the next to open it, makes the change,
        # which is kept in the file; the rollback journal is as safe until then.
        pass
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
