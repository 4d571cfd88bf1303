"""Holds: one slot of one purchase as it stands, and how they are looked up. Changes nothing: that is the ledger's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from ..storage.database import Database, moment
from ..storage.statements import first, found, to_change, written
from .caps import Load
from .orders import Arguments, Order

HELD_FOR: Final = timedelta(seconds=10)
"""A hold that was not sent by then may be released by anyone; sending is one commit away from holding."""
ANSWER_WITHIN: Final = timedelta(seconds=360)
"""Absence of an unanswered purchase is not decided before: the vendor's own limit is 300 s."""
BETWEEN_LOOKS: Final = timedelta(seconds=60)
"""Two complete scans count as two only so far apart."""

GIVEN_BACK: Final = ("released", "assumed_not_billed")
"""States that count against no cap. Every other does."""
UNSETTLED: Final = ("held", "sent", "answered", "unknown", "assumed_not_billed")
"""States that a look may still change. The index `holds_unsettled` is made for exactly these, in this order."""

_IS_LIVE: Final = "live = 1"
IS_UNSETTLED: Final = f"state IN {written(UNSETTLED)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A row of the holds table: one slot of one purchase."""

    id: str
    quote_id: str
    account: str
    principal: str
    kind: str
    arguments_key: str
    arguments: Arguments
    model: str
    take: int
    slot: int
    live: int
    amount: str
    currency: str
    day: str
    state: str
    tag: str
    wire_name: str
    owner: str
    deadline: str
    voice: str
    request_id: str
    url: str
    audio_id: str
    approved_by: str
    reason: str
    answered: int
    absences: int
    first_absent_at: str
    recheck_at: str
    sent_at: str
    created_at: str
    usd_micros: int
    characters: int

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Hold:
        """Read a row of the holds table."""
        values = {name: row[name] for name in cls.__slots__ if name != "arguments"}
        return cls(arguments=json.loads(row["arguments"]), **values)

    @property
    def family(self) -> str:
        """The family that designs the voice; "" where none is designed."""
        return str(self.arguments.get("family", ""))

    @property
    def load(self) -> Load:
        """What it weighs against the caps."""
        paid_voice = self.kind == "voice" and self.usd_micros > 0
        return Load(usd_micros=self.usd_micros, voices=int(paid_voice), characters=self.characters)

    @property
    def counted(self) -> Load:
        """What it counts against the caps as it stands: unknown counts as spent, given back counts nothing."""
        return Load() if self.state in GIVEN_BACK else self.load

    @property
    def may_adopt(self) -> bool:
        """Whether a voice may still turn out to be what it made."""
        voiceless = self.kind == "voice" and self.state == "charged" and not self.voice
        return voiceless or self.state in {"sent", "unknown", "assumed_not_billed"}

    @property
    def settled(self) -> bool:
        """Whether its outcome is known, or assumed."""
        return self.state in {"charged", *GIVEN_BACK}


class AlreadyLiveError(Exception):
    """Another hold for the same purchase is live; `hold` is it."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.id)
        self.hold = hold


class Holds:
    """The holds of one database, looked up. Every look-up goes by an index, however long the ledger has grown.

    Args:
        database: Where they are kept.
        clock: The time now, in UTC.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def get(self, hold_id: str) -> Hold | None:
        """A hold by its id."""
        return await self._newest("id = :id", id=hold_id)

    async def live(self, order: Order) -> Hold | None:
        """A live hold of the same purchase (account, principal, arguments, take), if any of its slots has one."""
        return await self._newest(f"{_SAME} AND take = :take AND {_IS_LIVE}", **_named(order), take=order.take)

    async def next_take(self, order: Order) -> int:
        """The lowest take above all that are made or under way: what designs another."""
        takes = await self._database.rows(f"SELECT take FROM holds WHERE {_SAME} AND {_IS_LIVE}", _named(order))
        return max(order.take, *(int(row["take"]) for row in takes)) + 1

    async def of_quote(self, quote_id: str) -> Hold | None:
        """The hold that a used quote opened."""
        return await self._newest("quote_id = :quote", quote=quote_id)

    async def slots_of(self, hold: Hold) -> list[Hold]:
        """Every slot of the purchase that a hold is of, in order, whatever became of them.

        Only voices are bought several at once. Under the quote of a narration a piece that was refused is bought again, by itself.
        """
        if not hold.quote_id or hold.kind != "voice":
            return [hold]
        same = {"quote": hold.quote_id, "key": hold.arguments_key, "take": hold.take}
        return await self._all("quote_id = :quote AND arguments_key = :key AND take = :take ORDER BY slot", **same)

    async def owner_of(self, account: str, voice: str) -> Hold | None:
        """The purchase that made a voice of an account."""
        return await self._newest(MADE, account=account, voice=voice)

    async def unsettled(self, account: str) -> list[Hold]:
        """Every hold of an account whose outcome is open or only assumed, the oldest first."""
        return await self._all(f"account = :account AND {IS_UNSETTLED} ORDER BY created_at", account=account)

    def now(self) -> datetime:
        """The time now, in UTC."""
        return self._clock()

    def past(self, text: str, after: timedelta = timedelta()) -> bool:
        """Whether a recorded moment, plus some time, is behind us. An empty one never is."""
        return bool(text) and self._clock() >= moment(text) + after

    def retry_after_s(self, hold: Hold) -> int:
        """In how many seconds looking again can tell something new of an open hold."""
        if hold.state != "unknown":
            return 10
        due = [moment(hold.first_absent_at) + BETWEEN_LOOKS] if hold.first_absent_at else []
        if not hold.answered and hold.absences:
            due.append(moment(hold.sent_at) + ANSWER_WITHIN)
        wait = max(due, default=self._clock()) - self._clock()
        return max(10, int(wait.total_seconds()) + 1)

    def deadline_in_s(self, hold: Hold) -> int:
        """In how many seconds an answer that has not come counts as lost, and 1 at least."""
        return max(1, int((moment(hold.deadline) - self._clock()).total_seconds()) + 1)

    async def _newest(self, where: str, **values: Any) -> Hold | None:
        row = await self._database.row(f"{_HOLD} WHERE {where} ORDER BY created_at DESC LIMIT 1", values)
        return Hold.from_row(row) if row else None

    async def _all(self, where: str, **values: Any) -> list[Hold]:
        return [Hold.from_row(row) for row in await self._database.rows(f"{_HOLD} WHERE {where}", values)]


_HOLD: Final = f"SELECT {', '.join(Hold.__slots__)} FROM holds"
_SAME: Final = "account = :account AND principal = :principal AND kind = :kind AND arguments_key = :key"
"""The same purchase, whichever the take."""
_TWIN: Final = f"SELECT id FROM holds WHERE {_SAME} AND take = :take AND slot = :slot AND {_IS_LIVE} AND id <> :id"
MADE: Final = "account = :account AND voice = :voice AND kind = 'voice'"
"""What made a voice of an account."""


def _named(order: Order) -> dict[str, Any]:
    return {
        "account": order.account,
        "principal": order.principal,
        "kind": order.kind,
        "key": order.purchase_key,
    }


def locked(db: Connection, hold_id: str) -> Hold:
    """A hold as it stands now, which nobody else changes before this transaction ends."""
    [row] = found(db, f"{_HOLD} WHERE id = :id{to_change(db)}", {"id": hold_id})
    return Hold.from_row(row)


def twin_lives(db: Connection, hold: Hold) -> bool:
    """Whether the same purchase was made anew after this one had been given back."""
    same = {name: getattr(hold, name) for name in ("id", "account", "principal", "kind", "take", "slot")}
    return first(db, _TWIN, {**same, "key": hold.arguments_key}) is not None
