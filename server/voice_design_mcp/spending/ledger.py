"""The ledger: each method is one transaction and one arrow of the state machine drawn in this package's docstring.

Every arrow goes through `_arrow`, which counts what it changes against the caps and enters it; so the counters are the sum over
the holds, whatever happens.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from ..config import Caps
from ..errors import SpendError
from ..storage.database import Database, moment, stamp
from ..storage.schema import holds
from ..storage.statements import TwinError, first, found, inserting, run, setting, written
from .approvals import Approvals, used_up
from .caps import Load, Room, day_of, raise_counters
from .entries import enter, enter_act, enter_correction, record_gone, record_voice
from .holds import (
    ANSWER_WITHIN,
    BETWEEN_LOOKS,
    GIVEN_BACK,
    HELD_FOR,
    MADE,
    AlreadyLiveError,
    Hold,
    Holds,
    locked,
    twin_lives,
)
from .orders import Order

RECHECK_AFTER: Final = timedelta(days=1)
SAME_WORDS_FOR: Final = timedelta(minutes=10)
"""A client that timed out, or was cut off from its answer, has asked again by then."""
APPROVAL_EXCEEDED: Final = "approval_exceeded"
_TRIES: Final = 5
_SPENT_UNDER: Final = f"""SELECT CAST(COALESCE(SUM(usd_micros), 0) AS BIGINT) AS usd_micros FROM holds
WHERE quote_id = :quote AND state NOT IN {written(GIVEN_BACK)}"""
_AS_INSERTED: Final[dict[str, Any]] = {column.name: 0 if column.type.python_type is int else "" for column in holds.c}
"""What the columns hold that an insertion leaves out."""


class Ledger(Holds):
    """The holds and entries of one database.

    Args:
        database: Where they are kept.
        approvals: The quotes of the same database, used up in the hold's transaction.
        caps: Gives what no new hold may pass.
        clock: The time now, in UTC.
        utc_offset_h: Where the days of the caps begin.
    """

    def __init__(
        self,
        database: Database,
        approvals: Approvals,
        caps: Callable[[], Caps],
        clock: Callable[[], datetime],
        utc_offset_h: int,
    ) -> None:
        super().__init__(database, clock)
        self._approvals = approvals
        self._caps = caps
        self._utc_offset_h = utc_offset_h
        self.owner = f"own_{secrets.token_hex(8)}"

    @property
    def today(self) -> str:
        """The day that a hold made now counts on."""
        return day_of(self._clock(), self._utc_offset_h)

    async def hold(
        self,
        order: Order,
        *,
        quote_id: str,
        approved_by: str,
        named: Sequence[tuple[str, str]],
        part: bool = False,
    ) -> list[Hold]:
        """Use the approval up, check the caps and insert every slot's hold, in one transaction: all of them or none.

        Args:
            order: What is bought.
            quote_id: Its quote; "" where the policy asks for none.
            approved_by: Who approved.
            named: For each slot the tag minted for it, "" where names carry none, and the name that will be sent.
            part: Whether it is one of several purchases under a quote that was used up when the first of them began.

        Raises:
            AlreadyLiveError: The same purchase, or a slot of it, is held, sent, unknown or made.
            CapExceededError: A cap would be passed.
            SpendError: The approval was used up or expired in the meantime.
        """
        made = self._slots(order, named, {"quote_id": quote_id, "approved_by": approved_by})
        for _ in range(_TRIES):
            try:
                return await self._database.write("held", lambda db: self._hold(db, made, part=part))
            except TwinError:
                twin = await self.live(order)
                if twin is not None:
                    raise AlreadyLiveError(twin) from None
        raise SpendError(
            "The same purchase kept coming and going; nothing was sent.", hint="Call again.", retryable=True
        )

    async def room_for(self, order: Order) -> tuple[Load, Load]:
        """What is used today and altogether, where an order would pass no cap.

        Raises:
            CapExceededError: It would.
        """
        one = Load(usd_micros=order.usd_micros, voices=order.voices, characters=order.characters)
        room = Room(order.principal, self.today)
        room.read(await self._database.rows(*room.query(order.account)))
        return room.check(one * order.slots, self._caps())

    async def sent(self, hold: Hold) -> Hold:
        """Commit that the request is about to leave.

        Raises:
            SpendError: The hold had run out and was released; nothing was sent.
        """
        now = self._clock()
        facts = {"sent_at": stamp(now), "deadline": stamp(now + ANSWER_WITHIN)}
        moved = await self._database.write("sent", lambda db: self._arrow(db, hold, ("held",), "sent", "sent", **facts))
        if moved is None:
            raise SpendError(
                "The purchase took too long to begin and was given up; nothing was sent.", hint="Call again."
            )
        return moved

    async def answered(self, hold: Hold, **facts: Any) -> Hold:
        """Commit what the vendor answered, before anything is done with it. The owner's real answer overrides any guess."""

        def change(db: Connection) -> Hold:
            moved = self._arrow(db, hold, ("sent", "unknown"), "answered", "answered", **facts)
            return moved or self._charge(db, hold, "charged", facts)

        return await self._booked("answered", change)

    async def charged(self, hold: Hold, event: str = "charged", **facts: Any) -> Hold:
        """Book the charge: the hold becomes spent, and a designed voice gets its record."""
        return await self._booked("charged", lambda db: self._charge(db, hold, event, facts))

    async def adopted(self, hold: Hold, voice: str) -> Hold:
        """Book a lost purchase as charged: this voice turned out to be its. Unchanged when another purchase made the voice.

        One that a person closed as billed, whose voice was not known, gets it without a second charge.
        """

        def change(db: Connection) -> Hold:
            current = locked(db, hold.id)
            owned = first(db, f"SELECT id FROM holds WHERE {MADE}", {"account": current.account, "voice": voice})
            if owned or not current.may_adopt:
                return current
            return self._charge(db, hold, "adopted", {"voice": voice})

        return await self._booked("adopted", change)

    async def unknown(self, hold: Hold, reason: str, *, answered: bool) -> Hold:
        """Keep a hold whose outcome is not known; it counts as spent until it is. Unchanged when it is known by now."""
        facts = {"reason": reason, "answered": int(answered)}

        def change(db: Connection) -> Hold:
            moved = self._arrow(db, hold, ("sent",), "unknown", "unknown", reason, **facts)
            return moved or locked(db, hold.id)

        return await self._database.write("unknown", change)

    async def refused(self, hold: Hold, reason: str) -> Hold:
        """Give a hold back because the vendor said that nothing was billed. Unchanged when its voice was found all the same."""
        sources = ("held", "sent", "unknown", "assumed_not_billed")
        return await self._database.write("released", lambda db: self._give_back(db, hold, sources, "released", reason))

    async def never_sent(self, hold: Hold) -> Hold:
        """Give a hold back that ran out before anything was sent. Unchanged when it was sent after all."""
        return await self._database.write(
            "released", lambda db: self._give_back(db, hold, ("held",), "released", "never sent")
        )

    async def assumed_not_billed(self, hold: Hold) -> Hold:
        """Give an unknown hold back because its voice is nowhere; it is looked for again after a day."""
        recheck, why = stamp(self._clock() + RECHECK_AFTER), "not on the account"
        return await self._database.write(
            "assumed_not_billed",
            lambda db: self._give_back(db, hold, ("unknown",), "assumed_not_billed", why, recheck_at=recheck),
        )

    async def resolved(self, hold: Hold, *, billed: bool, reason: str) -> Hold:
        """Close a purchase whose outcome is not known, by a person's word. Unchanged when it is settled by now."""
        sources = ("sent", "unknown", "assumed_not_billed")

        def change(db: Connection) -> Hold:
            if not billed:
                return self._give_back(db, hold, sources, "released", reason)
            current = locked(db, hold.id)
            if current.state not in sources:
                return current
            return self._charge(db, hold, "resolved_billed", {"reason": reason, "live": 0})

        return await self._booked("resolved", change)

    async def absent(self, hold: Hold, looked_at: datetime) -> Hold:
        """Count a complete scan, begun then, that did not find the voice of an unknown hold."""

        def change(db: Connection) -> Hold:
            current = locked(db, hold.id)
            first = current.first_absent_at
            if current.state != "unknown" or (first and looked_at < moment(first) + BETWEEN_LOOKS):
                return current
            facts: dict[str, Any] = {"absences": current.absences + 1, "first_absent_at": first or stamp(looked_at)}
            return self._arrow(db, hold, ("unknown",), "unknown", **facts) or current

        return await self._database.write("absent", change)

    async def noted(self, hold: Hold, reason: str, *, recheck_at: str | None = None) -> None:
        """Note what was seen of a hold that stays as it is."""
        facts: dict[str, Any] = {"reason": reason} | ({} if recheck_at is None else {"recheck_at": recheck_at})
        await self._fact("noted", hold, **facts)

    async def delivered(self, hold: Hold) -> None:
        """Speech was given to its caller, who may not have got it: for a while the same words are still this purchase."""
        if not hold.recheck_at:
            until = stamp(self._clock() + SAME_WORDS_FOR)
            await self._fact("delivered", hold, hasty=True, recheck_at=until)  # lost with the power, it is given again

    async def over(self, hold: Hold) -> None:
        """Speech is a thing of the past, or word of its loss was given: bought again, the same words are a new purchase."""
        await self._fact("over", hold, live=0)

    async def begun(self, order: Order, *, quote_id: str, approved_by: str, voice: str) -> None:
        """Use up the approval of an act that costs nothing and can't be undone, and enter it. Begun before, it may go on.

        Raises:
            SpendError: The approval was not given, or expired.
        """

        def change(db: Connection) -> None:
            if self._approvals.consume(db, quote_id, approved_by):
                enter_act(db, order, "approved", at=stamp(self._clock()), voice=voice, approved_by=approved_by)
            elif not self._approvals.was_used(db, quote_id):
                raise used_up()

        await self._database.write(
            "begun", change, hasty=True
        )  # lost with the power, the next to ask finds the voice gone

    async def done(self, order: Order, *, quote_id: str, voice: str) -> None:
        """Commit that a voice was deleted as approved, and that the quote is carried out; "" while more goes under it."""

        def change(db: Connection) -> None:
            self._approvals.finish(db, quote_id)
            enter_act(db, order, "deleted", at=stamp(self._clock()), voice=voice)
            self._forget(db, order.account, voice)

        await self._database.write("done", change, hasty=True)  # as begun

    async def gone(self, account: str, voice: str) -> None:
        """A voice is not on the account any more: the same arguments may be bought again."""
        await self._database.write("gone", lambda db: self._forget(db, account, voice))

    async def _fact(self, name: str, hold: Hold, *, hasty: bool = False, **facts: Any) -> None:
        same = hold.state
        await self._database.write(name, lambda db: self._arrow(db, hold, (same,), same, **facts), hasty=hasty)

    async def _booked(self, name: str, change: Callable[[Connection], Hold]) -> Hold:
        """Commit a charge. Where another process has just entered what may be there only once, it is looked at again, and seen."""
        tries = _TRIES
        while True:
            tries -= 1
            try:
                return await self._database.write(name, change)
            except TwinError:
                if not tries:
                    raise

    def _hold(self, db: Connection, rows: Sequence[dict[str, Any]], *, part: bool) -> list[Hold]:
        for row in rows:  # first: a twin is joined, not refused
            run(db, inserting(holds, tuple(row)), row)
        made = [Hold.from_row(_AS_INSERTED | row) for row in rows]
        first = made[0]
        if part:
            self._within(db, first)
        elif first.quote_id and not self._approvals.consume(db, first.quote_id, first.approved_by):
            raise used_up()
        if load := first.load * len(made):
            raise_counters(db, first.account, first.principal, first.day, load, self._caps())
        for hold in made:
            enter(db, hold, "held", at=hold.created_at)
        return made

    def _within(self, db: Connection, hold: Hold) -> None:
        """See that all that was bought under a hold's quote, this included, is no more than was approved."""
        approved = self._approvals.amount_used(db, hold.quote_id) if hold.quote_id else 0
        [under] = found(db, _SPENT_UNDER, {"quote": hold.quote_id})
        spent = int(under["usd_micros"])
        if approved is None:
            raise used_up()
        if spent > approved:
            raise SpendError(
                "What is left costs more than was approved; nothing more was sent.",
                hint="Call again without `approval`, for a quote of what is left.",
                code=APPROVAL_EXCEEDED,
            )

    def _forget(self, db: Connection, account: str, voice: str) -> None:
        run(db, f"UPDATE holds SET live = 0 WHERE {MADE}", {"account": account, "voice": voice})
        record_gone(db, account, voice, at=stamp(self._clock()))

    def _arrow(
        self,
        db: Connection,
        hold: Hold,
        sources: Sequence[str],
        target: str,
        event: str = "",
        detail: str = "",
        **facts: Any,
    ) -> Hold | None:
        """Move a hold that is in one of these states; None when it is not.

        What the move changes is counted without asking: the ledger tells the truth, above a cap if need be.
        """
        before = locked(db, hold.id)
        if before.state not in sources:
            return None
        now = stamp(self._clock())
        facts |= {"state": target, "updated_at": now}
        run(db, f"UPDATE holds SET {setting(tuple(facts))} WHERE id = :id", {**facts, "id": hold.id})
        after = locked(db, hold.id)
        change = after.counted - before.counted
        if change:
            raise_counters(db, after.account, after.principal, after.day, change, None)
        if event:
            enter(db, after, event, at=now, detail=detail)
        return after

    def _charge(self, db: Connection, hold: Hold, event: str, facts: dict[str, Any]) -> Hold:
        before = locked(db, hold.id)
        if before.state in GIVEN_BACK:  # it is this purchase again, unless that was made anew
            facts = {"live": int(not twin_lives(db, before)), **facts}
        event = "" if before.state == "charged" else event
        after = self._arrow(db, hold, (before.state,), "charged", event, recheck_at="", **facts)
        if after is None:
            raise LookupError(hold.id)
        if not event:
            enter_correction(db, before, after, at=stamp(self._clock()))
        if after.kind == "voice" and after.voice:
            record_voice(db, after, at=stamp(self._clock()))
        return after

    def _give_back(
        self, db: Connection, hold: Hold, sources: Sequence[str], target: str, reason: str, **facts: str
    ) -> Hold:
        facts = {"reason": reason, "recheck_at": "", **facts}
        moved = self._arrow(db, hold, sources, target, target, reason, live=0, **facts)
        return moved or locked(db, hold.id)

    def _slots(
        self, order: Order, named: Sequence[tuple[str, str]], approved: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        shared = {**self._row(order), **approved}
        return [
            {**shared, "id": f"hold_{secrets.token_hex(8)}", "slot": slot, "tag": tag, "wire_name": wire_name}
            for slot, (tag, wire_name) in enumerate(named)
        ]

    def _row(self, order: Order) -> dict[str, Any]:
        now = self._clock()
        return {
            "account": order.account,
            "principal": order.principal,
            "kind": order.kind,
            "arguments_key": order.purchase_key,
            "arguments": json.dumps(dict(order.arguments), ensure_ascii=False),
            "model": order.model,
            "take": order.take,
            "live": 1,
            "amount": order.price.text,
            "currency": order.price.currency,
            "usd_micros": order.usd_micros,
            "characters": order.characters,
            "day": self.today,
            "state": "held",
            "owner": self.owner,
            "deadline": stamp(now + HELD_FOR),
            "created_at": stamp(now),
            "updated_at": stamp(now),
        }
