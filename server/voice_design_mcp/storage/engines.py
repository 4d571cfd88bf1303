"""Which database: a file of SQLite, or PostgreSQL by URL. What each needs set, and how many transactions it takes at once.

PostgreSQL is spoken to by psycopg, whichever driver its URL names. A transaction here is a function that a thread runs from begin
to commit; asyncpg would hand each of its statements to the event loop, and what it locks would stay locked while the loop is busy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import ConfigError

BEGIN: Final = "BEGIN IMMEDIATE"
"""Of a transaction that writes: what it has read still holds when it does."""
_WRITES: Final = "voice_design_writes"
_BUSY_MS: Final = 60_000
"""How long a write waits for those of others. One takes a few milliseconds; none of them waits for anything else."""
_POSTGRESQL: Final = {"postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"}
_CONNECT_WITHIN_S: Final = 10
_GONE: Final = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""When a server that went away without a word is given up, in seconds, and for unanswered data in ms."""


@dataclass(frozen=True, slots=True)
class Engines:
    """An engine for transactions that write and one for those that read, and how many of each run at the same time.

    `writer_is_kept` says that one connection serves every write: there is only one at a time, and taking it from the pool would
    cost as much as a statement. `at_once` is an engine for what is read and written without waiting, neither for others nor for the
    disk; None where each transaction is a journey. Whoever uses it begins its transactions.
    """

    writer: Engine
    reader: Engine
    writers: int
    readers: int
    writer_is_kept: bool
    at_once: Engine | None = None


def engines(url: str | URL) -> Engines:
    """The engines of a database. Nothing is connected yet.

    Raises:
        ConfigError: It is no URL, or of a database that is not supported, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("VOICE_DESIGN_DATABASE_URL is not a database URL.") from error
    if parsed.drivername == "sqlite":
        return _sqlite(parsed)
    if parsed.drivername in _POSTGRESQL:
        return _postgresql(parsed)
    raise ConfigError("VOICE_DESIGN_DATABASE_URL must be of PostgreSQL.")


def _sqlite(url: URL) -> Engines:
    engine = _sqlite_engine(url, _BUSY_MS, "synchronous=FULL")
    event.listen(engine, "begin", _begin_sqlite)
    # What waits tidies up long before.
    at_once = _sqlite_engine(url, 0, "synchronous=NORMAL", "wal_autocheckpoint=4000")
    return Engines(
        engine.execution_options(**{_WRITES: True}),
        engine,
        writers=1,
        readers=4,
        writer_is_kept=True,
        at_once=at_once,
    )


def _sqlite_engine(url: URL, busy_ms: int, *pragmas: str) -> Engine:
    engine = create_engine(url)
    event.listen(engine, "connect", partial(_set_up_sqlite, busy_ms, pragmas))
    return engine


def _postgresql(url: URL) -> Engines:
    """Writes at READ COMMITTED, since each holds its rows by locks and conditions; reads from one snapshot each."""
    writers = readers = 8
    given = dict(url.query)
    if ssl := given.pop("ssl", None):  # asyncpg's name for it
        given["sslmode"] = ssl
    limits = f"-c idle_in_transaction_session_timeout={_BUSY_MS} -c lock_timeout={_BUSY_MS}"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg", query=given),
            pool_size=writers + readers,
            max_overflow=0,
            pool_pre_ping=True,  # a restart of the server costs nobody an error
            pool_timeout=_CONNECT_WITHIN_S,
            connect_args={
                "connect_timeout": _CONNECT_WITHIN_S,
                "application_name": "voice-design-mcp",
                "options": limits,
                **_GONE,
            },
        )
    except ModuleNotFoundError as error:
        raise ConfigError(
            "VOICE_DESIGN_DATABASE_URL needs the extra `remote`: pip install 'voice-design-mcp[remote]'."
        ) from error
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(engine, reader, writers=writers, readers=readers, writer_is_kept=False)


def _set_up_sqlite(busy_ms: int, pragmas: Sequence[str], connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
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
    connection.connection.cursor().execute(BEGIN if writes else "BEGIN")
