"""Statements as they are written, on the driver's own cursor: what every purchase and every look-up takes.

Built, run and read by SQLAlchemy each would cost five times as much, while other processes wait. They hold `:name` for values, and
nothing that one dialect alone understands.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine.interfaces import DBAPICursor

Row = dict[str, Any]
"""A row, by column."""


class TwinError(Exception):
    """A unique index already holds what was to be inserted."""


def run(db: Connection, sql: str, values: Mapping[str, Any]) -> DBAPICursor:
    """Run a statement.

    Args:
        db: The transaction.
        sql: The statement.
        values: What the names stand for.

    Raises:
        TwinError: It makes a second of what may be there only once.
    """
    cursor = db.connection.cursor()
    try:
        cursor.execute(_spelled(sql, db.dialect.paramstyle), values)
    except db.dialect.loaded_dbapi.IntegrityError as error:
        raise TwinError from error
    return cursor


def found(db: Connection, sql: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows that a statement finds, run as by `run`."""
    return rows_of(run(db, sql, values))


def first(db: Connection, sql: str, values: Mapping[str, Any]) -> Row | None:
    """The first of them."""
    return next(iter(found(db, sql, values)), None)


def to_change(db: Connection) -> str:
    """What ends a query for a row that nobody else is to change before the transaction ends."""
    return " FOR UPDATE" if db.dialect.name == "postgresql" else ""


def listed(values: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    """A list for IN, as SQL, and the values that it names."""
    named = {f"in_{place}": value for place, value in enumerate(values)}
    return f"({', '.join(f':{name}' for name in named)})", named


def written(names: Iterable[str]) -> str:
    """A list for IN, written out: a database takes a partial index only where it sees that the condition is the index's own."""
    return f"({', '.join(repr(name) for name in names)})"


@cache
def setting(names: tuple[str, ...]) -> str:
    """What an update sets, by the values' names, which are the columns'."""
    return ", ".join(f"{name} = :{name}" for name in names)


@cache
def inserting(table: Table, names: tuple[str, ...]) -> str:
    """The statement that inserts these columns of a table."""
    places = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"


@cache
def _spelled(sql: str, paramstyle: str) -> str:
    return sql if paramstyle in {"qmark", "named"} else re.sub(r":([a-z]\w*)", r"%(\1)s", sql)


def rows_of(cursor: DBAPICursor | sqlite3.Cursor) -> list[Row]:
    """The rows that a cursor has found, by column."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
