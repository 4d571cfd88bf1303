"""Work that outlives the call that began it: the call waits for a while, the work goes on, a later call finds it by its key.

Knows nothing of what is worked on. What must survive the process is for the work itself to keep.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from .memory import give_back_what_is_large

log = logging.getLogger(__name__)


class Job:
    """One piece of work: how far it is, and how it ended.

    Attributes:
        key: What it is found by.
        done: How many of its parts are done.
        total: How many there are.
        error: What ended it; None while it runs and when it came to its end.
        ended: Whether it is over.
        outcome: What it leaves to whoever waits for it.
    """

    def __init__(self, key: str, total: int) -> None:
        self.key = key
        self.done = 0
        self.total = total
        self.error: BaseException | None = None
        self.ended = False
        self.outcome: Any = None
        self._began_s = time.monotonic()
        self._scope = anyio.CancelScope()
        self._changed = anyio.Event()
        self._watchers = 0

    @property
    def is_watched(self) -> bool:
        """Whether anybody waits for it."""
        return self._watchers > 0

    @property
    def seconds_left(self) -> int | None:
        """An estimate by how long its parts took so far; None before there is one."""
        if not self.done:
            return None
        return math.ceil((time.monotonic() - self._began_s) / self.done * (self.total - self.done))

    @property
    def told(self) -> str:
        """How far it is, in words."""
        left = f", about {self.seconds_left} s left" if self.seconds_left else ""
        return f"{self.done} of {self.total} pieces{left}"

    def advance(self, parts: int = 1) -> None:
        """Note that some parts are done."""
        self.done += parts
        self._wake()

    async def watched(self, told: Callable[[Job], Awaitable[None]], *, for_s: float, every_s: float) -> bool:
        """Wait for its end, as one of those who wait.

        Whoever waits and is cancelled stops it, unless somebody else waits too: a user who stops a call wants no more spent.

        Args:
            told: Called at each change, and after every `every_s` without one.
            for_s: How long is waited.
            every_s: The longest silence.

        Returns:
            Whether it has ended.
        """
        self._watchers += 1
        try:
            with anyio.move_on_after(for_s):
                while not self.ended:
                    changed = self._changed
                    await told(self)
                    with anyio.move_on_after(every_s):
                        await changed.wait()
                await told(self)
        except asyncio.CancelledError:
            if self._watchers == 1:
                self._scope.cancel()
            raise
        finally:
            self._watchers -= 1
        return self.ended

    async def carried_out(self, work: Callable[[Job], Awaitable[None]]) -> None:
        """Do the work. An anyio scope stops it, which spares what is shielded; `asyncio`'s own cancelling would not."""
        try:
            with self._scope:
                await work(self)
            if self._scope.cancelled_caught:
                self.error = StoppedError()
        except Exception as error:  # noqa: BLE001 raised again to whoever waits
            log.info("%s ended: %r", self.key, error)
            self.error = error
        finally:
            self.ended = True
            self._wake()

    def stop(self) -> None:
        """Stop it at the next point where nothing is lost by that."""
        self._scope.cancel()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class StoppedError(Exception):
    """The work was stopped before its end."""


class Background:
    """The work under way in this process, and what failed while nobody waited for it.

    Attributes:
        closing: Whether nothing is to be begun any more.
    """

    def __init__(self) -> None:
        self.closing = False
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, key: str) -> Job | None:
        """The work of this key that is under way."""
        return self._jobs.get(key)

    def start(self, key: str, total: int, work: Callable[[Job], Awaitable[None]]) -> Job:
        """Start work, unless the same is under way: then that is returned. So is, once, what failed unheard.

        Args:
            key: What it is found by.
            total: How many parts it has.
            work: The work.
        """
        running = self._jobs.get(key)
        if running is not None and running.ended:
            del self._jobs[key]
        if running is not None:
            return running
        give_back_what_is_large()
        job = Job(key, total)
        self._jobs[key] = job
        # Not a task group: a connection's lifespan opens and another's may close what this belongs to.
        task = asyncio.create_task(self._run(job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def close(self) -> None:
        """Stop all work, and wait until what is shielded in it has been recorded."""
        self.closing = True
        for job in self._jobs.values():
            job.stop()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(*self._tasks)

    async def _run(self, job: Job, work: Callable[[Job], Awaitable[None]]) -> None:
        await job.carried_out(work)
        if job.error is None or job.is_watched or isinstance(job.error, StoppedError):
            del self._jobs[job.key]
