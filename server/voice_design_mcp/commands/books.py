"""The ledgers, opened without a server: in a data folder the real one and the sandbox's, or the one shared database of both."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Settings
from ..hooks import utc_now

if TYPE_CHECKING:
    from ..spending.approvals import Approvals
    from ..spending.ledger import Ledger
    from ..storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One open ledger."""

    name: str
    database: Database
    approvals: Approvals
    ledger: Ledger


def ledgers(settings: Settings) -> dict[str, Path | str]:
    """Where the ledgers are: the database that is set, or the files of the data folder, those that exist."""
    if settings.database_url:
        return {"shared": settings.database_url.reveal()}
    known = {
        "real": settings.data_dir / "voice-design.db",
        "sandbox": settings.data_dir / "sandbox" / "voice-design.db",
    }
    return {name: path for name, path in known.items() if path.is_file()}


@asynccontextmanager
async def opened(settings: Settings, clock: Callable[[], datetime] = utc_now) -> AsyncGenerator[list[Book]]:
    """Every ledger that the settings lead to. `clock` tells the time now, in UTC."""
    from ..spending.approvals import Approvals
    from ..spending.ledger import Ledger
    from ..storage.database import Database

    books: list[Book] = []
    try:
        for name, place in ledgers(settings).items():
            database = await (Database.open_sqlite(place) if isinstance(place, Path) else Database.open_url(place))
            approvals = Approvals(database, clock)
            caps = settings.sandbox_caps if name == "sandbox" else settings.caps
            ledger = Ledger(database, approvals, lambda caps=caps: caps, clock, settings.day_utc_offset_h)
            books.append(Book(name=name, database=database, approvals=approvals, ledger=ledger))
        yield books
    finally:
        for book in books:
            await book.database.close()
