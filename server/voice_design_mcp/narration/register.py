"""The narrations of the database: each begun once under one approval, gone on with after a crash, and told once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from ..errors import SpendError
from ..spending.approvals import Approvals
from ..storage.database import Database, stamp
from ..storage.schema import holds, narrations

RESUMED_WITHIN: Final = timedelta(days=1)
"""How long an approval that was used lets an unfinished narration be gone on with; after that it is quoted anew."""

State = Literal["running", "done", "incomplete", "abandoned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """A row: `result` is what is told of it once it is over."""

    id: str
    plan_key: str
    quote_id: str
    approved_by: str
    state: str
    audio_id: str
    result: dict[str, Any]
    created_at: str
    delivered_at: str

    @classmethod
    def from_row(cls, row: RowMapping) -> Narration:
        """Read a row of the narrations table."""
        values = {name: row[name] for name in cls.__slots__ if name != "result"}
        return cls(result=json.loads(row["result"] or "{}"), **values)


class Register:
    """The narrations of one principal on one account."""

    def __init__(
        self, database: Database, approvals: Approvals, clock: Callable[[], datetime], account: str, principal: str
    ) -> None:
        self._database = database
        self._approvals = approvals
        self._clock = clock
        self._account = account
        self._principal = principal

    async def newest(self, plan_key: str) -> Narration | None:
        """The newest narration of a plan. One that was left unfinished too long ago counts as abandoned."""
        query = (
            select(narrations)
            .where(
                narrations.c.account == self._account,
                narrations.c.principal == self._principal,
                narrations.c.plan_key == plan_key,
            )
            .order_by(narrations.c.created_at.desc())
            .limit(1)
        )
        row = await self._database.read(lambda db: db.execute(query).mappings().first())
        if row is None:
            return None
        if row["state"] == "running" and row["created_at"] < stamp(self._clock() - RESUMED_WITHIN):
            await self._move(row["id"], "abandoned")
            return None
        return Narration.from_row(row)

    async def begin(self, plan_key: str, *, quote_id: str, approved_by: str) -> Narration:
        """Use the approval up and enter the narration, in one transaction; one that is running is returned.

        Args:
            plan_key: Of the plan.
            quote_id: Its quote; "" where there is nothing to pay.
            approved_by: Who approved.

        Raises:
            SpendError: The approval was used up or expired in the meantime.
        """
        now = stamp(self._clock())
        row: dict[str, Any] = {
            "id": f"nar_{secrets.token_hex(8)}",
            "account": self._account,
            "principal": self._principal,
            "plan_key": plan_key,
            "quote_id": quote_id,
            "approved_by": approved_by,
            "state": "running",
            "audio_id": "",
            "result": "",
            "created_at": now,
            "updated_at": now,
            "delivered_at": "",
        }

        def change(db: Connection) -> None:
            if quote_id and not self._approvals.consume(db, quote_id, approved_by):
                raise SpendError(
                    "This approval was used up or expired before the narration began; nothing was sent.",
                    hint="Call again without `approval` for a new quote.",
                    code="approval_invalid",
                )
            db.execute(insert(narrations), row)

        try:
            await self._database.write("narration begun", change)
        except (IntegrityError, SpendError):
            running = await self.newest(plan_key)
            if running is None or running.state != "running":
                raise
            return running
        return Narration(**{name: row[name] for name in Narration.__slots__ if name != "result"}, result={})

    async def finish(self, narration: Narration, state: State, *, audio_id: str, result: dict[str, Any]) -> Narration:
        """Enter how a narration ended. Unchanged when it was entered before."""
        facts = {"audio_id": audio_id, "result": json.dumps(result, ensure_ascii=False)}

        def change(db: Connection) -> Narration:
            now = stamp(self._clock())
            running = (narrations.c.id == narration.id, narrations.c.state == "running")
            db.execute(update(narrations).where(*running).values(state=state, updated_at=now, **facts))
            if narration.quote_id:
                self._approvals.finish(db, narration.quote_id)
            row = db.execute(select(narrations).where(narrations.c.id == narration.id)).mappings().one()
            return Narration.from_row(row)

        return await self._database.write("narration finished", change)

    async def told(self, narration: Narration) -> None:
        """Note that the end was told, and what was lost with it: asked for again, that is a new purchase."""
        lost = {each["hold"] for each in narration.result["missing"] if each["hold"]}

        def change(db: Connection) -> None:
            now = stamp(self._clock())
            db.execute(update(narrations).where(narrations.c.id == narration.id).values(delivered_at=now))
            for hold in sorted(lost):
                db.execute(update(holds).where(holds.c.id == hold, holds.c.state == "charged").values(live=0))

        if not narration.delivered_at:
            await self._database.write("narration told", change)

    async def bought(self, narration: Narration) -> list[dict[str, Any]]:
        """What was charged under its approval.

        Returns:
            Of each hold `id`, its piece as `segment`, once that is kept as `audio_id` too, `amount`, `currency`, `usd_micros` and
            `characters`.
        """
        if not narration.quote_id:
            return []
        names = ("id", "arguments", "audio_id", "amount", "currency", "usd_micros", "characters")
        columns = [holds.c[name] for name in names]
        query = select(*columns).where(holds.c.quote_id == narration.quote_id, holds.c.state == "charged")
        rows = await self._database.read(lambda db: db.execute(query).mappings().all())
        return [{**row, "segment": json.loads(row["arguments"])["segment"]} for row in rows]

    async def kept(self, pieces: Mapping[str, str]) -> None:
        """Note, by the holds' ids, which pieces are in the cache although a kill came before that was noted."""

        def change(db: Connection) -> None:
            for hold, piece in pieces.items():
                db.execute(update(holds).where(holds.c.id == hold, holds.c.audio_id == "").values(audio_id=piece))

        if pieces:
            await self._database.write("pieces noted", change)

    async def abandon(self, narration: Narration) -> None:
        """Give a running narration up: the same call quotes what is left anew."""
        await self._move(narration.id, "abandoned")

    async def oldest_running(self) -> str:
        """When the oldest narration under way, anybody's, began; now where none is."""
        since = stamp(self._clock() - RESUMED_WITHIN)
        running = (narrations.c.state == "running", narrations.c.created_at >= since)
        oldest = await self._database.read(
            lambda db: db.scalar(select(func.min(narrations.c.created_at)).where(*running))
        )
        return oldest or stamp(self._clock())

    async def _move(self, narration_id: str, state: State) -> None:
        moved = update(narrations).where(narrations.c.id == narration_id, narrations.c.state == "running")
        now = stamp(self._clock())
        await self._database.write(state, lambda db: db.execute(moved.values(state=state, updated_at=now)))
