"""What processes on one PostgreSQL tell each other of their changes: its NOTIFY, sent with the commit that makes them.

A listener has a connection and a thread of its own, from the first client that wants to be told. Where the server is away nothing
is heard until it is back; nothing is lost by that but the word of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import select
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import SQLAlchemyError

from ..changes import Change, Changes
from .engines import engines

if TYPE_CHECKING:
    import psycopg

_CHANNEL: Final = "voice_design_changes"
_ENDS_WITHIN_S: Final = 2.0
_READ_FOR_S: Final = 0.01
"""How long what has come is read for, once something has."""
_AWAY_S: Final = 1.0
"""How long after a failure the server is tried again."""

log = logging.getLogger(__name__)


def say(db: Connection, source: str, changes: Iterable[Change]) -> None:
    """Tell the other processes, when this transaction commits, what it changes.

    Args:
        db: The transaction, on PostgreSQL.
        source: Who says so.
        changes: What is changed.
    """
    for change in changes:
        said = json.dumps({**asdict(change), "source": source})
        db.execute(text("SELECT pg_notify(:channel, :said)"), {"channel": _CHANNEL, "said": said})


class Hearing:
    """Hears what other processes change, and tells it in this one, on the event loop that began it.

    Args:
        url: The PostgreSQL.
        changes: Whom to tell.
    """

    def __init__(self, url: str | URL, changes: Changes) -> None:
        self._url = url
        self._changes = changes
        self._ended = threading.Event()
        self._awake, self._wake = socket.socketpair()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._listen, name="changes", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Hear no more. Where the server does not answer, the thread ends only when that is known, or with the process."""
        self._ended.set()
        self._wake.close()
        await anyio.to_thread.run_sync(self._thread.join, _ENDS_WITHIN_S)

    def _listen(self) -> None:
        engine = engines(self._url).writer
        driver: Any = engine.dialect.loaded_dbapi
        while not self._ended.is_set():
            try:
                pooled = engine.raw_connection()
                connection: psycopg.Connection[Any] = pooled.driver_connection  # pyright: ignore[reportAssignmentType]  of psycopg
                pooled.detach()
                with connection:
                    self._hear(connection)
            except (SQLAlchemyError, driver.Error) as error:
                log.warning("what other processes change is not heard: %s", error)
                self._ended.wait(_AWAY_S)
        engine.dispose()
        self._awake.close()

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        connection.rollback()
        connection.autocommit = True
        connection.execute(f"LISTEN {_CHANNEL}".encode())
        while not self._ended.is_set():
            select.select([connection, self._awake], [], [])
            for each in connection.notifies(timeout=_READ_FOR_S):
                said = json.loads(each.payload)
                if said.pop("source") == self._changes.source:
                    continue
                with suppress(RuntimeError):  # the loop has just been closed, and nobody listens any more
                    self._loop.call_soon_threadsafe(self._changes.tell, Change(**said))
