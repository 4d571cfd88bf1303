"""What was spent, what is held, what is not known, and what is left: read from the ledger, never changed here."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, select, text, union
from sqlalchemy.engine import RowMapping

from ..config import Caps
from ..storage.database import Database
from ..storage.schema import entries, holds, quotes, voices
from ..storage.statements import written
from .caps import ALWAYS, EVERYONE, used
from .holds import IS_UNSETTLED
from .money import usd

CHARGES: Final = ("charged", "adopted", "assumed_billed", "resolved_billed", "corrected")
"""Events of the ledger that are charges: their amounts add up to what was spent, since a correction enters the difference.

The indexes `entries_charges` and `entries_own_charges` are made for exactly these, in this order.
"""
_IS_CHARGE: Final = f"event IN {written(CHARGES)}"


async def report(
    database: Database, account: str, principal: str, day: str, caps: Caps, *, most: int
) -> dict[str, Any]:
    """The spending of a principal on an account.

    Args:
        database: The ledger's database.
        account: The vendor account.
        principal: Whose spending; EVERYONE for that of all.
        day: The day of the caps.
        caps: The caps in force.
        most: Charges to list at most, the newest first.

    Returns:
        `charges`, `holds`, `unknown` and `assumed_not_billed` as lists, `today` and `total` as objects, `voices_made` as a count.
    """

    def read(db: Connection) -> dict[str, Any]:
        unsettled = _unsettled(db, account, principal)
        return {
            "charges": _charges(db, account, principal, most),
            "holds": [hold for hold in unsettled if hold["state"] in {"held", "sent", "answered"}],
            "unknown": [hold for hold in unsettled if hold["state"] == "unknown"],
            "assumed_not_billed": [hold for hold in unsettled if hold["state"] == "assumed_not_billed"],
            "today": _period(db, account, principal, day, caps),
            "total": _period(db, account, principal, ALWAYS, caps),
            "voices_made": _count_made(db, account, principal),
        }

    return await database.read(read)


async def accounts(database: Database) -> list[str]:
    """Every account that the ledger has a row of."""
    query = union(select(holds.c.account), select(quotes.c.account))
    return sorted(await database.read(lambda db: db.scalars(query).all()))


async def kept_voices(database: Database, account: str, family: str) -> set[str]:
    """The voices of a family that were designed here and not deleted here."""
    kept = (voices.c.account == account, voices.c.family == family, voices.c.deleted_at == "")
    query = select(voices.c.voice).where(*kept)
    return set(await database.read(lambda db: db.scalars(query).all()))


def _whose(table: Table, account: str, principal: str) -> tuple[ColumnElement[bool], ...]:
    own = () if principal == EVERYONE else (table.c.principal == principal,)
    return table.c.account == account, *own


def _charges(db: Connection, account: str, principal: str, most: int) -> list[dict[str, Any]]:
    rows = db.execute(
        select(entries)
        .where(*_whose(entries, account, principal), text(_IS_CHARGE))
        .order_by(entries.c.seq.desc())
        .limit(most)
    )
    return [
        {name: row[name] for name in ("kind", "voice", "amount", "currency", "approved_by", "at", "event", "hold_id")}
        for row in rows.mappings()
    ]


def _unsettled(db: Connection, account: str, principal: str) -> list[dict[str, Any]]:
    query = select(holds).where(*_whose(holds, account, principal), text(IS_UNSETTLED)).order_by(holds.c.created_at)
    return [_hold(row) for row in db.execute(query).mappings()]


def _hold(row: RowMapping) -> dict[str, Any]:
    names = ("id", "kind", "state", "amount", "currency", "wire_name", "reason", "created_at", "sent_at", "deadline")
    return {name: row[name] for name in names if row[name] != ""}


def _period(db: Connection, account: str, principal: str, day: str, caps: Caps) -> dict[str, Any]:
    load = used(db, account, principal, day)
    spent = {"usd": usd(load.usd_micros).text, "voices": load.voices, "characters": load.characters}
    if day == ALWAYS:
        return {**spent, "caps": {"usd": _cap(caps.usd_total)}}
    return {
        "day": day,
        **spent,
        "caps": {"usd": _cap(caps.usd_per_day), "voices": caps.voices_per_day, "characters": caps.characters_per_day},
    }


def _cap(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def _count_made(db: Connection, account: str, principal: str) -> int:
    query = select(func.count()).select_from(voices).where(*_whose(voices, account, principal))
    return int(db.scalar(query) or 0)
