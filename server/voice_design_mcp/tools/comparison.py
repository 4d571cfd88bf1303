"""One line spoken by several voices: bought as a narration buys its pieces, then a clip of each, all at one loudness.

What happens if the process dies, line by line; see also `narration/__init__.py`, whose order of events it is:

    register.begin    before its commit: nothing happened. After: the same call goes on under the same approval.
    each piece        what is in the cache is not bought again, by a comparison or by a narration.
    clip kept         it is a clip that no result names; another is made from the cache.
    register.finish   after its commit the same call returns these clips.
    register.told     before its commit: the result is told once more. Nothing is bought by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from ..at_work import worked
from ..errors import SpendError, UnavailableError, VoiceDesignError
from ..narration.narrating import Narrations, Waiting
from ..narration.obtaining import Approval, Outcome, obtain
from ..narration.plan import Piece, Plan, Reader, plan
from ..narration.rendering import SAMPLE_RATE_HZ, TARGET_LUFS
from ..narration.running import CAME_OUT, Ended
from ..narration.script import Line, Script
from ..spending.ledger import APPROVAL_EXCEEDED
from .keeping import keep_audio
from .recording import for_now, in_shape, new_file
from .voice_lookup import speaker_of

if TYPE_CHECKING:
    from ..background import Job
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..narration.register import Narration
    from ..spending.orders import Arguments
    from ..storage.records import AudioRow


async def planned(desk: Desk, caller: Principal, arguments: Arguments) -> Plan:
    """The plan of stored arguments: the line once for each voice.

    Raises:
        InputError: A voice can't speak here.
        VoiceNotFoundError: There is none of that name.
    """
    readers: dict[str, Reader] = {}
    for voice in str(arguments["voices"]).split():
        speaker = await speaker_of(desk, caller, voice)
        readers[voice] = Reader(voice=voice, model=speaker.model, made_for=speaker.language)
    lines = [Line(speaker=voice, text=str(arguments["text"]), pause_after_s=0.0) for voice in readers]
    owner = f"{desk.account.id} {caller.id}"
    given = {"as": "clips", "lufs": str(desk.settings.loudness_lufs or TARGET_LUFS)}
    return await anyio.to_thread.run_sync(plan, Script(lines), readers, owner, given)


def level_of(plan: Plan) -> float:
    """The loudness of each clip, in LUFS: the user's own, or that of narrations."""
    return float(plan.given["lufs"])


class Comparison(Narrations):
    """The comparisons of one principal at an open desk: narrations that end in clips instead of a file."""

    async def standing(self, plan: Plan) -> Narration | None:
        """The newest comparison of a plan that the same call goes on with or is told of; None where it would begin one."""
        newest = await self.register.newest(plan.key)
        if newest is None or newest.state == "running":
            return newest
        if newest.state == "done":
            return newest if None not in (await self.clips(newest)).values() else None
        return None if newest.delivered_at or newest.state == "abandoned" else newest

    async def clips(self, comparison: Narration) -> dict[str, AudioRow | None]:
        """The clips of a comparison that is over, by voice; None for one that has been removed."""
        records = self._desk.records(self._principal)
        return {voice: await records.audio(audio) for voice, audio in comparison.result["clips"].items()}

    async def _carry_out(self, plan: Plan, narration: Narration, job: Job) -> Narration | Waiting:
        await self._desk.settle(at_once=True)  # what a killed run has left is booked before this one is counted
        await self.cache.use(plan.unique)
        approval = Approval(self._principal, narration.quote_id, narration.approved_by)
        try:
            ended = Ended(await self._obtained(plan, approval, job))
        except SpendError as error:
            if error.code == APPROVAL_EXCEEDED:
                await self.register.abandon(narration)
            raise
        if waiting := ended.of_kind("pending"):
            return Waiting(waiting)
        came_out = ended.of_kind(*CAME_OUT)
        made = {
            piece.reader.voice: await self._clip(piece, level_of(plan))
            for piece in plan.pieces
            if piece.key in came_out
        }
        result = await self.counts(plan, narration, ended) | {"clips": made}
        state = "done" if len(made) == len(plan.unique) else "incomplete"
        return await self.register.finish(narration, state, audio_id="", result=result)

    async def _obtained(self, plan: Plan, approval: Approval, job: Job) -> dict[str, Outcome]:
        """All pieces at once. What can't go on for one is raised when the others are in the cache."""
        outcomes: dict[str, Outcome] = {}
        failures: list[VoiceDesignError] = []

        async def obtained(piece: Piece) -> None:
            try:
                outcomes[piece.key] = await obtain(self._desk, self.cache, piece, approval)
            except VoiceDesignError as error:
                failures.append(error)
            job.advance()

        async with anyio.create_task_group() as group:
            for piece in plan.unique.values():
                group.start_soon(obtained, piece)
        if failures:
            raise failures[0]
        return outcomes

    async def _clip(self, piece: Piece, level_lufs: float) -> str:
        sound = await self.cache.sound(piece.key)
        if sound is None:
            gone = "A sound that was kept has been removed from the store."
            raise UnavailableError(gone, hint="Call again: it is quoted anew.", retryable=True)
        wanted = ("wav", SAMPLE_RATE_HZ)
        file = new_file(self._desk.spool)
        file.write_bytes(sound)
        file, response_format, rate_hz = await worked(in_shape, file, "wav", SAMPLE_RATE_HZ, wanted, level_lufs)
        voice = piece.reader.voice
        shape: dict[str, Any] = {"response_format": response_format, "sample_rate_hz": rate_hz}
        with for_now(file):
            row = await keep_audio(
                self._desk, self._principal, file, kind="speech", voice=voice, text=piece.text, **shape
            )
        await self._desk.records(self._principal).used(voice)
        return row.id
