"""Approvals: a record bound to exact arguments, price, principal and an expiry; never a boolean.

A quote is stored before anyone is asked, and the question is rendered once, from it: a 2026-era client that sees the text of a
question change asks for ever. One quote is open per account, principal and arguments.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..errors import ApprovalError
from ..storage.database import Database, stamp
from ..storage.schema import quotes
from .orders import Arguments, Order, first_difference

LIFETIME: Final = timedelta(minutes=10)
OPEN_AT_MOST: Final = 20
LIVE: Final = ("open", "approved")
"""Open, or approved by a person outside the model and not used yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A stored quote. `shown` is what the caller is told beside the question (warnings, what is left of the caps)."""

    id: str
    account: str
    principal: str
    action: str
    arguments: Arguments
    amount: str
    currency: str
    question: str
    shown: dict[str, Any]
    state: str
    approved_by: str
    created_at: str
    expires_at: str

    @classmethod
    def from_row(cls, row: RowMapping) -> Quote:
        """Read a row of the quotes table."""
        return cls(
            arguments=json.loads(row["arguments"]),
            shown=json.loads(row["shown"]),
            **{
                name: row[name]
                for name in (
                    "id", "account", "principal", "action", "amount", "currency", "question", "state", "approved_by",
                    "created_at", "expires_at",
                )
            },
        )  # fmt: skip


class Approvals:
    """The quotes of one database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def open_quote(self, order: Order) -> Quote | None:
        """The unexpired open quote for exactly this order, if there is one."""
        async with self._database.read() as connection:
            row = (await connection.execute(self._open(order))).mappings().first()
        return Quote.from_row(row) if row else None

    async def quote(self, order: Order, question: str, shown: dict[str, Any]) -> Quote:
        """Store a quote, or return the one that is already open for this order.

        Beyond 20 open quotes of a principal the oldest expires.
        """
        now = self._clock()
        async with self._database.write() as connection:
            await self._expire(connection, order.account, order.principal, now)
            row = (await connection.execute(self._open(order))).mappings().first()
            if row is not None:
                return Quote.from_row(row)
            await self._make_room(connection, order)
            values = {
                "id": f"apr_{secrets.token_hex(16)}",
                "account": order.account,
                "principal": order.principal,
                "action": order.action,
                "arguments_key": order.approval_key,
                "arguments": json.dumps({**order.arguments, "take": order.take}, ensure_ascii=False),
                "amount": order.price.text,
                "currency": order.price.currency,
                "usd_micros": order.usd_micros,
                "question": question,
                "shown": json.dumps(shown, ensure_ascii=False),
                "state": "open",
                "approved_by": "",
                "created_at": stamp(now),
                "expires_at": stamp(now + LIFETIME),
            }
            await connection.execute(insert(quotes).values(**values))
            return Quote.from_row((await connection.execute(self._open(order))).mappings().one())

    async def present(self, approval: str, order: Order) -> Quote:
        """Look at an approval that a caller sent back.

        Returns:
            The quote: open (it may now be used), or used before with these very arguments.

        Raises:
            ApprovalError: It is not this principal's, not for this, expired, declined, or never was.
        """
        async with self._database.read() as connection:
            row = (await connection.execute(select(quotes).where(quotes.c.id == approval))).mappings().first()
        known = row is not None and (row["account"], row["principal"]) == (order.account, order.principal)
        if row is None or not known or row["action"] != order.action:
            raise _refused()
        quote = Quote.from_row(row)
        different = first_difference({**order.arguments, "take": order.take}, quote.arguments)
        if different:
            raise _refused(f" It was given for other arguments: {different} differs.")
        live = quote.state in LIVE and stamp(self._clock()) < quote.expires_at
        if not live and quote.state != "used":
            raise _refused()
        return quote

    async def waiting(self) -> list[Quote]:
        """Every quote of the database that is open and unexpired, oldest first, for a person to decide."""
        query = (
            select(quotes)
            .where(quotes.c.state == "open", quotes.c.expires_at > stamp(self._clock()))
            .order_by(quotes.c.created_at)
        )
        async with self._database.read() as connection:
            return [Quote.from_row(row) for row in (await connection.execute(query)).mappings()]

    async def approve(self, quote_id: str, approved_by: str) -> bool:
        """Record a person's yes outside the model; the next call with these arguments uses it. False when it came too late."""
        return await self._close(quote_id, ("open",), state="approved", approved_by=approved_by)

    async def decide(self, quote_id: str, state: str) -> bool:
        """Close a quote without a purchase: declined or cancelled. False when it came too late."""
        return await self._close(quote_id, LIVE, state=state)

    async def _close(self, quote_id: str, states: Sequence[str], **values: str) -> bool:
        now = stamp(self._clock())
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(quotes)
                .where(quotes.c.id == quote_id, quotes.c.state.in_(states), quotes.c.expires_at > now)
                .values(decided_at=now, **values)
            )
            return changed.rowcount == 1

    async def consume(self, connection: AsyncConnection, quote_id: str, approved_by: str) -> bool:
        """Use an open, unexpired quote up, inside the caller's transaction. False when that is no longer possible."""
        now = stamp(self._clock())
        used = await connection.execute(
            update(quotes)
            .where(quotes.c.id == quote_id, quotes.c.state.in_(LIVE), quotes.c.expires_at > now)
            .values(state="used", approved_by=approved_by, decided_at=now)
        )
        return used.rowcount == 1

    async def was_used(self, connection: AsyncConnection, quote_id: str) -> bool:
        """Whether a quote was used up before."""
        return await connection.scalar(select(quotes.c.state).where(quotes.c.id == quote_id)) == "used"

    def _open(self, order: Order) -> Any:
        return select(quotes).where(
            quotes.c.account == order.account,
            quotes.c.principal == order.principal,
            quotes.c.action == order.action,
            quotes.c.arguments_key == order.approval_key,
            quotes.c.state.in_(LIVE),
            quotes.c.expires_at > stamp(self._clock()),
        )

    async def _expire(self, connection: AsyncConnection, account: str, principal: str, now: datetime) -> None:
        await connection.execute(
            update(quotes)
            .where(
                quotes.c.account == account,
                quotes.c.principal == principal,
                quotes.c.state.in_(LIVE),
                quotes.c.expires_at <= stamp(now),
            )
            .values(state="expired", decided_at=stamp(now))
        )

    async def _make_room(self, connection: AsyncConnection, order: Order) -> None:
        mine = (quotes.c.account == order.account, quotes.c.principal == order.principal, quotes.c.state == "open")
        count = await connection.scalar(select(func.count()).select_from(quotes).where(*mine))
        if int(count or 0) < OPEN_AT_MOST:
            return
        oldest = select(quotes.c.id).where(*mine).order_by(quotes.c.created_at).limit(1).scalar_subquery()
        await connection.execute(
            update(quotes).where(quotes.c.id == oldest).values(state="expired", decided_at=stamp(self._clock()))
        )


def _refused(detail: str = "") -> ApprovalError:
    return ApprovalError(
        "This approval does not open this purchase; nothing was sent." + detail,
        hint="Call again without `approval` for a new quote, then send its id back with the arguments unchanged.",
    )
