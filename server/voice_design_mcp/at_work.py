"""Work on sound in threads, few at once: each competes with the event loop for the interpreter, and many would leave it nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from .memory import give_back_what_is_large, keep_for_good

_Result = TypeVar("_Result")
_Other = TypeVar("_Other")
_Arguments = TypeVarTuple("_Arguments")
_AT_ONCE: Final = max(1, min(4, (os.cpu_count() or 1) - 1))
_limiter: Final[RunVar[anyio.CapacityLimiter]] = RunVar("work on sound")


async def both(first: Awaitable[_Result], second: Awaitable[_Other]) -> tuple[_Result, _Other]:
    """Wait for work on a sound and for what is done with it meanwhile; what one of them raises is raised when both have ended."""
    results = await asyncio.gather(first, second, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # pyright: ignore[reportReturnType] none of them is an exception


async def worked(function: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments) -> _Result:
    """What a function returns that works on sound, called in a thread when its turn comes."""
    limiter = _limiter.get(None)
    if limiter is not None:
        return await anyio.to_thread.run_sync(function, *arguments, limiter=limiter)
    give_back_what_is_large()
    limiter = anyio.CapacityLimiter(_AT_ONCE)
    _limiter.set(limiter)
    result = await anyio.to_thread.run_sync(function, *arguments, limiter=limiter)
    keep_for_good()  # the first of it has imported what all of it needs
    return result
