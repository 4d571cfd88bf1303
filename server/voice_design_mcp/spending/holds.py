"""A hold: one slot of one purchase, as it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy.engine import RowMapping

from .caps import Load
from .orders import Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A row of the holds table: one slot of one purchase."""

    id: str
    quote_id: str
    account: str
    principal: str
    kind: str
    arguments: Arguments
    model: str
    take: int
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
    def from_row(cls, row: RowMapping) -> Hold:
        """Read a row of the holds table."""
        values = {name: row[name] for name in cls.__slots__ if name != "arguments"}
        return cls(arguments=json.loads(row["arguments"]), **values)

    @property
    def load(self) -> Load:
        """What it weighs against the caps."""
        paid_voice = self.kind == "voice" and self.usd_micros > 0
        return Load(usd_micros=self.usd_micros, voices=int(paid_voice), characters=self.characters)


class AlreadyLiveError(Exception):
    """Another hold for the same purchase is live; `hold` is it."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.id)
        self.hold = hold
