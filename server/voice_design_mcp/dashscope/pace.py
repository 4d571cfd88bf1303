"""How fast a model may be asked: evenly, since the vendor may hold a limit per minute to its sixtieth in every second."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from ..catalog import MODELS, QWEN

_MINUTE_S: Final = 60.0


class Pace:
    """Gives turns so far apart that no more than a number of them begin in a minute."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._apart_s = _MINUTE_S / per_minute
        self._clock = clock
        self._sleep = sleep
        self._next_s = 0.0

    async def turn(self) -> None:
        """Wait for a turn. Turns are given in the order in which they are asked for."""
        now_s = self._clock()
        at_s = max(now_s, self._next_s)
        self._next_s = at_s + self._apart_s
        if at_s > now_s:
            await self._sleep(at_s - now_s)


class Paces:
    """One pace for each model, which everything in this process keeps to."""

    def __init__(self) -> None:
        self._by_model: dict[str, Pace] = {}

    def of(self, model: str) -> Pace:
        """The pace of a target model."""
        if model not in self._by_model:
            row = MODELS.get(model)
            self._by_model[model] = Pace(row.requests_per_minute if row else QWEN.requests_per_minute)
        return self._by_model[model]
