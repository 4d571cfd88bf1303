"""narrate: a script read by a cast, as one file with subtitles. Only what is not in the cache is bought."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import InputError
from . import gate, narration_words
from .arguments import Approval, CastOfVoices, DryRun, FileName, LineFiles, ScriptOfLines, SpeechFormat
from .gate import Ctx, Form, Offer, Settled, Verdict
from .in_pieces import InPieces
from .narration_asked import asked, planned
from .spec import AUDITIONED, SPENDS, ToolSpec

if TYPE_CHECKING:
    from ..desk import Desk


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
    desk = await gate.desk_of(ctx)
    caller, local = gate.caller_of(ctx), gate.is_local(ctx)
    arguments = await asked(desk, caller, script, cast, response_format, name, line_files=line_files, local=local)
    pieces = _pieces(ctx, desk)
    plan = await pieces.planned(arguments)
    if dry_run:
        return Settled(await narration_words.dry_run(desk, plan, await pieces.narrations.quoted(plan, arguments)))
    if plan.fatal:
        told = f"{plan.fatal.told[0].upper()}{plan.fatal.told[1:]}."
        raise InputError(plan.fatal.argument, told, hint="dry_run lists every problem.", code=plan.fatal.code)
    return await pieces.make_offer(plan, arguments, approval)


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

    Costs money by the character, but only for what was not spoken before in the same way: the user is asked once for the whole.
    After 45 s: in_progress, the same call waits on.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    return await _pieces(ctx, await gate.desk_of(ctx)).spoken(decided)


def _pieces(ctx: Ctx, desk: Desk) -> InPieces:
    from ..narration.narrating import Narrations

    caller = gate.caller_of(ctx)
    return InPieces(
        ctx=ctx,
        desk=desk,
        narrations=Narrations(desk, caller.id),
        planned=partial(planned, desk, caller),
        words=narration_words,
    )


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
