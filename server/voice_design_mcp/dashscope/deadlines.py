"""One step within its time. Around each step, not around a loop: a cancel scope must not be open while a generator is suspended.

Refuses to know what the step does.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import anyio

_T = TypeVar("_T")


def after(seconds: float) -> float:
    """The moment so many seconds from now, on the event loop's clock."""
    return anyio.current_time() + seconds


async def within(deadline: float, step: Awaitable[_T]) -> _T:
    """Await a step until a moment on the event loop's clock.

    Raises:
        TimeoutError: The moment came first.
    """
    with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
        return await step
