"""All pieces of a plan: obtained at the same time as far as the model's pace allows, and rendered in their order as they come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio

from ..at_work import worked
from ..errors import StorageError, UnavailableError, VoiceDesignError
from .obtaining import Approval, Outcome, obtain

if TYPE_CHECKING:
    from ..desk import Desk
    from ..speech.join import Span
    from .cache import SegmentCache
    from .plan import Piece, Plan
    from .rendering import Rendering

AT_ONCE: Final = 8
"""How many pieces are asked for at once: what a pace of three a second comes to where an answer takes two seconds, and a little."""
OTHERS_WAIT_S: Final = 20.0
"""How long at most pieces are waited for that another process has asked for, when all others are done: it may be dead."""
OTHERS_EVERY_S: Final = 0.2
CAME_OUT: Final = ("cached", "made")
SOUND_REMOVED: Final = "sound_removed"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ended:
    """How a run ended: what came of each piece, by key, and, where all came out, when each is heard and how long it all is."""

    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    spans: list[Span] | None = None
    duration_s: float = 0.0

    def of_kind(self, *kinds: str) -> dict[str, Outcome]:
        """The pieces that came out so."""
        return {key: outcome for key, outcome in self.outcomes.items() if outcome.kind in kinds}


class Run:
    """One run of a plan.

    Args:
        desk: The open desk.
        cache: Where the pieces go.
        plan: What is spoken.
        approval: Under what it is bought.
        advance: Called when a piece is done.
    """

    def __init__(
        self, desk: Desk, cache: SegmentCache, plan: Plan, approval: Approval, advance: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._cache = cache
        self._plan = plan
        self._approval = approval
        self._advance = advance
        self._ready: Mapping[str, anyio.Event] = {key: anyio.Event() for key in plan.unique}
        self._ended = Ended()
        self._late: dict[str, Piece] = {}
        self._failure: VoiceDesignError | None = None

    async def carry_out(self, rendering: Rendering) -> Ended:
        """Obtain everything, render it, and say how it ended. The file is there only when all came out.

        Raises:
            VoiceDesignError: It can't go on now. What was obtained is in the cache.
        """
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._render, rendering, tasks.cancel_scope)
                await self._obtain_all(self._plan.unique.items(), tasks.cancel_scope)
                with anyio.move_on_after(min(OTHERS_WAIT_S, self._desk.patience.join_s)):
                    while self._late:
                        await anyio.sleep(OTHERS_EVERY_S)
                        await self._obtain_all(self._late.items(), tasks.cancel_scope)
                for key in self._late:
                    self._done(key)
            if self._failure is not None:
                raise self._failure
        finally:
            if self._ended.spans is None:
                rendering.discard()
        return self._ended

    async def _obtain_all(self, pieces: Iterable[tuple[str, Piece]], all_of_it: anyio.CancelScope) -> None:
        left = iter(list(pieces))
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(self._obtain, left, all_of_it)

    async def _obtain(self, left: Iterator[tuple[str, Piece]], all_of_it: anyio.CancelScope) -> None:
        """Obtain one piece after the other. What can't go on for one can't for any: then no more is begun."""
        for key, piece in left:
            try:
                outcome = await obtain(self._desk, self._cache, piece, self._approval)
            except VoiceDesignError as error:
                self._stop(error, all_of_it)
                return
            self._ended.outcomes[key] = outcome
            if outcome.kind == "pending":
                self._late[key] = piece
            else:
                self._late.pop(key, None)
                self._done(key)

    def _done(self, key: str) -> None:
        self._ready[key].set()
        self._advance()

    async def _render(self, rendering: Rendering, all_of_it: anyio.CancelScope) -> None:
        from ..speech.containers import AudioError

        try:
            await self._render_all(rendering, all_of_it)
        except OSError as error:
            self._stop(unwritable(error), all_of_it)
        except AudioError as error:
            self._stop(
                UnavailableError(f"There is no file: {error}", hint="Choose another response_format."), all_of_it
            )

    async def _render_all(self, rendering: Rendering, all_of_it: anyio.CancelScope) -> None:
        for piece in self._plan.pieces:
            await self._ready[piece.key].wait()
            if self._ended.outcomes[piece.key].kind not in CAME_OUT:
                return  # the others are still obtained: they were approved, and what is missing is then all that is
            wav = await self._cache.sound(piece.key)
            if wav is None:
                gone, hint = "A sound that was kept has been removed from the store.", "Call again: it is quoted anew."
                self._stop(UnavailableError(gone, hint=hint, code=SOUND_REMOVED, retryable=True), all_of_it)
                return
            await worked(rendering.feed, wav)
        self._ended.spans = await worked(rendering.close)
        self._ended.duration_s = rendering.duration_s

    def _stop(self, error: VoiceDesignError, all_of_it: anyio.CancelScope) -> None:
        self._failure = self._failure or error
        all_of_it.cancel()


def unwritable(error: OSError) -> StorageError:
    """The error for a file in the making that the disk does not take."""
    log.warning("a narration could not be written: %s", error)
    return StorageError(
        "The file could not be written: the disk is full, or the data folder can't be written to.",
        hint="Make room, then call again: what was spoken is kept and not bought again.",
    )
