"""compare_voices: one line spoken by several voices, at one loudness, under one approval."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import InputError
from . import checks, gate
from .arguments import COMPARED_LEAST, COMPARED_MOST, LINE_MAX, Approval, ComparedVoices, OneLine
from .gate import Ctx, Form, Offer, Verdict
from .in_pieces import InPieces
from .spec import AUDITIONED, SPENDS, ToolSpec

if TYPE_CHECKING:
    from ..desk import Desk


async def make_offer(ctx: Ctx, voices: list[str], text: str, approval: str) -> Offer:
    """Work out what this comparison costs now, and whether it must be asked about or is under way or done already."""
    desk = await gate.desk_of(ctx)
    pieces = _pieces(ctx, desk)
    arguments = _asked(voices, text)
    plan = await pieces.planned(arguments)
    if plan.fatal or len(plan.pieces) != len(voices):
        why = plan.fatal.text if plan.fatal else "it is longer than what one of these voices says in one request"
        raise InputError(
            "text", f"This line can't be spoken by every one of them: {why}.", hint="Shorten or reword it."
        )
    return await pieces.make_offer(plan, arguments, approval)


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
    return await _pieces(ctx, await gate.desk_of(ctx)).spoken(decided)


def _asked(voices: list[str], text: str) -> dict[str, str]:
    """The arguments as they are stored.

    Raises:
        InputError: One of them is none.
    """
    if not COMPARED_LEAST <= len(voices) <= COMPARED_MOST:
        raise InputError(
            "voices",
            f"voices must have {COMPARED_LEAST} to {COMPARED_MOST} names, not {len(voices)}.",
            hint="Name another voice to compare with."
            if len(voices) < COMPARED_LEAST
            else "Compare more in several calls.",
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


def _pieces(ctx: Ctx, desk: Desk) -> InPieces:
    from . import comparison_words
    from .comparison import Comparison, planned

    caller = gate.caller_of(ctx)
    return InPieces(
        ctx=ctx,
        desk=desk,
        narrations=Comparison(desk, caller.id),
        planned=partial(planned, desk, caller),
        words=comparison_words,
    )


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
