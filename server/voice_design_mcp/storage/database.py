"""One database: opened once, migrated, and handed out a transaction at a time.

SQLite writes are fully synchronous and begin IMMEDIATE, so that what a transaction read still holds when it writes; a crash
or a loss of power after a commit loses nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .schema import MIGRATIONS, SERIAL

_WRITES = "voice_design_writes"


def stamp(moment: datetime) -> str:
    """A moment as the text that the database keeps: UTC, fixed width, sortable."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class Database:
    """An open database. Make it with `open_sqlite` or `open_url`, and `close` it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._one_writer = anyio.Lock()

    @classmethod
    async def open_sqlite(cls, path: Path) -> Database:
        """Open, or make, an SQLite file and bring it to the newest schema."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return await cls.open_url(f"sqlite+aiosqlite:///{path}")

    @classmethod
    async def open_url(cls, url: str) -> Database:
        """Open a database by SQLAlchemy URL and bring it to the newest schema."""
        engine = create_async_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine)
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
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: committed at the end of the block, rolled back by an exception in it."""
        async with self._one_writer, self._engine.connect() as connection:
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection

    async def _migrate(self) -> None:
        async with self.write() as connection:
            if self._engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(7246910)"))
            await connection.execute(
                text(
                    "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
                )
            )
            newest = await connection.scalar(text("SELECT COALESCE(MAX(version), 0) FROM schema_migrations"))
            for version, statements in enumerate(MIGRATIONS[int(newest or 0) :], start=int(newest or 0) + 1):
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
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
