"""The gate before anything that costs or can't be undone.

One gate, three paths:

    a 2025-era client that elicits     the question is sent while the call waits
    a 2026-era client that elicits     the question is the result of the first round, the answer comes with the second
    a client that can do neither       the first call returns `confirmation_required` and an approval to send back

A tool's own resolver works out an `Offer`; `ask` puts it to the client; `decide` turns the answer into a go-ahead or a result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult
from mcp.types.version import is_version_at_least
from pydantic import BaseModel

from ..caller import caller_at, desk_at
from ..catalog import OPEN
from ..catalog_rows import Family
from ..errors import ApprovalError
from ..spending.orders import IRREVERSIBLE
from .answers import answer

if TYPE_CHECKING:
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..spending.approvals import Quote
    from ..spending.holds import Hold
    from ..spending.orders import Arguments, Order
    from ..studio import Studio

Ctx = Context[Any, Any]
Outcome = Literal["not asked", "accepted", "declined", "cancelled"]
_VERDICTS: Final[Mapping[str, Outcome]] = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}
_ELICITED: Final = "elicitation"
AUTO: Final = "auto"
BELOW: Final = "below the asking limit"
"""Who approved what costs too little to be asked about."""
ROUNDS_SINCE = "2026-07-28"
"""The first protocol version whose calls carry questions in their results."""


class Form(BaseModel):
    """Nothing to fill in: to accept is to approve."""


@dataclass(frozen=True, slots=True)
class Approved:
    """Go ahead with what the quote holds. `by` says who approved."""

    order: Order
    quote_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody must approve this quote first."""

    order: Order
    quote: Quote


@dataclass(frozen=True, slots=True)
class Settled:
    """There is nothing to ask: this is the result."""

    result: CallToolResult


Offer = Approved | Ask | Settled


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of asking, where no form was sent in this round. A yes or a no has been recorded."""

    outcome: Outcome


def studio_of(ctx: Ctx) -> Studio:
    """The studio that the server shares."""
    return ctx.request_context.lifespan_context


async def desk_of(ctx: Ctx) -> Desk:
    """The open desk of the account that this call is about."""
    return await desk_at(studio_of(ctx))


def caller_of(ctx: Ctx) -> Principal:
    """Who makes this call."""
    return caller_at(studio_of(ctx))


def principal_of(ctx: Ctx) -> str:
    """Whose call this is, as the ledger and the records know it."""
    return caller_of(ctx).id


def is_local(ctx: Ctx) -> bool:
    """Whether the caller is on this machine (stdio, in memory), so that a file path means something to it."""
    return ctx.request_context.request is None


def can_elicit(session: ServerSession, protocol_version: str | None) -> bool:
    """Whether a client can be asked by a form in this very call."""
    declared = session.client_capabilities.elicitation if session.client_capabilities else None
    if declared is None or (declared.form is None and declared.url is not None):
        return False
    return _in_rounds(protocol_version) or session.can_send_request


async def make_offer(
    desk: Desk,
    order: Order,
    approval: str,
    *,
    restore: Callable[[Arguments], Order],
    replay: Callable[[Quote], Awaitable[CallToolResult]],
) -> Offer | None:
    """What an approval sent back, or a quote already open, says of an order. None: it must be quoted first.

    Args:
        desk: The open desk.
        order: What is asked for now.
        approval: The approval that came with the call, or "".
        restore: Makes the order of the arguments that a quote holds: what was approved is what is sent.
        replay: Rebuilds the stored result of an approval that was used before.

    Raises:
        ApprovalError: The approval does not open this order.
    """
    if approval:
        quote, approved = await desk.approvals.present(approval, order, restore)
        if quote.state == "used":
            return Settled(await replay(quote))
        return offered(desk, approved, quote, sent_back=True)
    quote = await desk.approvals.open_quote(order)
    if quote is not None and quote.approved_by in {AUTO, BELOW} and quote.approved_by != unasked(desk, order):
        await desk.approvals.decide(quote.id, "cancelled")  # a yes of a policy that is no longer in force
        return None
    return None if quote is None else offered(desk, restore(quote.ordered), quote)


def unasked(desk: Desk, order: Order) -> str:
    """By what speech is approved without a question, "" where it must be asked about."""
    if desk.settings.approval == AUTO:
        return AUTO
    return BELOW if order.usd_micros <= int(desk.settings.ask_above_usd * 1_000_000) else ""


def unasked_design(desk: Desk, order: Order, family: Family) -> str:
    """By what a design is approved without a question: one on the user's own servers costs nothing and takes nobody's slot."""
    if desk.settings.approval == AUTO:
        return AUTO
    return unasked(desk, order) if family is OPEN and desk.settings.approval == "ask" else ""


def offered(desk: Desk, order: Order, quote: Quote, *, sent_back: bool = False) -> Approved | Ask:
    """What a live quote offers: a go-ahead where the policy takes what there is for one, else a question."""
    policy = desk.settings.approval
    if quote.state == "approved":
        return Approved(order, quote.id, quote.approved_by)
    if policy == AUTO and order.action not in IRREVERSIBLE:
        return Approved(order, quote.id, AUTO)
    if sent_back and policy != "person":
        return Approved(order, quote.id, "second call")
    return Ask(order, quote)


async def ask(ctx: Ctx, offer: Offer) -> Elicit[Form] | Verdict:
    """Put an offer to the client, if it is one that must be asked and the client can be."""
    if not isinstance(offer, Ask) or not can_elicit(ctx.session, ctx.protocol_version):
        return Verdict("not asked")
    if _in_rounds(ctx.protocol_version):
        return Elicit(offer.quote.question, Form)
    try:
        answered = await ctx.session.elicit_form(
            offer.quote.question, {"type": "object", "properties": {}}, related_request_id=ctx.request_id
        )
    except MCPError:  # it declared the capability and has not got it
        return Verdict("cancelled")
    verdict = Verdict(_VERDICTS[answered.action])  # whatever the content: there is nothing to fill in
    await _record(ctx, offer.quote, verdict.outcome)
    return verdict


async def decide(ctx: Ctx, offer: Offer, consent: ElicitationResult[Any]) -> Approved | CallToolResult:
    """Turn an offer and the client's answer into a go-ahead, or into the result that ends the call."""
    desk = await desk_of(ctx)
    match offer:
        case Settled(result):
            return result
        case Approved():
            return offer
        case Ask(order, quote):
            outcome = await _outcome(ctx, quote, consent)
            if outcome == "accepted":
                return Approved(order, quote.id, _ELICITED)
            return _declined(quote) if outcome == "declined" else confirmation_required(desk, quote)


def nothing_came_of_it() -> ApprovalError:
    """The error for an approval whose purchase failed: it opens no second one."""
    return ApprovalError(
        "This approval was used and its purchase failed; nothing was billed, and it opens no second one.",
        hint="Call again without `approval` for a new quote.",
    )


def confirmation_required(desk: Desk, quote: Quote) -> CallToolResult:
    """The result that asks for a second call, or for a person's act where only that counts."""
    if desk.settings.approval == "person":
        next_step = (
            "Only a person can approve this: ask the user to run `voice-design-mcp approve` in a terminal, then make the same "
            "call again. Sending the approval back does not approve it."
        )
    else:
        next_step = (
            "Ask the user. If they agree, make the same call again with every argument unchanged and "
            f'approval="{quote.id}". That second call is your own act: only the caps bind it.'
        )
    cost = {"amount": quote.amount, "currency": quote.currency}
    structured = {
        "status": "confirmation_required",
        "question": quote.question,
        "approval": {"id": quote.id, "expires_at": quote.expires_at},
        "cost": cost,
        **quote.shown,
        "next": next_step,
    }
    left = [f"{name.replace('_', ' ')}: {value}" for name, value in quote.shown.get("left", {}).items()]
    price = f" It costs at most {quote.currency} {quote.amount}." if Decimal(quote.amount) else ""
    text = [
        f"confirmation_required: nothing was sent yet.{price}",
        quote.question,
        f"Left: {'; '.join(left)}." if left else "",
        f"Approval {quote.id}, until {quote.expires_at}.",
        next_step,
    ]
    return answer(text, structured)


def pending(desk: Desk, hold: Hold) -> CallToolResult:
    """The result of a purchase that is under way, or whose answer was lost: it counts as spent until its outcome is known."""
    wait_s = desk.ledger.retry_after_s(hold)
    price = f"{hold.currency} {hold.amount}"
    if hold.state == "unknown":
        why = f"its answer was lost ({hold.reason}), so {price} stays held until what it made is found or ruled out"
    else:
        why = f"it is under way, and {price} is held"
    next_step = (
        f"Make the same call again in {wait_s} s: it looks for what was made and buys nothing new. "
        "The user can see and settle it with `voice-design-mcp ledger`."
    )
    structured = {
        "status": "pending",
        "hold": hold.id,
        "retry_after_s": wait_s,
        "cost": {"amount": hold.amount, "currency": hold.currency},
        "sandbox": desk.sandbox,
        "next": next_step,
    }
    return answer([f"pending: the request is in the ledger as {hold.id}; {why}.", next_step], structured)


async def settled(desk: Desk, hold: Hold) -> Hold | None:
    """An open purchase, settled as far as can be: by waiting for its owner, or by looking. None when it was never sent."""
    from ..spending.purchase import PendingPurchaseError

    if hold.settled:
        return hold
    if hold.owner != desk.ledger.owner or hold.state == "unknown" or desk.ledger.past(hold.deadline):
        hold = await desk.recovery.settle(hold)
    if hold.settled or hold.state == "unknown":
        return hold
    try:
        return await desk.purchases.join(hold)
    except PendingPurchaseError as still:
        return still.hold


def _in_rounds(protocol_version: str | None) -> bool:
    return protocol_version is not None and is_version_at_least(protocol_version, ROUNDS_SINCE)


async def _outcome(ctx: Ctx, quote: Quote, consent: ElicitationResult[Any]) -> Outcome:
    """What the client answered, in this round or, recorded by then, in a form of this call."""
    if isinstance(consent, AcceptedElicitation):
        if isinstance(consent.data, Verdict):
            return consent.data.outcome
        outcome: Outcome = "accepted"
    else:
        outcome = "cancelled" if isinstance(consent, CancelledElicitation) else "declined"
    await _record(ctx, quote, outcome)
    return outcome


async def _record(ctx: Ctx, quote: Quote, outcome: Outcome) -> None:
    """An answer stands, whatever becomes of the call that it was given to."""
    desk = await desk_of(ctx)
    if outcome == "accepted":
        await desk.approvals.approve(quote.id, _ELICITED)
    if outcome == "declined":
        await desk.approvals.decide(quote.id, "declined")


def _declined(quote: Quote) -> CallToolResult:
    text = "declined: the user said no. Nothing was sent and nothing was charged. Do not ask again unless they want it."
    return answer([text], {"status": "declined", "action": quote.action})
