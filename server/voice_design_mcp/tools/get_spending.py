"""get_spending: what was spent and held, what the caps leave, and what does not match the vendor's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult

from ..catalog import FAMILIES
from ..errors import UpstreamError
from . import gate
from .answers import answer
from .gate import Ctx
from .spec import READS, ToolSpec

if TYPE_CHECKING:
    from ..desk import Desk
    from ..identity.principals import Principal

_CHARGES_SHOWN: Final = 20
_ORPHANS_SHOWN: Final = 20


async def get_spending(ctx: Ctx) -> CallToolResult:
    """Show what was charged and is held (today and in total), the caps, purchases whose outcome is unknown, the voice slots used,
    and voices that only the vendor or only this ledger knows. Free.
    """  # noqa: D205 the whole text is the tool's description
    desk = await gate.desk_of(ctx)
    await desk.settle()
    facts = await spending(desk, gate.caller_of(ctx), most=_CHARGES_SHOWN)
    return answer(in_words(desk, facts), {"status": "ok", **facts})


async def spending(desk: Desk, caller: Principal, *, most: int) -> dict[str, Any]:
    """The ledger's report on a caller; for the operator on everybody, with what the vendor's list says beside it."""
    from ..spending.caps import EVERYONE
    from ..spending.report import kept_voices, report

    names = list(desk.families) if caller.operator else []
    slots = {  # first: its answer tells whether a sandbox speaks
        name: await _slots(desk, name, await kept_voices(desk.database, desk.account.id, name)) for name in names
    }
    whose = EVERYONE if caller.operator else caller.id
    facts = await report(desk.database, desk.account.id, whose, desk.ledger.today, desk.caps, most=most)
    return {**facts, "account": desk.account_label, "slots": slots, "sandbox": desk.sandbox}


def _charge_words(charge: dict[str, Any]) -> str:
    what = f"{charge['kind']} {charge['currency']} {charge['amount']} {charge['voice']}"
    return f"{charge['at']} {what} {charge['hold_id']} (approved by {charge['approved_by'] or 'the caps'})"


def in_words(desk: Desk, facts: dict[str, Any]) -> list[str]:
    """The report as lines."""
    today, total = facts["today"], facts["total"]
    lines = [
        f"Account: {desk.account_label}."
        + (" Amounts are what the vendor would charge; nothing is." if desk.sandbox else ""),
        f"Today ({today['day']}): {_load(today)}; caps: {_caps(today['caps'])}.",
        f"In total: {_load(total)}; cap: {_caps(total['caps'])}. Voices made here: {facts['voices_made']}.",
    ]
    lines += [_charge_words(charge) for charge in facts["charges"]]
    for state in ("holds", "unknown", "assumed_not_billed"):
        lines += [f"{state}: {hold['id']} {hold['state']} {hold['currency']} {hold['amount']}" for hold in facts[state]]
    lines += [f"{name}: {_slot_words(slots)}" for name, slots in facts["slots"].items()]
    return lines


async def _slots(desk: Desk, name: str, kept: set[str]) -> dict[str, Any]:
    from ..families import every_voice

    of = FAMILIES[name].voice_quota
    try:
        there = {record.voice for record in await every_voice(desk.families[name], name)}
    except UpstreamError as error:
        return {"of": of, "unreadable": error.code}
    return {
        "used": len(there),
        "of": of,
        "made_elsewhere": sorted(there - kept)[:_ORPHANS_SHOWN],
        "made_here_and_gone": sorted(kept - there)[:_ORPHANS_SHOWN],
    }


def _load(period: dict[str, Any]) -> str:
    return f"USD {period['usd']} spent or held, {period['voices']} paid voices, {period['characters']} characters"


def _caps(caps: dict[str, Any]) -> str:
    return ", ".join(f"{name} {'none' if cap is None else cap}" for name, cap in caps.items())


def _slot_words(slots: dict[str, Any]) -> str:
    if "unreadable" in slots:
        return f"the vendor's list could not be read ({slots['unreadable']})"
    orphans = [
        f"{len(slots[side])} {side.replace('_', ' ')}: {', '.join(slots[side])}"
        for side in ("made_elsewhere", "made_here_and_gone")
        if slots[side]
    ]
    return "; ".join([f"{slots['used']} of {slots['of']:,} voice slots used", *orphans])


TOOL = ToolSpec(
    function=get_spending,
    title="Show spending",
    annotations=READS,
    scope="voices:read",
    output={
        "status": "string",
        "charges": "array",
        "holds": "array",
        "unknown": "array",
        "today": "object",
        "total": "object",
        "slots": "object",
        "sandbox": "boolean",
        "error": "object",
    },
)
