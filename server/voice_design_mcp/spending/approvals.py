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

from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal_column, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from ..errors import ApprovalError, StorageError
from ..storage.database import Database, run, stamp
from ..storage.schema import quotes
from .orders import Arguments, Order, first_difference

LIFETIME: Final = timedelta(minutes=10)
OPEN_AT_MOST: Final = 20
LIVE: Final = ("open", "approved")
"""Waiting for an answer, or approved and not used yet. The index `quotes_one_live` is made for exactly these, in this order."""
SET_ASIDE: Final = "set_aside"
_IS_ASIDE: Final[ColumnElement[bool]] = quotes.c.state == literal_column(f"'{SET_ASIDE}'")
_IS_LIVE: Final[ColumnElement[bool]] = quotes.c.state.in_(
    bindparam("live", list(LIVE), expanding=True, literal_execute=True)
)
_CONSUME: Final = """UPDATE quotes SET state = 'used', approved_by = :by, decided_at = :now
WHERE id = :id AND state IN ('open', 'approved') AND expires_at > :now"""
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
    def from_row(cls, row: RowMapping) -> Quote:
        """Read a row of the quotes table."""
        values = {name: row[name] for name in cls.__slots__ if name not in {"arguments", "shown"}}
        return cls(arguments=json.loads(row["arguments"]), shown=json.loads(row["shown"]), **values)

    @property
    def ordered(self) -> Arguments:
        """The arguments of the order that it was given for: the tool's, without the take."""
        return {name: value for name, value in self.arguments.items() if name != "take"}


class Approvals:
    """The quotes of one database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def open_quote(self, order: Order) -> Quote | None:
        """The unexpired open quote for exactly this order, if there is one."""
        row = await self._database.read(lambda db: db.execute(self._live(order)).mappings().first())
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
                return await self._database.write("quoted", store)
            except IntegrityError:  # another was first, and its quote may be used up before this one sees it
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
        sent_back = select(quotes).where(quotes.c.id == approval)
        row = await self._database.read(lambda db: db.execute(sent_back).mappings().first())
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
        query = select(quotes.c.arguments).where(quotes.c.id == approval)
        row = await self._database.read(lambda db: db.scalar(query)) if approval else None
        return json.loads(row) if row else {}

    async def waiting(self) -> list[Quote]:
        """Every quote of the database that is open and unexpired, oldest first, for a person to decide."""
        query = (
            select(quotes)
            .where(_IS_LIVE, quotes.c.state == "open", quotes.c.expires_at > stamp(self._clock()))
            .order_by(quotes.c.created_at)
        )
        rows = await self._database.read(lambda db: db.execute(query).mappings().all())
        return [Quote.from_row(row) for row in rows]

    async def approve(self, quote_id: str, approved_by: str) -> bool:
        """Record a yes. It stands: the next call with these arguments uses it. False when it came too late."""
        try:
            return await self._close("approved", quote_id, ("open", SET_ASIDE), approved_by=approved_by)
        except IntegrityError:  # it had been set aside, and the same was quoted anew
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
        return db.scalar(select(quotes.c.state).where(quotes.c.id == quote_id)) == "used"

    def amount_used(self, db: Connection, quote_id: str) -> int | None:
        """What a used quote was approved for, in millionths of a USD, held until the transaction ends; None for any other."""
        query: Any = (
            select(quotes.c.usd_micros).where(quotes.c.id == quote_id, quotes.c.state == "used").with_for_update()
        )
        return db.scalar(query)

    def finish(self, db: Connection, quote_id: str) -> None:
        """Note, inside the caller's transaction, that what a used quote allowed was carried out."""
        db.execute(update(quotes).where(quotes.c.id == quote_id).values(finished_at=stamp(self._clock())))

    def _quote(
        self, db: Connection, order: Order, render: Callable[[str], str], shown: dict[str, Any], approved_by: str
    ) -> Quote:
        self._expire(db, order)
        row = db.execute(self._live(order)).mappings().first()
        if row is None and not approved_by:
            self._make_room(db, order)
            row = self._reopened(db, order)
        if row is None:
            values = self._row(order, render, shown, approved_by)
            db.execute(insert(quotes), values)
            row = db.execute(select(quotes).where(quotes.c.id == values["id"])).mappings().one()
        return Quote.from_row(row)

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
        in_time = (quotes.c.id == quote_id, quotes.c.state.in_(states), quotes.c.expires_at > now)
        closed = update(quotes).where(*in_time).values(state=state, decided_at=now, **values)
        return await self._database.write(state, lambda db: db.execute(closed).rowcount == 1)

    def _live(self, order: Order) -> Any:
        return select(quotes).where(*self._same(order), _IS_LIVE, quotes.c.expires_at > stamp(self._clock()))

    def _same(self, order: Order) -> tuple[ColumnElement[bool], ...]:
        return (*self._whose(order), quotes.c.action == order.action, quotes.c.arguments_key == order.approval_key)

    def _whose(self, order: Order) -> tuple[ColumnElement[bool], ...]:
        return quotes.c.account == order.account, quotes.c.principal == order.principal

    def _expire(self, db: Connection, order: Order) -> None:
        now = stamp(self._clock())
        late = (*self._whose(order), _IS_LIVE, quotes.c.expires_at <= now)
        db.execute(update(quotes).where(*late).values(state="expired", decided_at=now))

    def _reopened(self, db: Connection, order: Order) -> RowMapping | None:
        """The quote of this order that was set aside and has time left, opened again, unless it was approved just now."""
        aside = (*self._same(order), _IS_ASIDE, quotes.c.expires_at > stamp(self._clock()))
        found = db.scalar(select(quotes.c.id).where(*aside).limit(1))
        if found is None:
            return None
        db.execute(update(quotes).where(quotes.c.id == found, _IS_ASIDE).values(state="open"))
        return db.execute(self._live(order)).mappings().first()

    def _make_room(self, db: Connection, order: Order) -> None:
        mine = (*self._whose(order), _IS_LIVE, quotes.c.state == "open")
        stay = select(quotes.c.id).where(*mine).order_by(quotes.c.created_at.desc()).limit(OPEN_AT_MOST - 1)
        db.execute(update(quotes).where(*mine, quotes.c.id.not_in(stay)).values(state=SET_ASIDE))


def refused(detail: str = "") -> ApprovalError:
    """The one error for an approval that does not open what is asked for, whatever is wrong with it."""
    return ApprovalError(
        "This approval does not open this purchase; nothing was sent." + detail,
        hint="Call again without `approval` for a new quote, then send its id back with the arguments unchanged.",
    )
