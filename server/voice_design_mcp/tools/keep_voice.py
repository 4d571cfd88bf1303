"""keep_voice: choose one candidate of a design; the others of that design are deleted, once that is approved.

What happens if the process dies, line by line:

    ledger.begun     before its commit: nothing happened, and the approval is still good. After: it is used up and not finished, and
                     the same call with it goes on.
    family.delete    the voice may be gone without a note: deleting it again finds it gone, which is as good.
    ledger.done      after its commit: that voice is noted as gone, and with the last of them the approval as carried out: from then
                     on it returns the result.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..errors import InputError
from ..spending.money import usd
from ..spending.orders import Arguments, Order
from . import gate
from .answers import answer
from .arguments import Approval, VoiceName
from .delete_voice import roles_of
from .gate import Approved, Ctx, Form, Offer, Settled, Verdict
from .spec import AUDITIONED, DESTROYS, ToolSpec
from .voice_lookup import record_of, vendor_record
from .words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..desk import Desk
    from ..identity.principals import Principal
    from ..spending.approvals import Quote
    from ..spending.holds import Hold


async def make_offer(ctx: Ctx, voice: str, approval: str) -> Offer:
    """Work out which voices keeping this one would delete, and whether that must be asked about."""
    desk = await gate.desk_of(ctx)
    await desk.settle(at_once=True)
    caller = gate.caller_of(ctx)
    slots = await _design_of(desk, caller, voice)
    others = [slot.voice for slot in slots if slot.voice and slot.voice != voice]
    playing = [part for other in others for part in await roles_of(desk, caller.id, other)]
    restore = partial(_order, desk, caller.id)
    order = restore({"voice": voice, "others": " ".join(others), **({"casts": "; ".join(playing)} if playing else {})})

    async def replay(quote: Quote) -> CallToolResult:
        if quote.finished_at:
            return await _kept(desk, order, slots)
        return await _keep(desk, order, slots, quote.id, quote.approved_by)

    offer = await gate.make_offer(desk, order, approval, restore=restore, replay=replay)
    if offer is not None:
        return offer
    await vendor_record(desk, voice)  # the others are not given up for a voice that is not there
    there = [slot.voice for slot in slots if slot.voice in others and slot.live]
    if not there:
        return Settled(await _kept(desk, order, slots))
    shown = {"voice": voice, "deletes": there, "casts": playing, "account": desk.account_label, "sandbox": desk.sandbox}
    render = partial(_question, desk, voice, there, playing)
    return gate.offered(desk, order, await desk.approvals.quote(order, render, shown))


async def ask(ctx: Ctx, offer: Annotated[Offer, Resolve(make_offer)]) -> Elicit[Form] | Verdict:
    """Put the question to the client."""
    return await gate.ask(ctx, offer)


async def keep_voice(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    voice: VoiceName,
    approval: Approval = "",
) -> CallToolResult:
    """Keep one candidate of a design and delete the other candidates of that same design, for good, to free their slots.

    The user is asked once, with the names of what goes. No voice of another design is ever touched.
    """
    decided = await gate.decide(ctx, offer, consent)
    if not isinstance(decided, Approved):
        return decided
    desk = await gate.desk_of(ctx)
    slots = await _design_of(desk, gate.caller_of(ctx), voice)
    return await _keep(desk, decided.order, slots, decided.quote_id, decided.by)


def _order(desk: Desk, principal: str, arguments: Arguments) -> Order:
    return Order(account=desk.account.id, principal=principal, action="keep", arguments=arguments, price=usd(0))


async def _design_of(desk: Desk, caller: Principal, voice: str) -> list[Hold]:
    """The slots of the caller's design that made a voice, in order."""
    made = await desk.ledger.owner_of(desk.account.id, voice)
    if made is not None and made.principal == caller.id:
        return await desk.ledger.slots_of(made)
    await record_of(desk, caller, voice, to_change=True)
    raise InputError(
        "voice",
        "This voice was not designed here, so nothing is known of other candidates.",
        hint="It is kept as it is; delete_voice deletes a voice.",
        code="not_a_candidate",
    )


async def _keep(desk: Desk, order: Order, slots: Sequence[Hold], quote_id: str, approved_by: str) -> CallToolResult:
    """Carry out what was approved: delete the voices that the approval names, each a slot of this design, and no other."""
    voice = str(order.arguments["voice"])
    named = str(order.arguments["others"]).split()
    going = [slot for slot in slots if slot.voice in named and slot.voice != voice and slot.live]
    with anyio.CancelScope(shield=True):
        await vendor_record(desk, voice)
        await desk.ledger.begun(order, quote_id=quote_id, approved_by=approved_by, voice=voice)
        for slot in going:
            await desk.family(str(slot.arguments["target_model"])).delete(slot.voice)
            await desk.ledger.done(order, quote_id=quote_id if slot is going[-1] else "", voice=slot.voice)
    return await _kept(desk, order, await desk.ledger.slots_of(slots[0]))


async def _kept(desk: Desk, order: Order, slots: Sequence[Hold]) -> CallToolResult:
    voice = str(order.arguments["voice"])
    gone = [slot.voice for slot in slots if slot.voice and slot.voice != voice and not slot.live]
    pending = [slot.id for slot in slots if not slot.settled]
    where = " in the sandbox" if desk.sandbox else ""
    notes = (
        [f"{len(pending)} candidates are still pending ({', '.join(pending)}) and were left alone."] if pending else []
    )
    deleted = f"deleted {', '.join(gone)}" if gone else "there was no other candidate of its design to delete"
    structured = {
        "status": "kept",
        "voice": voice,
        "deleted": gone,
        "notes": notes,
        "sandbox": desk.sandbox,
    }
    return answer([f"kept {voice}{where}; {deleted}.", *notes], structured)


def _question(desk: Desk, voice: str, going: Sequence[str], playing: Sequence[str], reference: str) -> str:
    act = f"Keep {voice} and delete the other {len(going)} of its design on {desk.account_label}?"
    lines = (
        f"{act} It can't be undone; nothing is charged or given back.",
        f"They play {plain('; '.join(playing), 300)}, which can't be narrated without them." if playing else "",
        f"Approval {reference}.",
        f"These go: {', '.join(going)}",
    )
    return "\n".join(filter(None, lines))


TOOL = ToolSpec(
    function=keep_voice,
    title="Keep one candidate",
    annotations=DESTROYS,
    scope="voices:delete",
    meta=AUDITIONED,
    asks=True,
    output={
        "status": "string",
        "voice": "string",
        "deletes": "array",
        "deleted": "array",
        "casts": "array",
        "approval": "object",
        "cost": "object",
        "notes": "array",
        "sandbox": "boolean",
        "next": "string",
        "error": "object",
    },
)
