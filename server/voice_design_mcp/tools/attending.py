"""Work that outlives its call: waited for as long as a call may last, with progress that only ever grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult

from .answers import answer

if TYPE_CHECKING:
    from ..background import Job
    from ..desk import Desk
    from .gate import Ctx

SILENT_AT_MOST_S: Final = 4.5
"""Progress is told at least so often: every 5 s, with a little to spare."""


async def attended(ctx: Ctx, desk: Desk, begin: Callable[[], Job]) -> Job:
    """Wait for work, as long as a call may. What another call has stopped is begun again.

    Args:
        ctx: The call that waits.
        desk: The open desk.
        begin: Begins the work, or joins it where it is under way.
    """
    from ..background import StoppedError

    while True:
        job = begin()
        await job.watched(_Progress(ctx).tell, for_s=desk.patience.attend_s, every_s=SILENT_AT_MOST_S)
        if not isinstance(job.error, StoppedError) or desk.background.closing:
            return job


def in_progress(desk: Desk, job: Job, facts: dict[str, Any]) -> CallToolResult:
    """The result of a call whose patience ended before the work did. `facts` say what is worked on."""
    next_step = "Make the same call again: it waits on, returns the result, and buys nothing that was bought."
    structured = {
        "status": "in_progress",
        **facts,
        "progress": {"done": job.done, "total": job.total, "seconds_left": job.seconds_left},
        "sandbox": desk.sandbox,
        "next": next_step,
    }
    return answer([f"in_progress: {job.told}. The work goes on under the same approval.", next_step], structured)


class _Progress:
    """Tells a client of each piece that is done, and in the silences that it goes on."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._done = -1
        self._silences = 0

    async def tell(self, job: Job) -> None:
        """Tell how far it is."""
        if job.done == self._done:
            self._silences += 1
            await self._ctx.report_progress(job.done + 1 - 1 / (self._silences + 1), job.total, job.told)
        while self._done < job.done:
            self._done, self._silences = self._done + 1, 0
            await self._ctx.report_progress(self._done, job.total, job.told)
