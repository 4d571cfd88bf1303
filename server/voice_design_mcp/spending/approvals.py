"""Approvals: a record bound to exact arguments, price, principal and an expiry; never a boolean.

A quote is stored before anyone is asked, and the question is rendered once, from it, with its reference: so an answer given to
one quote can never be taken for another's. The life of a quote:

    open ──► approved ──► used
     │ ▲        └──────────► expired          nothing came of it in time
     │ │        └──────────► cancelled        the policy approved it, and is no longer in force
     │ └► set aside                           20 newer ones are open; it is opened again when it is asked for again
     └► used | declined | expired

A question that is dismissed leaves its quote open, for the next path that the policy allows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from ..errors import ApprovalError, SpendError, StorageError
from ..storage.database import Database, stamp
from ..storage.schema import quotes
from ..storage.statements import Row, TwinError, first, found, inserting, run, setting, to_change, written
from .orders import Arguments, Order, first_difference

LIFETIME: Final = timedelta(minutes=10)
OPEN_AT_MOST: Final = 20
LIVE: Final = ("open", "approved")
"""Waiting for an answer, or approved and not used yet. The index `quotes_one_live` is made for exactly these, in this order."""
SET_ASIDE: Final = "set_aside"
_IS_ASIDE: Final = f"state = '{SET_ASIDE}'"
_IS_LIVE: Final = f"state IN {written(LIVE)}"
_MINE: Final = "account = :account AND principal = :principal"
_SAME: Final = f"{_MINE} AND action = :action AND arguments_key = :key"
_IN_TIME: Final = "expires_at > :now"
_CONSUME: Final = f"""UPDATE quotes SET state = 'used', approved_by = :by, decided_at = :now
WHERE id = :id AND {_IS_LIVE} AND {_IN_TIME}"""
_EXPIRE: Final = f"""UPDATE quotes SET state = 'expired', decided_at = :now
WHERE {_MINE} AND {_IS_LIVE} AND expires_at <= :now"""
_ABOUT: Final = (
    "SELECT id, state, expires_at > :now AS in_time, action = :action AND arguments_key = :key AS same FROM quotes"
)
_THERE: Final = f"{_ABOUT} WHERE {_MINE} AND {_IS_LIVE} UNION ALL {_ABOUT} WHERE {_SAME} AND {_IS_ASIDE} AND {_IN_TIME}"
"""A principal's live quotes, and what was set aside of the same order."""
_REOPEN: Final = f"UPDATE quotes SET state = 'open' WHERE id = :id AND {_IS_ASIDE}"
_MY_OPEN: Final = f"{_MINE} AND {_IS_LIVE} AND state = 'open'"
_SET_ASIDE: Final = f"""UPDATE quotes SET state = '{SET_ASIDE}' WHERE {_MY_OPEN}
AND id NOT IN (SELECT id FROM quotes WHERE {_MY_OPEN} ORDER BY created_at DESC LIMIT {OPEN_AT_MOST - 1})"""
_REFERENCE: Final = slice(4, 12)
_TRIES: Final = 50


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
    finished_at: str

    @classmethod
    def from_row(cls, row: Row) -> Quote:
        """Read a row of the quotes table."""
        values = {name: row[name] for name in cls.__slots__ if name not in {"arguments", "shown"}}
        return cls(arguments=json.loads(row["arguments"]), shown=json.loads(row["shown"]), **values)

    @property
    def ordered(self) -> Arguments:
        """The arguments of the order that it was given for: the tool's, without the take."""
        return {name: value for name, value in self.arguments.items() if name != "take"}


_USED: Final = "SELECT usd_micros FROM quotes WHERE id = :id AND state = 'used'"
_QUOTE: Final = f"SELECT {', '.join(Quote.__slots__)} FROM quotes WHERE"
_LIVE_QUOTE: Final = f"{_QUOTE} {_SAME} AND {_IS_LIVE} AND {_IN_TIME}"


class Approvals:
    """The quotes of one database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def open_quote(self, order: Order) -> Quote | None:
        """The unexpired open quote for exactly this order, if there is one."""
        row = await self._database.row(_LIVE_QUOTE, self._named(order))
        return Quote.from_row(row) if row else None

    async def quote(
        self, order: Order, render: Callable[[str], str], shown: dict[str, Any], *, approved_by: str = ""
    ) -> Quote:
        """Store a quote, or return the one that is live, or was set aside, for this order.

        Beyond 20 open quotes of a principal the oldest is set aside.

        Args:
            order: What is quoted.
            render: Makes the question from the quote's reference, which must be in it.
            shown: What the caller is told beside it.
            approved_by: Who approves it without being asked: it is never open. "" where somebody is asked.
        """

        def store(db: Connection) -> Quote:
            return self._quote(db, order, render, shown, approved_by)

        for _ in range(_TRIES):
            try:
                return await self._database.write("quoted", store, hasty=True)  # a hold that uses it up waits for both
            except TwinError:  # another was first, and its quote may be used up before this one sees it
                continue
        raise StorageError("The same is being asked for by too many at once.", hint="Make the same call again.")

    async def present(self, approval: str, order: Order, restore: Callable[[Arguments], Order]) -> tuple[Quote, Order]:
        """Look at an approval that a caller sent back.

        Args:
            approval: What was sent back.
            order: What is asked for now.
            restore: Makes the order of the arguments that the quote holds.

        Returns:
            The quote, open (it may now be used) or used before with these very arguments, and the order that it was given for.

        Raises:
            ApprovalError: It is not this principal's, not for this, expired, declined, or never was.
        """
        row = await self._database.row(f"{_QUOTE} id = :id", {"id": approval})
        known = row is not None and (row["account"], row["principal"]) == (order.account, order.principal)
        if row is None or not known or row["action"] != order.action:
            raise refused()
        quote = Quote.from_row(row)
        different = first_difference(order.terms, quote.arguments)
        if different:
            raise refused(f" It was given for other arguments: {different} differs.")
        approved = restore(quote.ordered)
        if quote.state == "used":
            return quote, approved
        if quote.state not in LIVE or stamp(self._clock()) >= quote.expires_at:
            raise refused()
        if not approved.covered_by(quote.amount, quote.currency):
            raise refused(" The price has changed since.")
        return quote, approved

    async def terms_of(self, approval: str) -> Arguments:
        """What an approval was given for, to fill in what its caller left out; `present` decides whether it opens anything."""
        row = await self._database.row(f"{_QUOTE} id = :id", {"id": approval}) if approval else None
        return json.loads(row["arguments"]) if row else {}

    async def waiting(self) -> list[Quote]:
        """Every quote of the database that is open and unexpired, oldest first, for a person to decide."""
        waiting = f"{_QUOTE} {_IS_LIVE} AND state = 'open' AND {_IN_TIME} ORDER BY created_at"
        return [Quote.from_row(row) for row in await self._database.rows(waiting, {"now": stamp(self._clock())})]

    async def approve(self, quote_id: str, approved_by: str) -> bool:
        """Record a yes. It stands: the next call with these arguments uses it. False when it came too late."""
        try:
            return await self._close("approved", quote_id, ("open", SET_ASIDE), approved_by=approved_by)
        except TwinError:  # it had been set aside, and the same was quoted anew
            return False

    async def decide(self, quote_id: str, state: str) -> bool:
        """Close a quote without a purchase: declined or cancelled. False when it came too late."""
        return await self._close(state, quote_id, (*LIVE, SET_ASIDE))

    def consume(self, db: Connection, quote_id: str, approved_by: str) -> bool:
        """Use a live, unexpired quote up, inside the caller's transaction. False when that is no longer possible."""
        now = stamp(self._clock())
        return run(db, _CONSUME, {"id": quote_id, "by": approved_by, "now": now}).rowcount == 1

    def was_used(self, db: Connection, quote_id: str) -> bool:
        """Whether a quote was used up before."""
        return first(db, _USED, {"id": quote_id}) is not None

    def amount_used(self, db: Connection, quote_id: str) -> int | None:
        """What a used quote was approved for, in millionths of a USD, held until the transaction ends; None for any other."""
        row = first(db, _USED + to_change(db), {"id": quote_id})
        return int(row["usd_micros"]) if row else None

    def finish(self, db: Connection, quote_id: str) -> None:
        """Note, inside the caller's transaction, that what a used quote allowed was carried out."""
        run(db, "UPDATE quotes SET finished_at = :now WHERE id = :id", {"id": quote_id, "now": stamp(self._clock())})

    def _quote(
        self, db: Connection, order: Order, render: Callable[[str], str], shown: dict[str, Any], approved_by: str
    ) -> Quote:
        named = self._named(order)
        there = found(db, _THERE, named)
        mine = [each for each in there if each["in_time"]]
        if len(mine) < len(there):
            run(db, _EXPIRE, named)
        same = {each["state"]: each for each in mine if each["same"]}
        if not approved_by and same.keys().isdisjoint(LIVE):
            if sum(each["state"] == "open" for each in mine) >= OPEN_AT_MOST:
                run(db, _SET_ASIDE, named)
            if SET_ASIDE in same:
                run(db, _REOPEN, same[SET_ASIDE])  # unless it was approved just now
        row = first(db, _LIVE_QUOTE, named) if same else None
        if row is None:
            row = self._row(order, render, shown, approved_by)
            run(db, inserting(quotes, tuple(row)), row)
        return Quote.from_row({"finished_at": ""} | row)

    def _row(
        self, order: Order, render: Callable[[str], str], shown: dict[str, Any], approved_by: str
    ) -> dict[str, Any]:
        now = self._clock()
        quote_id = f"apr_{secrets.token_hex(16)}"
        reference = quote_id[_REFERENCE]
        question = render(reference)
        if reference not in question:  # an answer to an older question would then be taken for this one's
            raise ValueError("a question must hold its quote's reference")
        return {
            "id": quote_id,
            "account": order.account,
            "principal": order.principal,
            "action": order.action,
            "arguments_key": order.approval_key,
            "arguments": json.dumps(order.terms, ensure_ascii=False),
            "amount": order.total.text,
            "currency": order.total.currency,
            "usd_micros": order.usd_micros * order.slots,
            "question": question,
            "shown": json.dumps(shown, ensure_ascii=False),
            "state": "approved" if approved_by else "open",
            "approved_by": approved_by,
            "created_at": stamp(now),
            "expires_at": stamp(now + LIFETIME),
        }

    async def _close(self, state: str, quote_id: str, states: Sequence[str], **values: str) -> bool:
        now = stamp(self._clock())
        set_to = {"state": state, "decided_at": now, **values}
        sql = f"UPDATE quotes SET {setting(tuple(set_to))} WHERE id = :id AND state IN {written(states)} AND {_IN_TIME}"
        named = {**set_to, "id": quote_id, "now": now}
        return await self._database.write(state, lambda db: run(db, sql, named).rowcount == 1)

    def _named(self, order: Order) -> dict[str, Any]:
        return {
            "account": order.account,
            "principal": order.principal,
            "action": order.action,
            "key": order.approval_key,
            "now": stamp(self._clock()),
        }


def refused(detail: str = "") -> ApprovalError:
    """The one error for an approval that does not open what is asked for, whatever is wrong with it."""
    return ApprovalError(
        "This approval does not open this purchase; nothing was sent." + detail,
        hint="Call again without `approval` for a new quote, then send its id back with the arguments unchanged.",
    )


def used_up() -> SpendError:
    """The error for an approval that opened the act when it was looked at, and does no more when it begins."""
    return SpendError(
        "This approval was used up or expired before the act began; nothing was sent.",
        hint="Call again without `approval` for a new quote.",
        code="approval_invalid",
    )
