"""The result of a design of several candidates: how each slot ended, what was measured of it, how it differs from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from mcp.types import CallToolResult, ResourceLink

from . import gate
from .answers import answer
from .keeping import audio_facts, audio_line, audio_link, in_words, traits_of
from .review import READY, advice, status_of_new

if TYPE_CHECKING:
    from ..desk import Desk
    from ..spending.holds import Hold
    from ..spending.orders import Order
    from ..storage.records import AudioRow
    from .gate import Ctx


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A slot as it stands, with its preview and what the vendor's review says of its voice."""

    hold: Hold
    audio: AudioRow | None
    voice_status: str

    @property
    def status(self) -> str:
        """created, deleted, failed or pending."""
        if not self.hold.settled:
            return "pending"
        if self.hold.state != "charged":
            return "failed"
        return "created" if self.hold.live else "deleted"

    @property
    def figures(self) -> dict[str, Any]:
        """What was measured of its preview."""
        return traits_of(self.audio) if self.audio is not None else {}


async def auditioned(ctx: Ctx, desk: Desk, order: Order, holds: Sequence[Hold], status: str) -> CallToolResult:
    """What came of a design of several candidates; `status` is created or reused where there is anything to hear."""
    from ..speech.contrast import contrasts

    candidates = await _candidates(ctx, desk, order, holds)
    differs = contrasts([candidate.figures for candidate in candidates])
    parts: list[dict[str, Any]] = []
    links: list[ResourceLink] = []
    for candidate, contrast in zip(candidates, differs, strict=True):
        part = await _part(desk, candidate, contrast, local=gate.is_local(ctx))
        parts.append(part)
        if "preview" in part:
            links.append(audio_link(part["preview"], f"Preview of {candidate.hold.voice}"))
    counted = Counter(str(part["status"]) for part in parts)
    pending = [desk.ledger.retry_after_s(candidate.hold) for candidate in candidates if candidate.status == "pending"]
    status = status if counted["created"] else "pending"
    cost = _cost(desk, holds, status)
    said = (str(order.arguments.get("changed", "")), _what_failed(counted) if counted["failed"] else "")
    notes = [note for note in said if note]
    structured = {
        "status": status,
        "candidates": parts,
        "target_model": order.arguments["target_model"],
        "language": order.arguments["language"],
        "cost": cost,
        "retry_after_s": min(pending, default=None),
        "sandbox": desk.sandbox,
        "notes": notes,
        "next": _next(counted),
    }
    head = f"{status}: {_counted(counted)} ({desk.account_label}); {_charge(desk, cost, status)}."
    return answer([head, *map(_line, parts), *notes, _next(counted)], structured, links)


async def _candidates(ctx: Ctx, desk: Desk, order: Order, holds: Sequence[Hold]) -> list[_Candidate]:
    """The slots with what is known of each; the vendor's reviews are waited for side by side."""
    records = desk.records(order.principal)
    found: dict[str, _Candidate] = {}

    async def look(hold: Hold) -> None:
        audio = await records.audio(hold.audio_id) if hold.audio_id else None
        is_there = hold.state == "charged" and hold.live
        reviewed = await status_of_new(ctx, desk, str(order.arguments["target_model"]), hold.voice) if is_there else ""
        found[hold.id] = _Candidate(hold, audio if is_there else None, reviewed)

    async with anyio.create_task_group() as group:
        for hold in holds:
            group.start_soon(partial(look, hold))
    return [found[hold.id] for hold in holds]


async def _part(desk: Desk, candidate: _Candidate, contrast: str, *, local: bool) -> dict[str, Any]:
    hold = candidate.hold
    facts: dict[str, Any] = {"slot": hold.slot + 1, "status": candidate.status, "voice": hold.voice}
    if candidate.status == "created":
        facts["voice_status"] = "" if candidate.voice_status == READY else candidate.voice_status
        if candidate.audio is not None:
            uri = f"voice://{hold.voice}/preview"
            facts |= {
                "preview": await audio_facts(desk, candidate.audio, uri, local=local),
                "measured": in_words(candidate.audio),
                "traits": candidate.figures,
                "differs": contrast,
            }
    elif candidate.status == "pending":
        facts |= {"hold": hold.id, "retry_after_s": desk.ledger.retry_after_s(hold)}
    elif candidate.status == "failed":
        facts["reason"] = hold.reason
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _line(part: dict[str, Any]) -> str:
    head = f"{part['slot']}. {part['status']} {part.get('voice', '')}".rstrip()
    if part["status"] == "created":
        preview = (
            f" Preview: {audio_line(part['preview'])}" if "preview" in part else " Its preview was lost on the way."
        )
        differs = f" Against the others: {part['differs']}." if part.get("differs") else ""
        review = f" {advice(part['voice_status'])}" if part.get("voice_status") else ""
        return f"{head}.{preview} {part.get('measured', '')}{differs}{review}"
    return (
        head
        + {
            "pending": f": its answer is not known yet; it is in the ledger as {part.get('hold')}.",
            "failed": f": {part.get('reason', '')}; nothing was billed for it.",
            "deleted": ".",
        }[part["status"]]
    )


def _counted(counted: Counter[str]) -> str:
    return ", ".join(f"{counted[name]} {name}" for name in ("created", "pending", "failed", "deleted") if counted[name])


def _cost(desk: Desk, holds: Sequence[Hold], status: str) -> dict[str, str]:
    """What is charged or held for these slots by this call."""
    from ..spending.money import Money

    counted = [hold for hold in holds if hold.counted]
    amount = sum((Decimal(hold.amount) for hold in counted), Decimal(0))
    is_free = desk.sandbox or status == "reused"
    return {"amount": Money(Decimal(0) if is_free else amount, holds[0].currency).text, "currency": holds[0].currency}


def _charge(desk: Desk, cost: dict[str, str], status: str) -> str:
    if desk.sandbox:
        return "nothing was charged"
    return (
        "nothing charged now" if status == "reused" else f"charged or held: at most {cost['currency']} {cost['amount']}"
    )


def _what_failed(counted: Counter[str]) -> str:
    return f"{counted['failed']} failed and cost nothing. The same call does not make them anew; raise `take` for more."


def _next(counted: Counter[str]) -> str:
    again = (
        "Make the same call again to learn what became of those pending: it buys nothing. "
        if counted["pending"]
        else ""
    )
    if not counted["created"]:
        return again.strip()
    choose = (
        "keep_voice with the one they choose deletes the others of this design, after asking."
        if counted["created"] > 1
        else ""
    )
    return f"{again}Let the user hear the previews side by side. {choose}".strip()
