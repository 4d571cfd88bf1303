"""One database: opened once, migrated, and handed out a transaction at a time.

SQLite writes are fully synchronous and begin IMMEDIATE, so that what a transaction read still holds when it writes; a crash
or a loss of power after a commit loses nothing. PostgreSQL's are as durable as its server is set; there a transaction holds what it
read by locking it. What can be had again by asking again is hasty: a crash loses none of it, a loss of power may, unless a write
that is not hasty came after it. Every write has a name, and tests may stop the process before and after it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..changes import Change, Changes
from ..errors import ConfigError, StorageError
from ..hooks import nothing_stops
from .engines import BEGIN, Engines, engines
from .hearing import say
from .schema import MIGRATIONS, SERIAL
from .statements import Row, found, rows_of

_Result = TypeVar("_Result")
_TRIES: Final = 4
_ANNOUNCED: Final = "announced"
_AGAIN: Final = {"40001", "40P01"}
"""PostgreSQL's states of a transaction that lost to another one, changed nothing and may simply be run again."""

log = logging.getLogger(__name__)


def stamp(moment: datetime) -> str:
    """A moment as the text that the database keeps: UTC, fixed width, sortable."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(text)


def announce(db: Connection, change: Change) -> None:
    """Say, inside a transaction, what it changes for readers; told once it is committed, and never where it fails."""
    db.info[_ANNOUNCED][change] = None


class Database:
    """An open database. Make it with `open_sqlite` or `open_url`, and `close` it.

    A transaction is a function of a connection, run in a thread from its begin to its commit: nothing else can come between two
    of its statements, so that the lock it holds, which other processes wait for, is held for no longer than they take.
    """

    def __init__(self, opened: Engines, passed: Callable[[str], None], changes: Changes) -> None:
        self._engines = opened
        self._kept: dict[Engine, Connection] = {}
        self._passed = passed
        self._changes = changes
        self._writers = anyio.CapacityLimiter(opened.writers)
        self._readers = anyio.CapacityLimiter(opened.readers)

    @classmethod
    async def open_sqlite(
        cls, path: Path, passed: Callable[[str], None] = nothing_stops, changes: Changes | None = None
    ) -> Database:
        """Open, or make, an SQLite file and bring it to the newest schema. Raises as `open_url`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return await cls.open_url(URL.create("sqlite", database=str(path)), passed, changes)

    @classmethod
    async def open_url(
        cls,
        url: str | URL,
        passed: Callable[[str], None] = nothing_stops,
        changes: Changes | None = None,
    ) -> Database:
        """Open a database by SQLAlchemy URL and bring it to the newest schema.

        Args:
            url: Where it is.
            passed: Called before each commit, with "before" and the write's name, and after it, with the name.
            changes: Told after each commit what the transaction announced.

        Raises:
            ConfigError: It is none that is supported, or a newer version of this program has changed its schema.
            StorageError: It can't be reached.
        """
        database = cls(engines(url), passed, changes or Changes())
        try:
            await database.write("migrated", _migrate)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close, limiter=anyio.CapacityLimiter(1))

    async def read(self, look: Callable[[Connection], _Result]) -> _Result:
        """Run a transaction that only reads.

        Raises:
            StorageError: The database can't be reached.
        """
        return await anyio.to_thread.run_sync(self._read, look, limiter=self._readers)

    async def rows(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """The rows, by column, that one statement finds by an index: few, and soon. It is spelled as for `run`. Raises as `read`.

        An SQLite file is read on the spot, in less time than it takes to wake a thread. Where a writer bars it a thread waits.
        """
        if self._engines.at_once is not None:
            # A caller that has gone away ends here, as it would waiting for a thread.
            await anyio.lowlevel.checkpoint_if_cancelled()
            try:
                # By the connection that writes so: it knows what it has written, where another would read it again.
                return rows_of(_driver(self._kept_for(self._engines.at_once)).execute(sql, values))
            except self._failures as error:
                log.debug("read by a thread, since: %s", error)
        return await self.read(lambda db: found(db, sql, values))

    async def row(self, sql: str, values: Mapping[str, Any]) -> Row | None:
        """The first of them."""
        return next(iter(await self.rows(sql, values)), None)

    async def write(self, name: str, change: Callable[[Connection], _Result], *, hasty: bool = False) -> _Result:
        """Run a transaction that writes: committed when `change` returns, rolled back when it raises.

        Once asked for it is not cancelled: it is short, and what it records may have been paid for.

        Args:
            name: What is recorded, for the hook.
            change: The transaction. Run again where it lost to another one.
            hasty: Whether it is of what may be lost with the machine's power, and need not wait for the disk. An SQLite file is
                then written on the spot, as it is read, unless another writes to it.

        Raises:
            StorageError: The database can't be reached; if it went away while it committed, nobody knows whether it did.
        """
        at_once = self._written_at_once(name, change) if hasty else None
        changed, announced = at_once or await self._written_by_a_thread(name, change, hasty=hasty)
        self._passed(name)
        for each in announced:
            self._changes.tell(each)
        return changed

    def _read(self, look: Callable[[Connection], _Result]) -> _Result:
        try:
            with self._engines.reader.connect() as connection:
                return look(connection)
        except self._failures as error:
            raise self._told(error) from error

    async def _written_by_a_thread(
        self, name: str, change: Callable[[Connection], _Result], *, hasty: bool
    ) -> tuple[_Result, Iterable[Change]]:  # pyright: ignore[reportReturnType]  nobody cancels the shield, so it swallows nothing
        with anyio.CancelScope(shield=True):
            write = partial(self._write, name, change, hasty=hasty)
            return await anyio.to_thread.run_sync(write, limiter=self._writers)

    def _write(
        self, name: str, change: Callable[[Connection], _Result], *, hasty: bool
    ) -> tuple[_Result, Iterable[Change]]:
        tries = _TRIES
        while True:
            tries -= 1
            try:
                with self._connected(self._engines.writer) as connection, connection.begin():
                    if hasty and connection.dialect.name == "postgresql":
                        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                    return self._changed(connection, name, change)
            except self._failures as error:
                if tries and _state(error) in _AGAIN:
                    continue
                raise self._told(error) from error

    def _written_at_once(
        self, name: str, change: Callable[[Connection], _Result]
    ) -> tuple[_Result, Iterable[Change]] | None:
        """Run a transaction here and now; None where it would have to wait for another one, of this process or not."""
        if self._engines.at_once is None:
            return None
        try:
            self._writers.acquire_nowait()
        except anyio.WouldBlock:
            return None
        try:
            connection = self._kept_for(self._engines.at_once)
            driver = _driver(connection)
            try:
                # By itself: SQLAlchemy's own transaction would cost as much as the statements.
                driver.execute(BEGIN)
            except self._failures as error:
                log.debug("written by a thread, since: %s", error)
                return None
            try:
                changed = self._changed(connection, name, change)
                driver.commit()
            except BaseException:
                driver.rollback()
                raise
            finally:
                if (
                    connection.in_transaction()
                ):  # SQLAlchemy's, where a statement was built by it: nothing is left in it
                    connection.rollback()
            return changed
        except self._failures as error:
            raise self._told(error) from error
        finally:
            self._writers.release()

    def _changed(
        self, connection: Connection, name: str, change: Callable[[Connection], _Result]
    ) -> tuple[_Result, Iterable[Change]]:
        announced: dict[Change, None] = {}  # a set in order: each is told once
        connection.info[_ANNOUNCED] = announced
        changed = change(connection)
        if connection.dialect.name == "postgresql":
            say(connection, self._changes.source, announced)
        self._passed(f"before {name}")
        return changed, announced

    @contextmanager
    def _connected(self, engine: Engine) -> Generator[Connection]:
        if self._engines.writer_is_kept:
            yield self._kept_for(engine)
            return
        with engine.connect() as connection:
            yield connection

    def _kept_for(self, engine: Engine) -> Connection:
        if engine not in self._kept:
            self._kept[engine] = engine.connect()
        return self._kept[engine]

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        """What the database raises: by SQLAlchemy, and from the driver's own cursor."""
        return SQLAlchemyError, self._engines.writer.dialect.loaded_dbapi.Error

    def _told(self, error: Exception) -> Exception:
        """The error for a database that is away; any other error stays what it is."""
        driver = self._engines.writer.dialect.loaded_dbapi
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, (driver.OperationalError, driver.InterfaceError, PoolTimeoutError)):
            return error
        log.warning("the database failed: %s", cause)
        return StorageError("The database could not be reached or is too busy.", hint="Try again in a moment.")

    def _close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        for engine in (self._engines.writer, *([self._engines.at_once] if self._engines.at_once else [])):
            engine.dispose()


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection to an SQLite file."""
    return connection.connection.dbapi_connection  # pyright: ignore[reportReturnType] of that dialect


def _state(error: Exception) -> str:
    """The SQLSTATE of a driver's error, where it has one."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", "") or "")


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
