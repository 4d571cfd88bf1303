"""design_voice: make a voice from a description, once it is approved. The only paid act that leaves something behind."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..catalog import FAMILIES, family_of
from ..errors import RetiredError, VoiceDesignError, VoiceNotFoundError, VoiceQuotaError
from ..spending.orders import Arguments, Order
from . import checks, gate
from .arguments import (
    CANDIDATES_MAX,
    Approval,
    Candidates,
    Like,
    ModelOfTheVoice,
    PreferredName,
    PreviewFormat,
    PreviewLanguage,
    PreviewRate,
    PreviewText,
    Take,
    VoicePrompt,
)
from .design_candidates import auditioned
from .design_like import changed
from .design_purchase import buy
from .design_words import designed, question, shown
from .gate import Ctx, Form, Offer, Settled, Verdict
from .review import status_of_new
from .spec import AUDITIONED, SPENDS, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..desk import Desk
    from ..identity.principals import Principal
    from ..spending.approvals import Quote
    from ..spending.holds import Hold


async def make_offer(
    ctx: Ctx,
    voice_prompt: str,
    preview_text: str,
    preferred_name: str,
    target_model: str,
    language: str,
    sample_rate: int,
    response_format: str,
    take: int,
    candidates: int,
    like: str,
    approval: str,
) -> Offer:
    """Work out whether this design must be asked about, was made already, or is approved."""
    desk = await gate.desk_of(ctx)
    checks.take_of(take)
    checks.within("candidates", candidates, 1, CANDIDATES_MAX)
    caller = gate.caller_of(ctx)
    more: dict[str, str | int] = {"candidates": candidates} if candidates > 1 else {}
    if like:
        more |= await changed(desk, caller, like, voice_prompt)
    checked = partial(
        checks.design,
        voice_prompt=str(more.get("voice_prompt", voice_prompt)),
        preview_text=preview_text,
        preferred_name=preferred_name,
        language=language,
        sample_rate=sample_rate,
        response_format=response_format,
    )
    # What the widest limits refuse is refused before the vendor is asked which model it still serves.
    approved = target_model or str((await desk.approvals.terms_of(approval)).get("target_model", ""))
    design = checked(target_model=approved or desk.preferred_models[0])
    if not approved:
        design = checked(target_model=await desk.default_model())
    desk.family(design.model.id)  # not offered in the region: said before anything else is asked of anyone
    restore = partial(_order, desk, caller.id, take)
    order = restore(design.arguments | more)

    async def replay(quote: Quote) -> CallToolResult:
        made = await desk.ledger.of_quote(quote.id)
        holds = await _settled(desk, await desk.ledger.slots_of(made)) if made else []
        return await _stands(ctx, desk, order, holds, "created")

    offer = await gate.make_offer(desk, order, approval, restore=restore, replay=replay)
    if isinstance(offer, Settled):
        return offer
    made = await _made_already(ctx, desk, order)
    if made is not None:
        return Settled(made)
    return offer or await _quote(desk, caller, order, design)


async def ask(ctx: Ctx, offer: Annotated[Offer, Resolve(make_offer)]) -> Elicit[Form] | Verdict:
    """Put the question to the client."""
    return await gate.ask(ctx, offer)


async def design_voice(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    voice_prompt: VoicePrompt,
    preview_text: PreviewText,
    preferred_name: PreferredName = "",
    target_model: ModelOfTheVoice = "",
    language: PreviewLanguage = "",
    sample_rate: PreviewRate = 24000,
    response_format: PreviewFormat = "wav",
    take: Take = 1,
    candidates: Candidates = 1,
    like: Like = "",
    approval: Approval = "",
) -> CallToolResult:
    """Design a new voice from a description and get its preview audio.

    Takes a voice slot and costs money (Qwen: at most USD 0.20 a voice; others free, some reviewed; free in the sandbox), so the
    user is asked first. If the answer is confirmation_required, ask the user, then repeat the call with the approval and the
    arguments unchanged. The same call never pays twice. Describe along several dimensions, such as "Calm middle-aged man, low and
    resonant, slow, for documentaries". Let the user hear the preview before the voice is used.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    desk = await gate.desk_of(ctx)
    await ctx.report_progress(0, 1, "Designing the voice")
    outcomes, mine = await buy(desk, decided)
    holds = [made.hold if made.hold.settled else await desk.recovery.settle(made.hold) for made in outcomes]
    if not any(map(_stands_for_something, holds)):
        refusals = (made.error for made in outcomes if isinstance(made.error, VoiceDesignError))
        raise next(refusals, gate.nothing_came_of_it())
    return await _stands(ctx, desk, decided.order, holds, "created" if mine else "reused")


def _order(desk: Desk, principal: str, take: int, arguments: Arguments) -> Order:
    family = family_of(str(arguments["target_model"]))
    price = desk.prices.creation(family.name)
    micros = desk.prices.usd_micros(price)
    return Order(
        account=desk.account.id,
        principal=principal,
        action="design",
        arguments=arguments,
        take=take,
        slots=int(arguments.get("candidates", 1)),
        model=family.wire_model,
        price=price,
        usd_micros=micros,
        voices=int(micros > 0),
    )


def _stands_for_something(hold: Hold) -> bool:
    """Whether a slot has a voice, or may still turn out to have one."""
    return not hold.settled or (hold.state == "charged" and bool(hold.live))


async def _settled(desk: Desk, holds: Sequence[Hold]) -> list[Hold]:
    """Slots as they stand when what is open of them has been waited for, or looked into."""
    seen = {hold.id: hold for hold in holds}

    async def settle(hold: Hold) -> None:
        seen[hold.id] = await gate.settled(desk, hold) or await desk.ledger.get(hold.id) or hold

    async with anyio.create_task_group() as group:
        for hold in holds:
            group.start_soon(settle, hold)
    return [seen[hold.id] for hold in holds]


async def _made_already(ctx: Ctx, desk: Desk, order: Order) -> CallToolResult | None:
    """The result of the same purchase if it was made, or is being made; None when nothing of it lives."""
    live = await desk.ledger.live(order)
    if live is None:
        return None
    holds = await _settled(desk, await desk.ledger.slots_of(live))
    holds = [await _still_there(desk, order, hold) for hold in holds]
    return await _stands(ctx, desk, order, holds, "reused") if any(map(_stands_for_something, holds)) else None


async def _still_there(desk: Desk, order: Order, hold: Hold) -> Hold:
    """A slot after asking whether its voice is still on the account."""
    if hold.state != "charged" or not hold.live:
        return hold
    try:
        await desk.family(str(order.arguments["target_model"])).query(hold.voice)
    except VoiceNotFoundError:
        if await desk.recovery.is_gone(hold.family, hold.voice):
            await desk.ledger.gone(order.account, hold.voice)
    return await desk.ledger.get(hold.id) or hold


async def _quote(desk: Desk, caller: Principal, order: Order, design: checks.Design) -> Offer:
    """Make sure that what is asked will not be refused, then store the quote."""
    await desk.settle(at_once=True)  # what turns out not to have been billed eats no cap
    family = FAMILIES[family_of(design.model.id).name]
    if await desk.serves(design.model.id) is False:
        raise RetiredError(
            f"The vendor no longer offers {family.wire_model} for {design.model.id} to this account; nothing was sent and nothing "
            "billed.",
            hint=f"Its successor is {family.successor}." if family.successor else "Choose another target_model.",
        )
    page = await desk.family(design.model.id).list_page(0, 1)
    if page.total_count is not None and page.total_count + order.slots > family.voice_quota:
        left = max(0, family.voice_quota - page.total_count)
        raise VoiceQuotaError(
            f"{left} of the account's {family.voice_quota:,} voice slots are left, this needs {order.slots}; nothing was sent.",
            hint="Delete voices that are no longer needed (list_voices, delete_voice).",
        )
    retirement = "" if desk.sandbox else checks.retirement(design.model, date.fromisoformat(desk.ledger.today))
    notes = (str(order.arguments.get("changed", "")), *design.notes, retirement)
    quote = await desk.approvals.quote(
        order,
        partial(question, desk, order, notes),
        await shown(desk, order, notes, page.total_count if caller.operator else None),
        approved_by=gate.unasked_design(desk, order, family),
    )
    return gate.offered(desk, order, quote)


async def _stands(ctx: Ctx, desk: Desk, order: Order, holds: Sequence[Hold], status: str) -> CallToolResult:
    """The result that a purchase's slots stand for now."""
    if not any(map(_stands_for_something, holds)):
        raise gate.nothing_came_of_it()
    local, target_model = gate.is_local(ctx), str(order.arguments["target_model"])
    if order.slots > 1:
        return await auditioned(ctx, desk, order, holds, status)
    [hold] = holds
    if not hold.settled:
        return gate.pending(desk, hold)
    voice_status = await status_of_new(ctx, desk, target_model, hold.voice)
    return await designed(desk, order, hold, status, voice_status, local=local)


TOOL = ToolSpec(
    function=design_voice,
    title="Design a voice",
    annotations=SPENDS,
    scope="voices:design",
    meta=AUDITIONED,
    asks=True,
    output={
        "status": "string",
        "voice": "string",
        "voice_status": "string",
        "target_model": "string",
        "language": "string",
        "candidates": "array",
        "preview": "object",
        "measured": "string",
        "cost": "object",
        "approval": "object",
        "retry_after_s": "number",
        "left": "object",
        "notes": "array",
        "sandbox": "boolean",
        "sandbox_voice": "string",
        "next": "string",
        "error": "object",
    },
)
