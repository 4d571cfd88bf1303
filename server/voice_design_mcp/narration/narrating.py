"""A narration from its approval to its result: begun once, gone on with by the same call, told once."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread

from ..errors import UnavailableError, VoiceDesignError
from ..spending.ledger import APPROVAL_EXCEEDED
from ..spending.money import Money, usd
from ..spending.orders import Arguments, Order
from .cache import SegmentCache
from .finished import Made, store
from .obtaining import Approval, Outcome, order_of
from .register import Narration, Register
from .running import CAME_OUT, SOUND_REMOVED, Ended, Run, unwritable

if TYPE_CHECKING:
    from ..background import Job
    from ..desk import Desk
    from ..storage.records import AudioRow
    from .plan import Plan

SOUND: Final = "narration"
LINES: Final = "lines"
_LEFT_S: Final = 86_400
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a plan comes to now: the order for what is not in the cache, and which lines need something bought."""

    order: Order
    lines_to_buy: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run left open: it may still turn out either way, and the same call looks again."""

    outcomes: Mapping[str, Outcome]


class Narrations:
    """The narrations of one principal at an open desk."""

    def __init__(self, desk: Desk, principal: str) -> None:
        self._desk = desk
        self._principal = principal
        self.cache = SegmentCache(desk.database, desk.audio, desk.clock, desk.account.id, principal)
        self.register = Register(desk.database, desk.approvals, desk.clock, desk.account.id, principal)

    async def quoted(self, plan: Plan, arguments: Arguments) -> Quoted:
        """What a plan would cost now."""
        have = await self.cache.have(plan.unique)
        missing = {key: piece for key, piece in plan.unique.items() if key not in have}
        orders = [order_of(self._desk, self._principal, piece) for piece in missing.values()]
        micros = sum(order.usd_micros for order in orders)
        models = dict.fromkeys(order.model for order in orders)
        order = Order(
            account=self._desk.account.id,
            principal=self._principal,
            action="narration",
            arguments=arguments,
            model=", ".join(models),
            price=total([order.price for order in orders], micros),
            usd_micros=micros,
            characters=sum(order.characters for order in orders),
            in_parts=True,
        )
        return Quoted(order=order, lines_to_buy=len(plan.lines_of(missing)))

    def under_way(self, plan: Plan) -> Job | None:
        """The work on a plan that this process is doing."""
        return self._desk.background.find(self._job_key(plan))

    async def standing(self, plan: Plan) -> Narration | None:
        """The newest narration of a plan that the same call goes on with or is told of; None where it would begin one."""
        newest = await self.register.newest(plan.key)
        if newest is None or newest.state == "running":
            return newest
        if newest.state == "done":
            row = await self._desk.records(self._principal).audio(newest.audio_id)
            return newest if row is not None else None
        return None if newest.delivered_at or newest.state == "abandoned" else newest

    async def record(self, narration: Narration) -> AudioRow:
        """The record of a finished narration's sound."""
        row = await self._desk.records(self._principal).audio(narration.audio_id)
        if row is None:
            raise UnavailableError("The narration's sound has just been removed.", hint="Call again.", retryable=True)
        return row

    def work(self, plan: Plan, narration: Narration) -> Job:
        """Do the work of a narration, or join it where it is under way."""

        async def carry_out(job: Job) -> None:
            job.outcome = await self._carry_out(plan, narration, job)

        return self._desk.background.start(self._job_key(plan), len(plan.unique), carry_out)

    def _job_key(self, plan: Plan) -> str:
        return f"{self._desk.account.id} {self._principal} {plan.key}"

    async def _carry_out(self, plan: Plan, narration: Narration, job: Job) -> Narration | Waiting:
        await self._desk.settle(at_once=True)  # what a killed run has left is booked before this one is counted
        await self.cache.use(plan.unique)
        try:
            workshop = await anyio.to_thread.run_sync(_workshop, self._desk.spool)
        except OSError as error:
            raise unwritable(error) from error
        with workshop as folder:
            ended = await self._run(plan, narration, job, Path(folder))
            if waiting := ended.of_kind("pending"):
                return Waiting(waiting)
            finished = await self._finished(plan, narration, ended, Path(folder))
        spare_from = await self.register.oldest_running()
        await self.cache.trim(self._desk.settings.cache_bytes, spare_from=spare_from)
        return finished

    async def _run(self, plan: Plan, narration: Narration, job: Job, folder: Path) -> Ended:
        from .rendering import Rendering, shape_of

        lines = folder / LINES if plan.given["line_files"] else None
        try:
            rendering = await anyio.to_thread.run_sync(Rendering, plan.pieces, folder / SOUND, shape_of(plan), lines)
        except OSError as error:
            raise unwritable(error) from error
        approval = Approval(self._principal, narration.quote_id, narration.approved_by)
        try:
            return await Run(self._desk, self.cache, plan, approval, job.advance).carry_out(rendering)
        except VoiceDesignError as error:
            if error.code in {APPROVAL_EXCEEDED, SOUND_REMOVED}:  # there is more to buy than was approved
                await self.register.abandon(narration)
            raise

    async def _finished(self, plan: Plan, narration: Narration, ended: Ended, folder: Path) -> Narration:
        result = await self.counts(plan, narration, ended)
        if ended.spans is None:
            return await self.register.finish(narration, "incomplete", audio_id="", result=result)
        lines = sorted((folder / LINES).iterdir())
        made = Made(sound=folder / SOUND, spans=ended.spans, duration_s=ended.duration_s, lines=lines)
        stored = await store(self._desk, self._principal, plan, made)
        result |= {"chapters": stored.has_chapters, "line_files": stored.line_files}
        return await self.register.finish(narration, "done", audio_id=stored.audio_id, result=result)

    async def counts(self, plan: Plan, narration: Narration, ended: Ended) -> dict[str, Any]:
        """What was bought for it, from the ledger: a run that was killed counts too."""
        bought = await self.register.bought(narration)
        made = {row["segment"] for row in bought}
        came_out = ended.of_kind(*CAME_OUT)
        noted = {row["id"]: row["segment"] for row in bought if not row["audio_id"] and row["segment"] in came_out}
        await self.register.kept(noted)
        missing = ended.of_kind("lost", "refused")
        return {
            "synthesized": plan.lines_of(made),
            "missing": [
                {
                    "line": line + 1,
                    "speaker": plan.lines[line].speaker,
                    "reason": outcome.reason,
                    "billed": outcome.kind == "lost",
                    "hold": outcome.hold.id if outcome.hold else "",
                }
                for key, outcome in missing.items()
                for line in plan.lines_of([key])
            ],
            "characters": sum(row["characters"] for row in bought),
            "price": _money(bought),
        }


def _workshop(place: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for files in the making. What a killed process left in one is removed after a day."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in filter(Path.is_dir, place.iterdir()):
        if time.time() - left.stat().st_mtime > _LEFT_S:
            shutil.rmtree(left, ignore_errors=True)
    workshop = tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True)
    Path(workshop.name, LINES).mkdir()
    return workshop


def total(prices: list[Money], usd_micros: int) -> Money:
    """What prices come to: in their currency, or in USD at the settings' rate where they have several."""
    if len({price.currency for price in prices}) == 1:
        return sum(prices[1:], start=prices[0])
    return usd(usd_micros)


def _money(bought: list[dict[str, Any]]) -> dict[str, str]:
    prices = [Money(Decimal(row["amount"]), row["currency"]) for row in bought]
    spent = total(prices, sum(row["usd_micros"] for row in bought))
    return {"amount": spent.text, "currency": spent.currency}
