"""How fast an account may be asked: turns, kept in the database, so that every process keeps to the vendor's limit together.

The vendor counts by account and model, and may hold a limit per minute to its sixtieth in every second; so turns are evenly apart.
They are fair: a principal has at most one turn ahead of it, and asks for the next only when that has come. Whoever has one request
therefore waits for one turn of each of the others who wait, however much they have to ask.

A process that dies leaves at most one turn of each principal unused. Turns are taken before anything is held or sent.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

import anyio
from sqlalchemy import Connection

from ..errors import RateLimitedError
from ..storage.database import Database
from ..storage.statements import run, to_change
from .orders import Order

EVERYONE: Final = "*"
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_THERE: Final = (
    "INSERT INTO turns (account, model, principal, next_at) VALUES (:account, :model, :who, 0) ON CONFLICT DO NOTHING"
)
_NEXT: Final = "SELECT next_at FROM turns WHERE account = :account AND model = :model AND principal = :who"
_MOVE: Final = "UPDATE turns SET next_at = :at WHERE account = :account AND model = :model AND principal = :who"
_NOW: Final = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


class Turn(NamedTuple):
    """What asking for a turn came to.

    Attributes:
        taken: Whether the turn is the caller's; else it may ask again after the wait.
        wait_us: How long from now, in microseconds.
    """

    taken: bool
    wait_us: int


class Pace:
    """Gives turns on one database.

    Args:
        database: Where they are kept.
        per_minute: How many requests a minute a model takes; 0 for as many as come.
        most_s: How long a call waits whose caller is waiting.
    """

    def __init__(self, database: Database, per_minute: Callable[[str], int], most_s: float) -> None:
        self._database = database
        self._per_minute = per_minute
        self._most_s = most_s
        self._queues: WeakValueDictionary[tuple[str, str, str], anyio.Lock] = WeakValueDictionary()

    async def turns(self, order: Order, *, patient: bool = False) -> None:
        """Wait for the turns of a purchase, one for each slot, behind whoever asked before for the same principal.

        Args:
            order: What is about to be bought.
            patient: Whether it waits however long it takes: nobody's call does.

        Raises:
            RateLimitedError: They would not come while a caller waits. Nothing was held or sent.
        """
        per_minute = self._per_minute(order.model)
        if not per_minute:
            return
        key = (order.account, order.model, order.principal)
        queue = self._queues.setdefault(key, anyio.Lock())
        by_s = math.inf if patient else time.monotonic() + self._most_s
        with anyio.move_on_at(math.inf if patient else anyio.current_time() + self._most_s) as waiting:
            async with queue:
                for _ in range(order.slots):
                    await self._turn(key, _MINUTE // per_minute, by_s)
        if waiting.cancelled_caught:
            raise _too_many(self._most_s)

    async def _turn(self, key: tuple[str, str, str], apart_us: int, by_s: float) -> None:
        while True:
            left_us = math.inf if by_s == math.inf else (by_s - time.monotonic()) * _SECOND
            turn = await self._database.write("turn", partial(_asked, key, apart_us, left_us))
            wait_s = turn.wait_us / _SECOND
            if not turn.taken and turn.wait_us > left_us:
                raise _too_many(wait_s)
            await anyio.sleep(wait_s)
            if turn.taken:
                return


def _asked(key: tuple[str, str, str], apart_us: int, within_us: float, db: Connection) -> Turn:
    return ask(db, *key, apart_us=apart_us, now_us=now_us(db), within_us=within_us)


def ask(
    db: Connection,
    account: str,
    model: str,
    principal: str,
    *,
    apart_us: int,
    now_us: int,
    within_us: float = math.inf,
) -> Turn:
    """Take the next free turn, unless the principal has one ahead of it already: then its next can be asked for when that comes.

    Args:
        db: A transaction that writes.
        account: The vendor account.
        model: What is asked.
        principal: Who asks.
        apart_us: How far turns are apart, in microseconds.
        now_us: The time, in microseconds since 1970, by the one clock that all processes share.
        within_us: The longest wait that the turn is taken for.
    """
    locked = to_change(db)

    def next_at(who: str) -> int:
        named = {"account": account, "model": model, "who": who}
        run(db, _THERE, named)
        [(at,)] = run(db, _NEXT + locked, named).fetchall()
        return int(at)

    # Everybody's row first: it is the lock.
    free_at, own_at = next_at(EVERYONE), next_at(principal)
    if own_at > now_us:
        return Turn(taken=False, wait_us=own_at - now_us)
    at = max(now_us, free_at)
    if at - now_us > within_us:
        return Turn(taken=False, wait_us=at - now_us)
    run(db, _MOVE, {"account": account, "model": model, "who": principal, "at": at})
    run(db, _MOVE, {"account": account, "model": model, "who": EVERYONE, "at": at + apart_us})
    return Turn(taken=True, wait_us=at - now_us)


def now_us(db: Connection) -> int:
    """The time by the clock that the database's processes share: its server's, or this machine's."""
    if db.dialect.name == "postgresql":
        [(now,)] = run(db, _NOW, {}).fetchall()
        return int(now)
    return time.time_ns() // 1000


def _too_many(wait_s: float) -> RateLimitedError:
    error = RateLimitedError(
        "The account is asked as fast as the vendor allows, and this call's turn does not come soon; nothing was sent or billed.",
        hint=f"Make the same call again in {math.ceil(wait_s)} s; an approval stays as it is.",
        billed="no",
        retryable=True,
    )
    error.retry_after_s = wait_s
    return error
