"""delete_voice: remove a voice for good, once it is approved. Repeating it is harmless, undoing it impossible."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio
import anyio.to_thread
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import VoiceNotFoundError
from ..spending.money import usd
from ..spending.orders import Arguments, Order
from . import gate
from .answers import answer
from .arguments import Approval, VoiceName
from .gate import Approved, Ctx, Form, Offer, Settled, Verdict
from .spec import DESTROYS, ToolSpec
from .voice_lookup import usable, vendor_record
from .words import plain, quoted

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..desk import Desk
    from ..spending.approvals import Quote


async def make_offer(ctx: Ctx, voice: str, approval: str) -> Offer:
    """Work out whether this deletion must be asked about, was done already, or is approved."""
    desk = await gate.desk_of(ctx)
    principal = gate.principal_of(ctx)
    restore = partial(_order, desk, principal)
    playing = await roles_of(desk, principal, voice)
    order = restore({"voice": voice, **({"casts": "; ".join(playing)} if playing else {})})

    async def replay(quote: Quote) -> CallToolResult:
        if quote.finished_at:
            return _deleted(desk, voice)
        return await _delete(desk, order, quote.id, quote.approved_by)

    offer = await gate.make_offer(desk, order, approval, restore=restore, replay=replay)
    if offer is not None:
        return offer
    await desk.settle(at_once=True)
    kept = await usable(desk, gate.caller_of(ctx), voice, to_change=True)
    try:
        record = await vendor_record(desk, voice)
    except VoiceNotFoundError:
        if kept is None or not await desk.recovery.is_gone(kept.family, voice):
            raise
        await desk.ledger.gone(order.account, voice)
        return Settled(_gone(desk, voice))
    shown = {"voice": voice, "casts": playing, "account": desk.account_label, "sandbox": desk.sandbox}
    question = partial(_question, desk, record, playing)
    return gate.offered(desk, order, await desk.approvals.quote(order, question, shown))


async def ask(ctx: Ctx, offer: Annotated[Offer, Resolve(make_offer)]) -> Elicit[Form] | Verdict:
    """Put the question to the client."""
    return await gate.ask(ctx, offer)


async def delete_voice(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    voice: VoiceName,
    approval: Approval = "",
) -> CallToolResult:
    """Delete a voice for good and free its slot. It can't be undone and gives no free quota back, so the user is asked first."""
    decided = await gate.decide(ctx, offer, consent)
    if not isinstance(decided, Approved):
        return decided
    return await _delete(await gate.desk_of(ctx), decided.order, decided.quote_id, decided.by)


def _order(desk: Desk, principal: str, arguments: Arguments) -> Order:
    return Order(account=desk.account.id, principal=principal, action="delete", arguments=arguments, price=usd(0))


async def roles_of(desk: Desk, principal: str, voice: str) -> list[str]:
    """The characters of casts that a voice plays. They are part of what is approved, so that nobody deletes one unknowingly."""
    from ..narration.cast import Casts

    casts = Casts(desk.settings.data_dir, principal)
    return await anyio.to_thread.run_sync(casts.using, voice) if casts.folder.is_dir() else []


async def _delete(desk: Desk, order: Order, quote_id: str, approved_by: str) -> CallToolResult:
    """Carry an approved deletion out. Begun before and not finished, it is begun again: deleting twice is deleting once."""
    voice = str(order.arguments["voice"])
    with anyio.CancelScope(shield=True):
        await _spare_what_is_open(desk, order.account, voice)
        await desk.ledger.begun(order, quote_id=quote_id, approved_by=approved_by, voice=voice)
        for family in desk.families_of(voice):
            await family.delete(voice)
        await desk.ledger.done(order, quote_id=quote_id, voice=voice)
    return _deleted(desk, voice)


async def _spare_what_is_open(desk: Desk, account: str, voice: str) -> None:
    """See that no purchase whose answer was lost made this voice: gone, it could never be found."""
    from ..spending.recovery import Seen

    if not await desk.ledger.unsettled(account):
        return
    try:
        record = await vendor_record(desk, voice)
    except VoiceNotFoundError:
        return
    await desk.recovery.before_deleting(account, Seen(record.voice, record.voice_prompt))


def _deleted(desk: Desk, voice: str) -> CallToolResult:
    where = " in the sandbox" if desk.sandbox else ""
    text = f"deleted {voice}{where}. Its slot is free again; the free quota is not given back."
    return answer([text], {"status": "deleted", "voice": voice, "sandbox": desk.sandbox})


def _gone(desk: Desk, voice: str) -> CallToolResult:
    """The result for a voice that was kept here and deleted elsewhere, or by an act of which the power left no record."""
    text = (
        f"{voice} was not on the account any more: nothing was left to delete, and it is not listed here from now on."
    )
    return answer([text], {"status": "deleted", "voice": voice, "sandbox": desk.sandbox})


def _question(desk: Desk, record: VoiceRecord, playing: list[str], reference: str) -> str:
    lines = (
        f"Delete the voice {record.voice} on {desk.account_label}? It can't be undone; nothing is charged or given back.",
        f"It plays {plain('; '.join(playing), 300)}, which can't be narrated without it." if playing else "",
        f"Approval {reference}.",
        f"Its creator's description: {quoted(record.voice_prompt, 200)}" if record.voice_prompt else "",
    )
    return "\n".join(filter(None, lines))


TOOL = ToolSpec(
    function=delete_voice,
    title="Delete a voice",
    annotations=DESTROYS,
    scope="voices:delete",
    asks=True,
    output={
        "status": "string",
        "voice": "string",
        "casts": "array",
        "approval": "object",
        "cost": "object",
        "sandbox": "boolean",
        "next": "string",
        "error": "object",
    },
)
