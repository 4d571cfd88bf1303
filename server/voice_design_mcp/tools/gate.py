"""The gate before anything that costs or can't be undone.

One gate, three paths:

    a 2025-era client that elicits     the question is sent while the call waits
    a 2026-era client that elicits     the question is the result of the first round, the answer comes with the second
    a client that can do neither       the first call returns `confirmation_required` and an approval to send back

A tool's own resolver works out an `Offer`; `ask` puts it to the client; `decide` turns the answer into a go-ahead or a result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult
from mcp.types.version import is_version_at_least
from pydantic import BaseModel

from ..errors import ApprovalError
from .answers import answer

if TYPE_CHECKING:
    from ..spending.approvals import Quote
    from ..spending.orders import Order
    from ..studio import Desk, Studio

Ctx = Context[Any, Any]
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
    """What came of asking, where no form was sent in this round."""

    outcome: Literal["not asked", "accepted", "declined", "cancelled"]


def studio_of(ctx: Ctx) -> Studio:
    """The studio that the server shares."""
    return ctx.request_context.lifespan_context


def principal_of(_ctx: Ctx | None) -> str:
    """Whose call this is. Without identities on the transport it is the local user."""
    return "local"


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
    desk: Desk, order: Order, approval: str, *, replay: Callable[[Quote], Awaitable[CallToolResult]]
) -> Offer | None:
    """What an approval sent back, or a quote already open, says of an order. None: it must be quoted first.

    Args:
        desk: The open desk.
        order: What is asked for now.
        approval: The approval that came with the call, or "".
        replay: Rebuilds the stored result of an approval that was used before.

    Raises:
        ApprovalError: The approval does not open this order.
    """
    if approval:
        quote = await desk.approvals.present(approval, order)
        if quote.state == "used":
            return Settled(await replay(quote))
        if quote.state == "approved":
            return Approved(order, quote.id, quote.approved_by)
        return Approved(order, quote.id, "second call") if desk.settings.approval != "person" else Ask(order, quote)
    quote = await desk.approvals.open_quote(order)
    if quote is None:
        return None
    return Approved(order, quote.id, quote.approved_by) if quote.state == "approved" else Ask(order, quote)


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
    if answered.action == "accept":  # whatever the content: there is nothing to fill in
        return Verdict("accepted")
    return Verdict("declined" if answered.action == "decline" else "cancelled")


async def decide(ctx: Ctx, offer: Offer, consent: ElicitationResult[Any]) -> Approved | CallToolResult:
    """Turn an offer and the client's answer into a go-ahead, or into the result that ends the call."""
    match offer:
        case Settled(result):
            return result
        case Approved():
            return offer
        case Ask(order, quote):
            outcome = _outcome(consent)
            if outcome == "accepted":
                return Approved(order, quote.id, "elicitation")
            desk = await studio_of(ctx).open()
            if outcome == "declined":
                await desk.approvals.decide(quote.id, "declined")
                return _declined(quote)
            return confirmation_required(desk, quote)


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


def _in_rounds(protocol_version: str | None) -> bool:
    return protocol_version is not None and is_version_at_least(protocol_version, ROUNDS_SINCE)


def _outcome(consent: ElicitationResult[Any]) -> str:
    if isinstance(consent, AcceptedElicitation):
        return consent.data.outcome if isinstance(consent.data, Verdict) else "accepted"
    return "cancelled" if isinstance(consent, CancelledElicitation) else "declined"


def _declined(quote: Quote) -> CallToolResult:
    text = "declined: the user said no. Nothing was sent and nothing was charged. Do not ask again unless they want it."
    return answer([text], {"status": "declined", "action": quote.action})
