"""The ledgers of a data folder, opened without a server: the real one and the sandbox's, which are kept apart."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Settings
from ..studio import utc_now

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


def files(settings: Settings) -> dict[str, Path]:
    """Where the ledgers of a data folder lie, those that exist."""
    known = {
        "real": settings.data_dir / "voice-design.db",
        "sandbox": settings.data_dir / "sandbox" / "voice-design.db",
    }
    return {name: path for name, path in known.items() if path.is_file()}


@asynccontextmanager
async def opened(settings: Settings, clock: Callable[[], datetime] = utc_now) -> AsyncGenerator[list[Book]]:
    """Every ledger of the data folder. `clock` tells the time now, in UTC."""
    from ..spending.approvals import Approvals
    from ..spending.ledger import Ledger
    from ..storage.database import Database

    books: list[Book] = []
    try:
        for name, path in files(settings).items():
            database = await Database.open_sqlite(path)
            approvals = Approvals(database, clock)
            caps = settings.sandbox_caps if name == "sandbox" else settings.caps
            ledger = Ledger(database, approvals, lambda caps=caps: caps, clock, settings.day_utc_offset_h)
            books.append(Book(name=name, database=database, approvals=approvals, ledger=ledger))
        yield books
    finally:
        for book in books:
            await book.database.close()
