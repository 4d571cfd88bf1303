"""The ledger: each method is one transaction and one arrow of the state machine drawn in this package's docstring.

Every arrow goes through `_arrow`, which counts what it changes against the caps and enters it; so the counters are the sum over
the holds, whatever happens.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ..config import Caps
from ..errors import SpendError
from ..storage.database import Database, moment, stamp
from ..storage.schema import holds, voices
from .approvals import Approvals
from .caps import day_of, raise_counters
from .entries import enter, enter_act, record_voice
from .holds import ANSWER_WITHIN, BETWEEN_LOOKS, GIVEN_BACK, HELD_FOR, AlreadyLiveError, Hold, Holds, locked, twin_lives
from .orders import Order

RECHECK_AFTER: Final = timedelta(days=1)
_TRIES: Final = 5


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

    async def hold(self, order: Order, *, quote_id: str, approved_by: str, tag: str, wire_name: str) -> Hold:
        """Use the approval up, check the caps and insert the hold, in one transaction.

        Args:
            order: What is bought.
            quote_id: Its quote; "" where the policy asks for none.
            approved_by: Who approved.
            tag: The tag minted for this slot; "" where names carry none.
            wire_name: The name that will be sent.

        Raises:
            AlreadyLiveError: The same purchase is held, sent, unknown or made.
            CapExceededError: A cap would be passed.
            SpendError: The approval was used up or expired in the meantime.
        """
        row = self._row(order) | {"quote_id": quote_id, "approved_by": approved_by, "tag": tag, "wire_name": wire_name}
        for _ in range(_TRIES):
            try:
                async with self._database.write("held") as connection:
                    await connection.execute(insert(holds).values(**row))  # first: a twin is joined, not refused
                    if quote_id and not await self._approvals.consume(connection, quote_id, approved_by):
                        raise _spent()
                    hold = await locked(connection, row["id"])
                    if hold.load:
                        await raise_counters(
                            connection, hold.account, hold.principal, hold.day, hold.load, self._caps()
                        )
                    await enter(connection, hold, "held", at=row["created_at"])
                return hold
            except IntegrityError:
                twin = await self.live(order)
                if twin is not None:
                    raise AlreadyLiveError(twin) from None
        raise SpendError(
            "The same purchase kept coming and going; nothing was sent.", hint="Call again.", retryable=True
        )

    async def sent(self, hold: Hold) -> Hold:
        """Commit that the request is about to leave.

        Raises:
            SpendError: The hold had run out and was released; nothing was sent.
        """
        now = self._clock()
        async with self._database.write("sent") as connection:
            facts = {"sent_at": stamp(now), "deadline": stamp(now + ANSWER_WITHIN)}
            moved = await self._arrow(connection, hold, ("held",), "sent", "sent", **facts)
        if moved is None:
            raise SpendError(
                "The purchase took too long to begin and was given up; nothing was sent.", hint="Call again."
            )
        return moved

    async def answered(self, hold: Hold, **facts: Any) -> Hold:
        """Commit what the vendor answered, before anything is done with it. The owner's real answer overrides any guess."""
        async with self._database.write("answered") as connection:
            moved = await self._arrow(connection, hold, ("sent", "unknown"), "answered", "answered", **facts)
            return moved or await self._charge(connection, hold, "charged", facts)

    async def charged(self, hold: Hold, event: str = "charged", **facts: Any) -> Hold:
        """Book the charge: the hold becomes spent, and a designed voice gets its record."""
        async with self._database.write("charged") as connection:
            return await self._charge(connection, hold, event, facts)

    async def adopted(self, hold: Hold, voice: str) -> Hold:
        """Book a lost purchase as charged: this voice turned out to be its. Unchanged when another purchase made the voice."""
        async with self._database.write("adopted") as connection:
            current = await locked(connection, hold.id)
            made = select(holds.c.id).where(
                holds.c.account == current.account, holds.c.voice == voice, holds.c.kind == "voice"
            )
            owned = (await connection.execute(made)).first() is not None
            if owned or current.state not in {"sent", "unknown", "assumed_not_billed"}:
                return current
            return await self._charge(connection, hold, "adopted", {"voice": voice})

    async def unknown(self, hold: Hold, reason: str, *, answered: bool) -> Hold:
        """Keep a hold whose outcome is not known; it counts as spent until it is. Unchanged when it is known by now."""
        async with self._database.write("unknown") as connection:
            facts = {"reason": reason, "answered": int(answered)}
            moved = await self._arrow(connection, hold, ("sent",), "unknown", "unknown", reason, **facts)
            return moved or await locked(connection, hold.id)

    async def refused(self, hold: Hold, reason: str) -> Hold:
        """Give a hold back because the vendor said that nothing was billed. Unchanged when its voice was found all the same."""
        async with self._database.write("released") as connection:
            sources = ("held", "sent", "unknown", "assumed_not_billed")
            return await self._give_back(connection, hold, sources, "released", reason)

    async def never_sent(self, hold: Hold) -> Hold:
        """Give a hold back that ran out before anything was sent. Unchanged when it was sent after all."""
        async with self._database.write("released") as connection:
            return await self._give_back(connection, hold, ("held",), "released", "never sent")

    async def assumed_not_billed(self, hold: Hold) -> Hold:
        """Give an unknown hold back because its voice is nowhere; it is looked for again after a day."""
        recheck = stamp(self._clock() + RECHECK_AFTER)
        async with self._database.write("assumed_not_billed") as connection:
            return await self._give_back(
                connection, hold, ("unknown",), "assumed_not_billed", "not on the account", recheck_at=recheck
            )

    async def resolved(self, hold: Hold, *, billed: bool, reason: str) -> Hold:
        """Close a purchase whose outcome is not known, by a person's word. Unchanged when it is settled by now."""
        sources = ("sent", "unknown", "assumed_not_billed")
        async with self._database.write("resolved") as connection:
            if not billed:
                return await self._give_back(connection, hold, sources, "released", reason)
            current = await locked(connection, hold.id)
            if current.state not in sources:
                return current
            return await self._charge(connection, hold, "resolved_billed", {"reason": reason, "live": 0})

    async def absent(self, hold: Hold, looked_at: datetime) -> Hold:
        """Count a complete scan, begun then, that did not find the voice of an unknown hold."""
        async with self._database.write("absent") as connection:
            current = await locked(connection, hold.id)
            first = current.first_absent_at
            if current.state != "unknown" or (first and looked_at < moment(first) + BETWEEN_LOOKS):
                return current
            facts: dict[str, Any] = {"absences": current.absences + 1, "first_absent_at": first or stamp(looked_at)}
            return await self._arrow(connection, hold, ("unknown",), "unknown", **facts) or current

    async def noted(self, hold: Hold, reason: str, *, recheck_at: str | None = None) -> None:
        """Note what was seen of a hold that stays as it is."""
        async with self._database.write("noted") as connection:
            facts = {"reason": reason} | ({} if recheck_at is None else {"recheck_at": recheck_at})
            await self._arrow(connection, hold, (hold.state,), hold.state, **facts)

    async def delivered(self, hold: Hold) -> None:
        """Speech reached its caller, or word of its loss did: bought again, the same words are a new purchase."""
        async with self._database.write("delivered") as connection:
            await self._arrow(connection, hold, ("charged",), "charged", live=0)

    async def begun(self, order: Order, *, quote_id: str, approved_by: str, voice: str) -> None:
        """Use up the approval of an act that costs nothing and can't be undone, and enter it. Begun before, it may go on.

        Raises:
            SpendError: The approval was not given, or expired.
        """
        async with self._database.write("begun") as connection:
            if await self._approvals.consume(connection, quote_id, approved_by):
                at = stamp(self._clock())
                await enter_act(connection, order, "approved", at=at, voice=voice, approved_by=approved_by)
            elif not await self._approvals.was_used(connection, quote_id):
                raise _spent()

    async def done(self, order: Order, *, quote_id: str, voice: str) -> None:
        """Commit that an approved deletion was carried out."""
        async with self._database.write("done") as connection:
            await self._approvals.finish(connection, quote_id)
            await enter_act(connection, order, "deleted", at=stamp(self._clock()), voice=voice)
            await self._forget(connection, order.account, voice)

    async def gone(self, account: str, voice: str) -> None:
        """A voice is not on the account any more: the same arguments may be bought again."""
        async with self._database.write("gone") as connection:
            await self._forget(connection, account, voice)

    async def _forget(self, connection: AsyncConnection, account: str, voice: str) -> None:
        made = (holds.c.account == account, holds.c.voice == voice, holds.c.kind == "voice")
        await connection.execute(update(holds).where(*made).values(live=0))
        kept = (voices.c.account == account, voices.c.voice == voice, voices.c.deleted_at == "")
        await connection.execute(update(voices).where(*kept).values(deleted_at=stamp(self._clock())))

    async def _arrow(
        self,
        connection: AsyncConnection,
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
        before = await locked(connection, hold.id)
        if before.state not in sources:
            return None
        now = stamp(self._clock())
        await connection.execute(
            update(holds).where(holds.c.id == hold.id).values(state=target, updated_at=now, **facts)
        )
        after = await locked(connection, hold.id)
        change = after.counted - before.counted
        if change:
            await raise_counters(connection, after.account, after.principal, after.day, change, None)
        if event:
            await enter(connection, after, event, at=now, detail=detail)
        return after

    async def _charge(self, connection: AsyncConnection, hold: Hold, event: str, facts: dict[str, Any]) -> Hold:
        before = await locked(connection, hold.id)
        if before.state in GIVEN_BACK:  # it is this purchase again, unless that was made anew
            facts = {"live": int(not await twin_lives(connection, before)), **facts}
        event = "" if before.state == "charged" else event
        after = await self._arrow(connection, hold, (before.state,), "charged", event, recheck_at="", **facts)
        if after is None:
            raise LookupError(hold.id)
        if after.kind == "voice" and after.voice:
            await record_voice(connection, after, at=stamp(self._clock()))
        return after

    async def _give_back(
        self, connection: AsyncConnection, hold: Hold, sources: Sequence[str], target: str, reason: str, **facts: str
    ) -> Hold:
        facts = {"reason": reason, "recheck_at": "", **facts}
        moved = await self._arrow(connection, hold, sources, target, target, reason, live=0, **facts)
        return moved or await locked(connection, hold.id)

    def _row(self, order: Order) -> dict[str, Any]:
        now = self._clock()
        return {
            "id": f"hold_{secrets.token_hex(8)}",
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


def _spent() -> SpendError:
    return SpendError(
        "This approval was used up or expired before the act began; nothing was sent.",
        hint="Call again without `approval` for a new quote.",
        code="approval_invalid",
    )
