"""The ledger: holds and their states, and an append-only entry for each thing that happened to them.

Each method is one transaction and one arrow of the state machine drawn in this package's docstring.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ..config import Caps
from ..errors import SpendError
from ..storage.database import Database, moment, stamp
from ..storage.schema import entries, holds, voices
from .approvals import Approvals
from .caps import Load, day_of, raise_counters
from .holds import AlreadyLiveError, Hold
from .orders import Order

HELD_FOR: Final = timedelta(seconds=10)
"""A hold that was not sent by then may be released by anyone; sending is one commit away from holding."""
ANSWER_WITHIN: Final = timedelta(seconds=360)
"""Absence of an unanswered purchase is not decided before: the vendor's own limit is 300 s."""
UNSETTLED: Final = ("held", "sent", "answered", "unknown")

log = logging.getLogger(__name__)


class Ledger:
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
        self._database = database
        self._approvals = approvals
        self._caps = caps
        self._clock = clock
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
        now = self._clock()
        values = {
            "id": f"hold_{secrets.token_hex(8)}",
            "quote_id": quote_id,
            "account": order.account,
            "principal": order.principal,
            "kind": "voice" if order.action == "design" else order.action,
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
            "tag": tag,
            "wire_name": wire_name,
            "owner": self.owner,
            "deadline": stamp(now + HELD_FOR),
            "approved_by": approved_by,
            "created_at": stamp(now),
            "updated_at": stamp(now),
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(holds).values(**values))  # first: a twin is joined, not refused
                if quote_id and not await self._approvals.consume(connection, quote_id, approved_by):
                    raise _spent()
                hold = await self._get(connection, values["id"])
                if hold.load:
                    await raise_counters(connection, order.account, order.principal, hold.day, hold.load, self._caps())
                await self._enter(connection, hold, "held")
        except IntegrityError:
            live = await self.live(order)
            if live is None:
                raise
            raise AlreadyLiveError(live) from None
        return hold

    async def sent(self, hold: Hold) -> Hold:
        """Commit that the request is about to leave.

        Raises:
            SpendError: The hold had run out and was released; nothing was sent.
        """
        now = self._clock()
        async with self._database.write() as connection:
            moved = await self._move(
                connection, hold, ("held",), state="sent", sent_at=stamp(now), deadline=stamp(now + ANSWER_WITHIN)
            )
            if moved is None:
                raise SpendError(
                    "The purchase took too long to begin and was given up; nothing was sent.", hint="Call again."
                )
            await self._enter(connection, moved, "sent")
            return moved

    async def answered(self, hold: Hold, **facts: Any) -> Hold:
        """Commit what the vendor answered, before anything is done with it. The owner's real answer overrides any guess."""
        async with self._database.write() as connection:
            current = await self._get(connection, hold.id)
            if current.state in {"charged", "assumed_not_billed"}:  # somebody looked before the answer came
                return await self._charge(connection, current, "charged", facts)
            moved = await self._move(connection, hold, ("sent", "unknown"), state="answered", **facts)
            if moved is None:
                raise LookupError(f"{hold.id} is {current.state}")
            await self._settle_difference(connection, current, moved)
            await self._enter(connection, moved, "answered")
            return moved

    async def charged(self, hold: Hold, event: str = "charged", **facts: Any) -> Hold:
        """Book the charge: the hold becomes spent, and a designed voice gets its record."""
        async with self._database.write() as connection:
            return await self._charge(connection, await self._get(connection, hold.id), event, facts)

    async def released(self, hold: Hold, reason: str, states: Sequence[str] = ("held", "sent")) -> Hold | None:
        """Give a hold back: nothing was billed. None when it had moved on in the meantime."""
        return await self._give_back(hold, "released", reason, states, recheck_at="")

    async def assumed_not_billed(self, hold: Hold, reason: str) -> Hold | None:
        """Give an unknown hold back because the voice is nowhere; it is looked for again after a day."""
        recheck = stamp(self._clock() + timedelta(days=1))
        return await self._give_back(hold, "assumed_not_billed", reason, ("sent", "unknown"), recheck_at=recheck)

    async def unknown(self, hold: Hold, reason: str, *, answered: bool) -> Hold:
        """Keep a hold whose outcome is not known; it counts as spent until it is."""
        async with self._database.write() as connection:
            moved = await self._move(
                connection, hold, ("sent",), state="unknown", reason=reason, answered=int(answered)
            )
            if moved is None:
                return await self._get(connection, hold.id)
            await self._enter(connection, moved, "unknown", reason)
            return moved

    async def absent(self, hold: Hold) -> Hold:
        """Record that a complete look at the account's voices did not find this one."""
        async with self._database.write() as connection:
            current = await self._get(connection, hold.id)
            first = current.first_absent_at or stamp(self._clock())
            facts = {"absences": current.absences + 1, "first_absent_at": first}
            return await self._move(connection, hold, (current.state,), **facts) or current

    async def rechecked(self, hold: Hold) -> None:
        """Record that an assumption was looked at again and stands."""
        async with self._database.write() as connection:
            await self._move(connection, hold, ("assumed_not_billed",), recheck_at="")

    async def retire(self, account: str, voice: str) -> None:
        """A voice is gone: the same arguments may be bought again."""
        async with self._database.write() as connection:
            await connection.execute(
                update(holds).where(holds.c.account == account, holds.c.voice == voice).values(live=0)
            )

    async def delivered(self, hold: Hold) -> None:
        """Speech reached its caller: the same words bought again are a new purchase. Until then they are this one."""
        async with self._database.write() as connection:
            await self._move(connection, hold, ("charged",), live=0)

    async def act(self, order: Order, *, quote_id: str, approved_by: str, voice: str) -> None:
        """Use up the approval of an act that costs nothing and can't be undone, and enter it. Begun before, it may go on.

        Raises:
            SpendError: The approval was not given, or expired.
        """
        async with self._database.write() as connection:
            if await self._approvals.consume(connection, quote_id, approved_by):
                await connection.execute(
                    insert(entries).values(
                        at=stamp(self._clock()),
                        account=order.account,
                        principal=order.principal,
                        kind=order.action,
                        event="approved",
                        voice=voice,
                        amount=order.price.text,
                        currency=order.price.currency,
                        approved_by=approved_by,
                    )
                )
            elif not await self._approvals.was_used(connection, quote_id):
                raise _spent()

    async def get(self, hold_id: str) -> Hold | None:
        """A hold by its id."""
        return await self._first(holds.c.id == hold_id)

    async def live(self, order: Order) -> Hold | None:
        """The live hold of the same purchase (account, principal, arguments, take), if there is one."""
        return await self._first(
            holds.c.account == order.account,
            holds.c.principal == order.principal,
            holds.c.kind == ("voice" if order.action == "design" else order.action),
            holds.c.arguments_key == order.purchase_key,
            holds.c.take == order.take,
            holds.c.live == 1,
        )

    async def of_quote(self, quote_id: str) -> Hold | None:
        """The hold that a used quote opened."""
        return await self._first(holds.c.quote_id == quote_id)

    async def owner_of(self, account: str, voice: str) -> Hold | None:
        """The hold that owns a voice of an account."""
        return await self._first(holds.c.account == account, holds.c.voice == voice)

    async def unsettled(self, account: str) -> list[Hold]:
        """Every hold of an account whose outcome is open, and every assumption that is due to be looked at again."""
        now = stamp(self._clock())
        due = (holds.c.state == "assumed_not_billed") & (holds.c.recheck_at != "") & (holds.c.recheck_at <= now)
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(holds).where(holds.c.account == account, holds.c.state.in_(UNSETTLED) | due)
            )
            return [Hold.from_row(row) for row in rows.mappings()]

    def past(self, text: str, after: timedelta = timedelta()) -> bool:
        """Whether a recorded moment, plus some time, is behind us. An empty one never is."""
        return bool(text) and self._clock() >= moment(text) + after

    async def _first(self, *conditions: ColumnElement[bool]) -> Hold | None:
        query = select(holds).where(*conditions).order_by(holds.c.created_at.desc()).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Hold.from_row(row) if row else None

    async def _get(self, connection: AsyncConnection, hold_id: str) -> Hold:
        row = (await connection.execute(select(holds).where(holds.c.id == hold_id))).mappings().one()
        return Hold.from_row(row)

    async def _move(self, connection: AsyncConnection, hold: Hold, states: Sequence[str], **facts: Any) -> Hold | None:
        """Change a hold if it is still in one of these states."""
        moved = await connection.execute(
            update(holds)
            .where(holds.c.id == hold.id, holds.c.state.in_(states))
            .values(updated_at=stamp(self._clock()), **facts)
        )
        return await self._get(connection, hold.id) if moved.rowcount == 1 else None

    async def _charge(self, connection: AsyncConnection, hold: Hold, event: str, facts: dict[str, Any]) -> Hold:
        if hold.kind == "voice" and await self._twin_lives(connection, hold):
            facts = {"live": 0, **facts}
        elif hold.kind == "voice":
            facts = {"live": 1, **facts}
        moved = await self._move(connection, hold, (hold.state,), state="charged", recheck_at="", **facts)
        if moved is None:
            raise LookupError(hold.id)
        if hold.state in {"assumed_not_billed", "released"}:  # it had been given back
            await raise_counters(connection, hold.account, hold.principal, hold.day, moved.load, None)
        else:
            await self._settle_difference(connection, hold, moved)
        if hold.state != "charged":
            await self._enter(connection, moved, event)
        if moved.kind == "voice":
            await self._record_voice(connection, moved)
        return moved

    async def _settle_difference(self, connection: AsyncConnection, before: Hold, after: Hold) -> None:
        """Count what an answer changed: the ledger tells the truth, above a cap if need be."""
        change = _difference(after.load, before.load)
        if change:
            await raise_counters(connection, after.account, after.principal, after.day, change, None)

    async def _twin_lives(self, connection: AsyncConnection, hold: Hold) -> bool:
        """Whether the same purchase was made anew after this one had been given up."""
        key = await connection.scalar(select(holds.c.arguments_key).where(holds.c.id == hold.id))
        twin = select(holds.c.id).where(
            holds.c.account == hold.account,
            holds.c.principal == hold.principal,
            holds.c.kind == hold.kind,
            holds.c.arguments_key == key,
            holds.c.take == hold.take,
            holds.c.live == 1,
            holds.c.id != hold.id,
        )
        return (await connection.execute(twin)).first() is not None

    async def _give_back(
        self, hold: Hold, state: str, reason: str, states: Sequence[str], *, recheck_at: str
    ) -> Hold | None:
        async with self._database.write() as connection:
            moved = await self._move(
                connection, hold, states, state=state, reason=reason, live=0, recheck_at=recheck_at
            )
            if moved is None:
                return None
            if moved.load:
                await raise_counters(connection, hold.account, hold.principal, hold.day, -moved.load, None)
            await self._enter(connection, moved, state, reason)
            return moved

    async def _record_voice(self, connection: AsyncConnection, hold: Hold) -> None:
        key = (voices.c.account == hold.account, voices.c.voice == hold.voice)
        known = (await connection.execute(select(voices.c.voice).where(*key))).first()
        if known is not None:
            if hold.audio_id:
                await connection.execute(update(voices).where(*key).values(preview_audio_id=hold.audio_id))
            return
        described = {
            name: str(hold.arguments.get(name, ""))
            for name in ("target_model", "language", "voice_prompt", "preview_text", "preferred_name")
        }
        await connection.execute(
            insert(voices).values(
                account=hold.account,
                voice=hold.voice,
                principal=hold.principal,
                family=str(hold.arguments.get("family", "")),
                hold_id=hold.id,
                preview_audio_id=hold.audio_id,
                created_at=stamp(self._clock()),
                **described,
            )
        )

    async def _enter(self, connection: AsyncConnection, hold: Hold, event: str, detail: str = "") -> None:
        log.info("hold=%s kind=%s event=%s amount=%s%s", hold.id, hold.kind, event, hold.currency, hold.amount)
        await connection.execute(
            insert(entries).values(
                at=stamp(self._clock()),
                account=hold.account,
                principal=hold.principal,
                hold_id=hold.id,
                kind=hold.kind,
                event=event,
                voice=hold.voice,
                amount=hold.amount,
                currency=hold.currency,
                approved_by=hold.approved_by,
                detail=detail,
            )
        )


def _difference(after: Load, before: Load) -> Load:
    return Load(
        usd_micros=after.usd_micros - before.usd_micros,
        voices=after.voices - before.voices,
        characters=after.characters - before.characters,
    )


def _spent() -> SpendError:
    return SpendError(
        "This approval was used up or expired before the act began; nothing was sent.",
        hint="Call again without `approval` for a new quote.",
        code="approval_invalid",
    )
