"""The caps, counted where two processes cannot both be right.

One row per account, principal and day, raised by a conditional update. Reading a sum and then inserting would let concurrent
holds pass a cap under SQLite's and PostgreSQL's default isolation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Final

from sqlalchemy import Connection

from ..config import Caps
from ..errors import CapExceededError
from ..storage.statements import Row, first, run
from .money import usd

EVERYONE: Final = "*"
ALWAYS: Final = "*"
_PLACE: Final = "(:account, :who{number}, :day{number}, :usd_micros, :voices, :characters)"
_RAISE: Final = """INSERT INTO counters (account, principal, day, usd_micros, voices, characters) VALUES {places}
ON CONFLICT (account, principal, day) DO UPDATE SET usd_micros = counters.usd_micros + excluded.usd_micros,
voices = counters.voices + excluded.voices, characters = counters.characters + excluded.characters {within}
RETURNING principal, day, usd_micros, voices, characters"""
"""Raises the rows, or makes them; a row that a cap stops is left alone and not returned."""
_USED: Final = "SELECT principal, day, usd_micros, voices, characters FROM counters WHERE"


@dataclass(frozen=True, slots=True)
class Load:
    """What a hold weighs: millionths of a USD, paid voices, billed characters."""

    usd_micros: int = 0
    voices: int = 0
    characters: int = 0

    def __sub__(self, other: Load) -> Load:
        return Load(
            usd_micros=self.usd_micros - other.usd_micros,
            voices=self.voices - other.voices,
            characters=self.characters - other.characters,
        )

    def __mul__(self, times: int) -> Load:
        return Load(usd_micros=self.usd_micros * times, voices=self.voices * times, characters=self.characters * times)

    def __bool__(self) -> bool:
        return bool(self.usd_micros or self.voices or self.characters)


def day_of(moment: datetime, utc_offset_h: int) -> str:
    """The day of the caps that a moment belongs to."""
    return moment.astimezone(timezone(timedelta(hours=utc_offset_h))).date().isoformat()


def raise_counters(db: Connection, account: str, principal: str, day: str, load: Load, caps: Caps | None) -> None:
    """Count a load, on the principal's rows and on the account's, inside the caller's transaction.

    Args:
        db: The caller's write transaction.
        account: The vendor account.
        principal: Whose load it is.
        day: The day that it counts on.
        load: What is added; negative to give back.
        caps: What no row may pass; None to count without asking (giving back, or a charge found later).

    Raises:
        CapExceededError: Naming the cap, what is used and what was asked; the caller's transaction must not commit.
    """
    rows = _rows(principal, day)
    values = {"account": account, "usd_micros": load.usd_micros, "voices": load.voices, "characters": load.characters}
    for number, (who, when) in enumerate(rows):
        values |= {f"who{number}": who, f"day{number}": when}
    conditions = {} if caps is None else _conditions(load, caps, principal)
    raised = run(db, _raising(len(rows), tuple(conditions)), values | dict(conditions.values()))
    passed = {(who, when): Load(*numbers) - load for who, when, *numbers in raised.fetchall()}
    if caps is None:
        return
    for who, when in _own_first(rows):
        before = passed.get((who, when))
        if before is None:  # stopped, so it is as it was
            before = used(db, account, who, when)
        over = _over(before, load, _of(caps, who), always=when == ALWAYS)
        if over:
            raise _exceeded(over, load, who=who, always=when == ALWAYS)


def used(db: Connection, account: str, principal: str, day: str) -> Load:
    """What one counter row holds."""
    row = first(
        db,
        f"{_USED} account = :account AND principal = :who AND day = :day",
        {"account": account, "who": principal, "day": day},
    )
    return _load(row) if row else Load()


class Room:
    """What is left below the caps, as it stands: read with `query`, given to `read`. Nothing is counted.

    Args:
        principal: Whose.
        day: Of which day.
    """

    def __init__(self, principal: str, day: str) -> None:
        self._rows = _rows(principal, day)
        self._own = (principal, day), (principal, ALWAYS)
        self._used: dict[tuple[str, str], Load] = {}

    def query(self, account: str) -> tuple[str, dict[str, str]]:
        """What reads every counter row that matters, and its values."""
        values, places = {"account": account}, list[str]()
        for number, (who, when) in enumerate(self._rows):
            values |= {f"who{number}": who, f"day{number}": when}
            places.append(f"account = :account AND principal = :who{number} AND day = :day{number}")
        return f"{_USED} {' OR '.join(places)}", values

    def read(self, rows: Sequence[Row]) -> None:
        """Take what was found."""
        self._used = {(row["principal"], row["day"]): _load(row) for row in rows}

    def check(self, load: Load, caps: Caps) -> tuple[Load, Load]:
        """What the principal has used on the day and altogether; raises what `raise_counters` would raise now."""
        for who, when in _own_first(self._rows):
            over = _over(self._used.get((who, when), Load()), load, _of(caps, who), always=when == ALWAYS)
            if over:
                raise _exceeded(over, load, who=who, always=when == ALWAYS)
        today, always = (self._used.get(row, Load()) for row in self._own)
        return today, always


@cache
def _raising(rows: int, conditions: tuple[str, ...]) -> str:
    places = ", ".join(_PLACE.format(number=number) for number in range(rows))
    return _RAISE.format(places=places, within="WHERE " + " AND ".join(conditions) if conditions else "")


def _rows(principal: str, day: str) -> list[tuple[str, str]]:
    """The counter rows that a load is on, in the one order in which they are ever locked."""
    return sorted({(principal, day), (principal, ALWAYS), (EVERYONE, day), (EVERYONE, ALWAYS)})


def _own_first(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The order in which caps are told: the caller's own before those of everybody."""
    return sorted(rows, key=lambda row: row[0] == EVERYONE)


def _load(row: Row) -> Load:
    return Load(usd_micros=row["usd_micros"], voices=row["voices"], characters=row["characters"])


def _limits(caps: Caps, *, always: bool) -> Iterator[tuple[str, int]]:
    if always:
        if caps.usd_total is not None:
            yield "usd_micros", int(caps.usd_total * 1_000_000)
        return
    if caps.usd_per_day is not None:
        yield "usd_micros", int(caps.usd_per_day * 1_000_000)
    if caps.voices_per_day is not None:
        yield "voices", caps.voices_per_day
    if caps.characters_per_day is not None:
        yield "characters", caps.characters_per_day


def _of(caps: Caps, who: str) -> Caps:
    """The caps of a row: everyone's may be set apart."""
    return (caps.everyone or caps) if who == EVERYONE else caps


def _conditions(load: Load, caps: Caps, principal: str) -> dict[str, tuple[str, int]]:
    """What must hold of a row for it to be raised, each with the parameter that it names."""
    conditions: dict[str, tuple[str, int]] = {}
    for who, others in ((principal, "="), (EVERYONE, "<>")):
        for always, other_days in ((True, "<>"), (False, "=")):
            for name, most in _limits(_of(caps, who), always=always):
                if getattr(load, name):
                    limit = f"{name}_{'always' if always else 'day'}_{'everyone' if who == EVERYONE else 'own'}"
                    apart = f"counters.principal {others} '{EVERYONE}' OR counters.day {other_days} '{ALWAYS}'"
                    condition = f"({apart} OR counters.{name} + excluded.{name} <= :{limit})"
                    conditions[condition] = (limit, most)
    return conditions


def _over(before: Load, load: Load, caps: Caps, *, always: bool) -> tuple[str, int, int] | None:
    """The first cap that a row would pass: its name, what is used before, and the cap."""
    for name, most in _limits(caps, always=always):
        weight: int = getattr(load, name)
        already: int = getattr(before, name)
        if weight and already + weight > most:
            return name, already, most
    return None


def _exceeded(over: tuple[str, int, int], load: Load, *, who: str, always: bool) -> CapExceededError:
    """The error for a cap that would be passed. What others have used is not told."""
    name, already, most = over
    period = "in total" if always else "a day"
    prefix = "VOICE_DESIGN_ACCOUNT_MAX_" if who == EVERYONE else "VOICE_DESIGN_MAX_"
    setting = (
        prefix
        + {
            "usd_micros": "USD_TOTAL" if always else "USD_PER_DAY",
            "voices": "VOICES_PER_DAY",
            "characters": "CHARACTERS_PER_DAY",
        }[name]
    )

    def shown(number: int) -> str:
        return str(usd(number)) if name == "usd_micros" else f"{number} {name}"

    scope = " over all users of this account" if who == EVERYONE else ""
    so_far = "" if who == EVERYONE else f"{shown(already)} is used or held, "
    return CapExceededError(
        f"The cap of {shown(most)} {period}{scope} would be passed: {so_far}this needs {shown(getattr(load, name))}. "
        "Nothing was sent.",
        hint=f"Wait for the next day of the caps, or ask the user to raise {setting}; only they can.",
    )
