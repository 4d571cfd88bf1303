"""The caps, counted where two processes cannot both be right.

One row per account, principal and day, raised by a conditional UPDATE.

Reading a sum and then inserting would let concurrent holds pass a cap under SQLite's and PostgreSQL's default isolation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..config import Caps
from ..errors import CapExceededError
from ..storage.schema import counters
from .money import usd

EVERYONE: Final = "*"
ALWAYS: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a hold weighs: millionths of a USD, paid voices, billed characters."""

    usd_micros: int = 0
    voices: int = 0
    characters: int = 0

    def __neg__(self) -> Load:
        return Load(usd_micros=-self.usd_micros, voices=-self.voices, characters=-self.characters)

    def __bool__(self) -> bool:
        return bool(self.usd_micros or self.voices or self.characters)


def day_of(moment: datetime, utc_offset_h: int) -> str:
    """The day of the caps that a moment belongs to."""
    return moment.astimezone(timezone(timedelta(hours=utc_offset_h))).date().isoformat()


async def raise_counters(
    connection: AsyncConnection, account: str, principal: str, day: str, load: Load, caps: Caps | None
) -> None:
    """Count a load, on the principal's rows and on the account's, inside the caller's transaction.

    Args:
        connection: The caller's write transaction.
        account: The vendor account.
        principal: Whose load it is.
        day: The day that it counts on.
        load: What is added; negative to give back.
        caps: What no row may pass; None to count without asking (giving back, or a charge found later).

    Raises:
        CapExceededError: Naming the cap, what is used and what was asked; the caller's transaction must not commit.
    """
    for who, when in sorted({(principal, day), (principal, ALWAYS), (EVERYONE, day), (EVERYONE, ALWAYS)}):
        key = {"account": account, "principal": who, "day": when}
        await connection.execute(
            text(
                "INSERT INTO counters (account, principal, day) VALUES (:account, :principal, :day) ON CONFLICT DO NOTHING"
            ),
            key,
        )
        conditions = [] if caps is None else list(_within(load, caps, always=when == ALWAYS))
        raised = await connection.execute(
            update(counters)
            .where(*(counters.c[name] == value for name, value in key.items()), *conditions)
            .values(
                usd_micros=counters.c.usd_micros + load.usd_micros,
                voices=counters.c.voices + load.voices,
                characters=counters.c.characters + load.characters,
            )
        )
        if raised.rowcount != 1 and caps is not None:
            raise _exceeded(await used(connection, account, who, when), load, caps, who=who, always=when == ALWAYS)


async def used(connection: AsyncConnection, account: str, principal: str, day: str) -> Load:
    """What one counter row holds."""
    row: RowMapping | None = (
        (
            await connection.execute(
                select(counters).where(
                    counters.c.account == account, counters.c.principal == principal, counters.c.day == day
                )
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return Load()
    return Load(usd_micros=row["usd_micros"], voices=row["voices"], characters=row["characters"])


async def check(connection: AsyncConnection, account: str, principal: str, day: str, load: Load, caps: Caps) -> None:
    """Raise what `raise_counters` would raise now, counting nothing: nobody approves what will be refused."""
    for who, when in ((principal, day), (EVERYONE, day), (principal, ALWAYS), (EVERYONE, ALWAYS)):
        already = await used(connection, account, who, when)
        if any(after > most for _, after, most in _sums(already, load, caps, always=when == ALWAYS)):
            raise _exceeded(already, load, caps, who=who, always=when == ALWAYS)


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


def _within(load: Load, caps: Caps, *, always: bool) -> Iterator[Any]:
    for name, most in _limits(caps, always=always):
        weight: int = getattr(load, name)
        if weight:
            yield counters.c[name] + weight <= most


def _sums(already: Load, load: Load, caps: Caps, *, always: bool) -> Iterator[tuple[str, int, int]]:
    for name, most in _limits(caps, always=always):
        weight: int = getattr(load, name)
        if weight:
            yield name, getattr(already, name) + weight, most


def _exceeded(already: Load, load: Load, caps: Caps, *, who: str, always: bool) -> CapExceededError:
    name, after, most = next(
        (row for row in _sums(already, load, caps, always=always) if row[1] > row[2]), ("usd_micros", 0, 0)
    )
    period = "in total" if always else "a day"
    setting, shown = {
        "usd_micros": (
            "VOICE_DESIGN_MAX_USD_TOTAL" if always else "VOICE_DESIGN_MAX_USD_PER_DAY",
            lambda n: str(usd(n)),
        ),
        "voices": ("VOICE_DESIGN_MAX_VOICES_PER_DAY", lambda n: f"{n} voices"),
        "characters": ("VOICE_DESIGN_MAX_CHARACTERS_PER_DAY", lambda n: f"{n} characters"),
    }[name]
    asked: int = getattr(load, name)
    scope = " over all users of this account" if who == EVERYONE else ""
    return CapExceededError(
        f"The cap of {shown(most)} {period}{scope} would be passed: {shown(after - asked)} is used or held, "
        f"this needs {shown(asked)}. Nothing was sent.",
        hint=f"Wait for the next day of the caps, or ask the user to raise {setting}; only they can.",
    )
