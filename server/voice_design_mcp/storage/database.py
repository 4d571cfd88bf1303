"""One database: opened once, migrated, and handed out a transaction at a time.

SQLite writes are fully synchronous and begin IMMEDIATE, so that what a transaction read still holds when it writes; a crash
or a loss of power after a commit loses nothing. Every write has a name, and tests may stop the process before and after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio
from sqlalchemy import URL, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import ConfigError
from .schema import MIGRATIONS, SERIAL

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


class Database:
    """An open database. Make it with `open_sqlite` or `open_url`, and `close` it."""

    def __init__(self, engine: AsyncEngine, passed: Callable[[str], None]) -> None:
        self._engine = engine
        self._passed = passed
        self._one_writer = anyio.Lock()

    @classmethod
    async def open_sqlite(cls, path: Path, passed: Callable[[str], None] = nothing_stops) -> Database:
        """Open, or make, an SQLite file and bring it to the newest schema. Raises as `open_url`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return await cls.open_url(URL.create("sqlite+aiosqlite", database=str(path)), passed)

    @classmethod
    async def open_url(cls, url: str | URL, passed: Callable[[str], None] = nothing_stops) -> Database:
        """Open a database by SQLAlchemy URL and bring it to the newest schema.

        Args:
            url: Where it is.
            passed: Called before each commit, with "before" and the write's name, and after it, with the name.

        Raises:
            ConfigError: A newer version of this program has changed its schema.
        """
        engine = create_async_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine, passed)
        try:
            await database._migrate()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that only reads."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self, name: str) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: committed at the end of the block, rolled back by an exception in it.

        Once begun it is not cancelled: it is short, and what it records may have been paid for.

        Args:
            name: What is recorded, for the hook.
        """
        with anyio.CancelScope(shield=True):
            async with self._one_writer, self._engine.connect() as connection:
                await connection.execution_options(**{_WRITES: True})
                async with connection.begin():
                    yield connection
                    self._passed(f"before {name}")
            self._passed(name)

    async def _migrate(self) -> None:
        async with self.write("migrated") as connection:
            if self._engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(7246910)"))
            await connection.execute(
                text(
                    "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
                )
            )
            newest = int(await connection.scalar(text("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")) or 0)
            if newest > len(MIGRATIONS):
                raise ConfigError(
                    "The ledger was written by a newer version of this program, which this one can't read."
                )
            for version, statements in enumerate(MIGRATIONS[newest:], start=newest + 1):
                for statement in statements:
                    ddl = statement.replace("{serial}", SERIAL[self._engine.dialect.name])
                    await connection.exec_driver_sql(ddl)
                await connection.execute(
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
