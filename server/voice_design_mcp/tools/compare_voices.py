"""compare_voices: one line spoken by several voices, at one loudness, under one approval."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio.lowlevel
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import ApprovalError, InputError
from . import checks, gate
from .arguments import COMPARED_LEAST, COMPARED_MOST, LINE_MAX, Approval, ComparedVoices, OneLine
from .attending import attended, in_progress
from .gate import Approved, Ctx, Form, Offer, Verdict
from .spec import AUDITIONED, SPENDS, ToolSpec
from .voice_lookup import may_speak

if TYPE_CHECKING:
    from ..narration.narrating import Quoted
    from ..narration.plan import Plan
    from ..narration.register import Narration
    from ..spending.approvals import Quote
    from ..spending.orders import Arguments
    from ..studio import Desk
    from .comparison import Comparison


async def make_offer(ctx: Ctx, voices: list[str], text: str, approval: str) -> Offer:
    """Work out what this comparison costs now, and whether it must be asked about or is under way or done already."""
    desk = await gate.studio_of(ctx).open()
    plan, comparison = await _planned(desk, ctx, _asked(voices, text))
    if plan.fatal or len(plan.pieces) != len(voices):
        why = plan.fatal.text if plan.fatal else "it is longer than what one of these voices says in one request"
        raise InputError(
            "text", f"This line can't be spoken by every one of them: {why}.", hint="Shorten or reword it."
        )
    quoted = await comparison.quoted(plan, _asked(voices, text))
    standing = await comparison.standing(plan)
    if standing is not None:
        return Approved(quoted.order, standing.quote_id, standing.approved_by)
    offer = await gate.make_offer(
        desk,
        quoted.order,
        approval,
        restore=lambda stored: replace(quoted.order, arguments=stored),
        replay=partial(_again, ctx, desk),
    )
    return offer or await _quote(desk, plan, quoted)


async def ask(ctx: Ctx, offer: Annotated[Offer, Resolve(make_offer)]) -> Elicit[Form] | Verdict:
    """Put the question to the client, where something is to be bought."""
    return await gate.ask(ctx, offer)


async def compare_voices(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    voices: ComparedVoices,
    text: OneLine,
    approval: Approval = "",
) -> CallToolResult:
    """Speak one line with several voices, at one loudness, to choose between them by ear.

    Takes any voice that list_voices shows. Costs money by the character for each that has not said the line before; the user is
    asked once.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    desk = await gate.studio_of(ctx).open()
    plan, comparison = await _planned(desk, ctx, decided.order.arguments)
    standing = await comparison.standing(plan)
    if standing is None:
        for piece in plan.pieces:
            await may_speak(desk, piece.reader.model, piece.reader.voice)
        standing = await comparison.register.begin(plan.key, quote_id=decided.quote_id, approved_by=decided.by)
    return await _attended(ctx, desk, comparison, plan, standing)


def _asked(voices: list[str], text: str) -> dict[str, str]:
    """The arguments as they are stored.

    Raises:
        InputError: One of them is none.
    """
    if not COMPARED_LEAST <= len(voices) <= COMPARED_MOST:
        raise InputError(
            "voices",
            f"voices has {len(voices)} names; it must have {COMPARED_LEAST} to {COMPARED_MOST}.",
            hint="Compare more in several calls.",
        )
    if any(not voice or voice.split() != [voice] for voice in voices):
        raise InputError(
            "voices", "voices has a name that is none.", hint="Use names as list_voices shows them, each by itself."
        )
    twice = next((voice for voice in voices if voices.count(voice) > 1), None)
    if twice is not None:
        raise InputError("voices", f"voices names {twice[:60]!r} twice.", hint="Name each voice once.")
    checks.text("text", text, 1, LINE_MAX)
    return {"voices": " ".join(voices), "text": " ".join(text.split())}


async def _planned(desk: Desk, ctx: Ctx, arguments: Arguments) -> tuple[Plan, Comparison]:
    from .comparison import Comparison, planned

    caller = gate.caller_of(ctx)
    return await planned(desk, caller, arguments), Comparison(desk, caller.id)


async def _quote(desk: Desk, plan: Plan, quoted: Quoted) -> Offer:
    from . import comparison_words

    order = quoted.order
    if not order.characters:
        return Approved(order, "", "nothing to buy")
    await desk.settle(at_once=True)
    await desk.ledger.room_for(order)  # nobody approves what will be refused
    shown = comparison_words.shown(desk, plan, quoted)
    question = partial(comparison_words.question, desk, plan, quoted)
    by = gate.AUTO if desk.settings.approval == gate.AUTO else ""
    return gate.offered(desk, order, await desk.approvals.quote(order, question, shown, approved_by=by))


async def _again(ctx: Ctx, desk: Desk, quote: Quote) -> CallToolResult:
    """What an approval that was used stands for now."""
    plan, comparison = await _planned(desk, ctx, quote.ordered)
    standing = await comparison.standing(plan)
    if standing is None:
        raise ApprovalError(
            "This approval was used, and its comparison is over.",
            hint="Call again without `approval` for what is missing.",
        )
    return await _attended(ctx, desk, comparison, plan, standing)


async def _attended(ctx: Ctx, desk: Desk, comparison: Comparison, plan: Plan, standing: Narration) -> CallToolResult:
    """Wait for a comparison that runs, and tell its result, or how far it is."""
    from . import comparison_words

    if standing.state == "running":
        job = await attended(ctx, desk, partial(comparison.work, plan, standing))
        if not job.ended:
            return in_progress(desk, job, {"voices": [line.speaker for line in plan.lines]})
        if job.error is not None:
            raise job.error
        if not isinstance(job.outcome, type(standing)):
            return comparison_words.pending(desk, plan, job.outcome)
        standing = job.outcome
    await anyio.lowlevel.checkpoint()  # a client that went away leaves it untold, and asking again tells it
    clips = {voice: row for voice, row in (await comparison.clips(standing)).items() if row is not None}
    told = await comparison_words.result(desk, plan, standing, clips, local=gate.is_local(ctx))
    await comparison.register.told(standing)
    return told


TOOL = ToolSpec(
    function=compare_voices,
    title="Compare voices",
    annotations=SPENDS,
    scope="speech",
    meta=AUDITIONED,
    asks=True,
    output={
        "status": "string",
        "clips": "array",
        "missing": "array",
        "cost": "object",
        "approval": "object",
        "notes": "array",
        "sandbox": "boolean",
        "next": "string",
        "error": "object",
    },
)
