"""What is spoken in pieces under one approval: offered, begun or gone on with, waited for, told.

narrate, compare_voices and synthesize with a long text differ in their plan and in their words; all else is here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import anyio.lowlevel
from mcp.types import CallToolResult

from ..errors import ApprovalError
from . import gate
from .attending import attended, in_progress
from .gate import Approved, Ctx, Offer
from .voice_lookup import may_speak

if TYPE_CHECKING:
    from ..desk import Desk
    from ..narration.narrating import Narrations, Quoted, Waiting
    from ..narration.plan import Plan
    from ..narration.register import Narration
    from ..spending.approvals import Quote
    from ..spending.orders import Arguments


class Words(Protocol):
    """What a tool says of what it speaks."""

    def shown(self, desk: Desk, plan: Plan, quote: Quoted) -> dict[str, Any]:
        """Beside the question."""
        ...

    def question(self, desk: Desk, plan: Plan, quote: Quoted, reference: str) -> str:
        """To the user."""
        ...

    def under_way(self, plan: Plan) -> dict[str, Any]:
        """Beside how far it is."""
        ...

    def pending(self, desk: Desk, plan: Plan, waiting: Waiting) -> CallToolResult:
        """Where some pieces were sent and nobody knows yet what came of it."""
        ...

    async def result(
        self, desk: Desk, narrations: Any, plan: Plan, narration: Narration, *, local: bool
    ) -> CallToolResult:
        """When it is over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InPieces:
    """One call's way with it.

    Attributes:
        ctx: The call.
        desk: The open desk.
        narrations: Those of the caller, of this tool's kind.
        planned: Makes the plan of the tool's stored arguments.
        words: What is said of it.
    """

    ctx: Ctx
    desk: Desk
    narrations: Narrations
    planned: Callable[[Arguments], Awaitable[Plan]]
    words: Words

    async def make_offer(self, plan: Plan, arguments: Arguments, approval: str, *, asks: bool = True) -> Offer:
        """Work out what a plan costs now, and whether it must be asked about or is under way or done already.

        Args:
            plan: What is to be spoken; nothing in it is fatal.
            arguments: What the approval is bound to.
            approval: The approval that came with the call, or "".
            asks: Whether it is asked about at any price, or only above the user's limit.
        """
        quoted = await self.narrations.quoted(plan, arguments)
        standing = await self.narrations.standing(plan)
        if standing is not None:
            return Approved(quoted.order, standing.quote_id, standing.approved_by)
        offer = await gate.make_offer(
            self.desk,
            quoted.order,
            approval,
            restore=lambda stored: replace(quoted.order, arguments=stored),
            replay=self._again,
        )
        if offer is not None:
            return offer
        unasked = gate.unasked(self.desk, quoted.order)
        return await self._quote(plan, quoted, unasked if unasked == gate.AUTO or not asks else "")

    async def spoken(self, decided: Approved) -> CallToolResult:
        """Begin what was approved, or go on with it; its result, or how far it is."""
        plan = await self.planned(decided.order.arguments)
        standing = await self.narrations.standing(plan)
        if standing is None:
            for reader in {piece.reader.voice: piece.reader for piece in plan.pieces}.values():
                await may_speak(self.desk, reader.model, reader.voice)
            standing = await self.narrations.register.begin(plan.key, quote_id=decided.quote_id, approved_by=decided.by)
        return await self._attended(plan, standing)

    async def _quote(self, plan: Plan, quoted: Quoted, by: str) -> Offer:
        order = quoted.order
        if not order.characters:
            return Approved(order, "", "nothing to buy")
        await self.desk.settle(at_once=True)
        await self.desk.ledger.room_for(order)  # nobody approves what will be refused
        shown = self.words.shown(self.desk, plan, quoted)
        question = partial(self.words.question, self.desk, plan, quoted)
        quote = await self.desk.approvals.quote(order, question, shown, approved_by=by)
        return gate.offered(self.desk, order, quote)

    async def _again(self, quote: Quote) -> CallToolResult:
        """What an approval that was used stands for now."""
        plan = await self.planned(quote.ordered)
        standing = await self.narrations.standing(plan)
        if standing is None:
            raise ApprovalError(
                "This approval was used, and what it was for is over.",
                hint="Call again without `approval` for what is missing.",
            )
        return await self._attended(plan, standing)

    async def _attended(self, plan: Plan, standing: Narration) -> CallToolResult:
        if standing.state == "running":
            job = await attended(self.ctx, self.desk, partial(self.narrations.work, plan, standing))
            if not job.ended:
                return in_progress(self.desk, job, self.words.under_way(plan))
            if job.error is not None:
                raise job.error
            if not isinstance(job.outcome, type(standing)):
                return self.words.pending(self.desk, plan, job.outcome)
            standing = job.outcome
        await anyio.lowlevel.checkpoint()  # a client that went away leaves it untold, and asking again tells it
        local = gate.is_local(self.ctx)
        told = await self.words.result(self.desk, self.narrations, plan, standing, local=local)
        await self.narrations.register.told(standing)
        return told
