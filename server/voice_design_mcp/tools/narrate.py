"""narrate: a script read by a cast, as one file with subtitles. Only what is not in the cache is bought."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import anyio.lowlevel
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import ApprovalError, InputError
from . import gate, narration_words
from .arguments import Approval, CastOfVoices, DryRun, FileName, LineFiles, ScriptOfLines, SpeechFormat
from .attending import attended, in_progress
from .gate import Approved, Ctx, Form, Offer, Settled, Verdict
from .narration_asked import asked, planned
from .spec import AUDITIONED, SPENDS, ToolSpec
from .voice_lookup import may_speak

if TYPE_CHECKING:
    from ..narration.narrating import Narrations, Quoted
    from ..narration.plan import Plan
    from ..narration.register import Narration
    from ..spending.approvals import Quote
    from ..spending.orders import Arguments
    from ..studio import Desk


async def make_offer(
    ctx: Ctx,
    script: Any,
    cast: Any,
    response_format: str,
    name: str,
    line_files: bool,  # noqa: FBT001 the tool's own
    dry_run: bool,  # noqa: FBT001
    approval: str,
) -> Offer:
    """Work out what this script costs now, and whether it must be asked about or is under way or done already."""
    desk = await gate.studio_of(ctx).open()
    caller, local = gate.caller_of(ctx), gate.is_local(ctx)
    arguments = await asked(desk, caller, script, cast, response_format, name, line_files=line_files, local=local)
    plan, narrations = await _planned(desk, ctx, arguments)
    quoted = await narrations.quoted(plan, arguments)
    if dry_run:
        return Settled(await narration_words.dry_run(desk, plan, quoted))
    if plan.fatal:
        told = f"{plan.fatal.told[0].upper()}{plan.fatal.told[1:]}."
        raise InputError(plan.fatal.argument, told, hint="dry_run lists every problem.", code=plan.fatal.code)
    standing = await narrations.standing(plan)
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


async def narrate(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    script: ScriptOfLines,
    cast: CastOfVoices,
    response_format: SpeechFormat = "wav",
    name: FileName = "",
    line_files: LineFiles = False,  # noqa: FBT002 a tool's argument has a name
    dry_run: DryRun = False,  # noqa: FBT002
    approval: Approval = "",
) -> CallToolResult:
    """Read a script with a cast of voices into one audio file with subtitles (SRT, WebVTT).

    Costs money by the character, but only for what was not spoken before in the same way: the user is asked once for the whole. A
    long one answers in_progress after 45 s and goes on; the same call then waits on and returns the result.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    desk = await gate.studio_of(ctx).open()
    plan, narrations = await _planned(desk, ctx, decided.order.arguments)
    standing = await narrations.standing(plan)
    if standing is None:
        for reader in {piece.reader.voice: piece.reader for piece in plan.pieces}.values():
            await may_speak(desk, reader.model, reader.voice)
        standing = await narrations.register.begin(plan.key, quote_id=decided.quote_id, approved_by=decided.by)
    return await _attended(ctx, desk, narrations, plan, standing)


async def _planned(desk: Desk, ctx: Ctx, arguments: Arguments) -> tuple[Plan, Narrations]:
    from ..narration.narrating import Narrations

    caller = gate.caller_of(ctx)
    return await planned(desk, caller, arguments), Narrations(desk, caller.id)


async def _quote(desk: Desk, plan: Plan, quoted: Quoted) -> Offer:
    order = quoted.order
    if not order.characters:
        return Approved(order, "", "nothing to buy")
    await desk.settle(at_once=True)
    await desk.ledger.room_for(order)  # nobody approves what will be refused
    shown = narration_words.shown(desk, plan, quoted)
    question = partial(narration_words.question, desk, plan, quoted)
    by = gate.AUTO if desk.settings.approval == gate.AUTO else ""
    return gate.offered(desk, order, await desk.approvals.quote(order, question, shown, approved_by=by))


async def _again(ctx: Ctx, desk: Desk, quote: Quote) -> CallToolResult:
    """What an approval that was used stands for now."""
    plan, narrations = await _planned(desk, ctx, quote.ordered)
    standing = await narrations.standing(plan)
    if standing is None:
        raise ApprovalError(
            "This approval was used, and its narration is over.",
            hint="Call again without `approval` for what is missing.",
        )
    return await _attended(ctx, desk, narrations, plan, standing)


async def _attended(ctx: Ctx, desk: Desk, narrations: Narrations, plan: Plan, standing: Narration) -> CallToolResult:
    """Wait for a narration that runs, and tell its result, or how far it is."""
    local = gate.is_local(ctx)
    if standing.state == "running":
        job = await attended(ctx, desk, partial(narrations.work, plan, standing))
        if not job.ended:
            return in_progress(desk, job, {"lines": len(plan.lines)})
        if job.error is not None:
            raise job.error
        if not isinstance(job.outcome, type(standing)):
            return narration_words.pending(desk, plan, job.outcome)
        standing = job.outcome
    await anyio.lowlevel.checkpoint()  # a client that went away leaves it untold, and asking again tells it
    told = await narration_words.result(desk, narrations, plan, standing, local=local)
    await narrations.register.told(standing)
    return told


TOOL = ToolSpec(
    function=narrate,
    title="Narrate a script",
    annotations=SPENDS,
    scope="speech",
    meta=AUDITIONED,
    asks=True,
    output={
        "status": "string",
        "audio": "object",
        "subtitles": "object",
        "chapters": "object",
        "line_files": "object",
        "lines": "integer",
        "cached_lines": "integer",
        "synthesized_lines": "integer",
        "cost": "object",
        "characters": "integer",
        "measured": "string",
        "problems": "array",
        "missing": "array",
        "approval": "object",
        "progress": "object",
        "notes": "array",
        "sandbox": "boolean",
        "sandbox_voice": "string",
        "next": "string",
        "error": "object",
    },
)
