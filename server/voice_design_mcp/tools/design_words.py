"""What is said of a design: the question before it, and the results after it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult, ResourceLink

from ..catalog import FAMILIES, OPEN
from ..spending.money import usd
from .answers import answer
from .keeping import audio_facts, audio_line, audio_link, in_words, sandbox_voice
from .review import advice
from .words import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..describe.review import Review
    from ..desk import Desk
    from ..spending.holds import Hold
    from ..spending.orders import Arguments, Order

OBJECTIONS_SHOWN = 3
SANDBOX_COST = {"amount": "0.00", "currency": "USD"}


def question(desk: Desk, order: Order, notes: Sequence[str], reference: str) -> str:
    """The question: our line first, the description last, and nothing in it that changes while its quote is open."""
    arguments = order.arguments
    first = _act_and_price(desk, order)
    second = (
        f"Model {arguments['target_model']}, language {arguments['language']}, name {arguments['preferred_name']}, "
        f"take {order.take}, preview of {len(str(arguments['preview_text']))} characters. "
        f"Approval {reference}."
    )
    return "\n".join(
        (
            first,
            second,
            *(f"Note: {note}" for note in (*notes, *_objections(str(arguments["voice_prompt"]))) if note),
            f"Description: {quoted(str(arguments['voice_prompt']), 200)}",
        )
    )


def _act_and_price(desk: Desk, order: Order) -> str:
    family = FAMILIES[str(order.arguments["family"])]
    several = order.slots > 1
    what = f"{order.slots} candidates for a voice" if several else "a voice"
    each = f" ({order.price} each)" if several else ""
    if desk.sandbox:
        return f"Design {what} in {desk.account_label}? Nothing is charged (the vendor's price is {order.total})."
    if order.usd_micros:
        return (
            f"Design {what} for at most {order.total}{each} on {desk.account_label}? "
            f"{'They' if several else 'It'} may be free by the vendor's free quota."
        )
    slots = f"{order.slots if several else 'one'} of {family.voice_quota:,} {family.name} slots"
    return f"Design {what} on {desk.account_label}? Nothing is charged: this kind is free; it takes {slots}."


async def shown(desk: Desk, order: Order, notes: Sequence[str], slots_used: int | None) -> dict[str, Any]:
    """What the caller is told beside the question: what is left of the caps, the quota and the free quota; the notes.

    Raises:
        CapExceededError: The purchase would pass a cap: nobody approves what will be refused.
    """
    family = FAMILIES[str(order.arguments["family"])]
    described = str(order.arguments["voice_prompt"])
    today, always = await desk.ledger.room_for(order)
    caps = desk.caps
    free_left = max(0, family.free_creations - always.voices)
    free = (
        f"at most {free_left}, in the first {family.free_creation_days} days after activation "
        f"({', '.join(family.free_creation_regions)} only)"
        if order.usd_micros
        else "all"
    )
    left = {
        "usd_today": "no cap"
        if caps.usd_per_day is None
        else usd(int(caps.usd_per_day * 1_000_000) - today.usd_micros).text,
        "voices_today": "no cap" if caps.voices_per_day is None else caps.voices_per_day - today.voices,
        "voice_slots": "unknown" if slots_used is None else family.voice_quota - slots_used,
        "free_creations": free,
    }
    return {
        "target_model": order.arguments["target_model"],
        "language": order.arguments["language"],
        **_whole(order.arguments),
        "left": left,
        "notes": [note for note in (*notes, *_objections(described), _left_open(described)) if note],
        "account": desk.account_label,
        "sandbox": desk.sandbox,
    }


async def designed(
    desk: Desk, order: Order, hold: Hold, status: str, voice_status: str, *, local: bool
) -> CallToolResult:
    """The result of a design that was made, now or before. `voice_status` tells whether the voice can speak yet."""
    records = desk.records(order.principal)
    audio = await records.audio(hold.audio_id) if hold.audio_id else None
    cost = _cost(desk, hold, status)
    structured: dict[str, Any] = {
        "status": status,
        "voice": hold.voice,
        "voice_status": voice_status,
        "target_model": hold.arguments["target_model"],
        "language": hold.arguments["language"],
        "cost": cost,
        "sandbox": desk.sandbox,
        "next": advice(voice_status) or "Let the user hear the preview, then synthesize with this voice.",
    }
    links: list[ResourceLink] = []
    lines = [await _made(desk, order, hold, status)]
    if audio is not None:
        facts = await audio_facts(desk, audio, f"voice://{hold.voice}/preview", local=local)
        spoke = sandbox_voice(desk) if status == "created" else ""
        structured |= {"preview": facts, "measured": in_words(audio), "sandbox_voice": spoke}
        links.append(audio_link(facts, f"Preview of {hold.voice}"))
        lines += [f"Preview: {audio_line(facts)}", f"Measured: {in_words(audio)}"]
        lines += [f"The sandbox's {spoke} voice spoke."] if spoke else []
    else:
        structured["next"] = (
            advice(voice_status) or "Its preview was lost on the way; synthesize a short line to hear it."
        )
    notes = [str(hold.arguments.get("changed", "")), _left_open(str(hold.arguments["voice_prompt"])), _tag(hold)]
    structured["notes"] = [note for note in notes if note]
    lines += [
        f"Voice: voice://{hold.voice}, for {hold.arguments['target_model']}",
        *structured["notes"],
        structured["next"],
    ]
    return answer(lines, structured, links)


def _whole(arguments: Arguments) -> dict[str, Any]:
    """The description that was made of another voice's, and of whose; nothing where the caller gave it whole."""
    return {name: arguments[name] for name in ("like", "voice_prompt") if "like" in arguments}


def _cost(desk: Desk, hold: Hold, status: str) -> dict[str, str]:
    if desk.sandbox or status == "reused":
        return {**SANDBOX_COST, "currency": hold.currency}
    return {"amount": hold.amount, "currency": hold.currency}


async def _made(desk: Desk, order: Order, hold: Hold, status: str) -> str:
    from ..storage.database import moment

    price = f"{hold.currency} {hold.amount}"
    if status == "reused":
        made = moment(hold.created_at)
        day = "today" if made.date() == desk.clock().astimezone(UTC).date() else f"on {made.date().isoformat()}"
        again = f"take {await desk.ledger.next_take(order)} designs another"
        again += f" for {price}" if hold.usd_micros else ""
        return f"reused: made {_clock(made)} UTC {day}, nothing charged; {again}. Voice: {hold.voice}"
    if desk.sandbox:
        return f"created {hold.voice} in {desk.account_label}. Nothing was charged; the vendor's price is {price}."
    if order.arguments["family"] == OPEN.name:
        return f"created {hold.voice} on your own servers, by a seed that its name tells. Nothing was charged."
    if not hold.usd_micros:
        return f"created {hold.voice}. Nothing was charged: this kind is free; it took a voice slot."
    return f"created {hold.voice}. Charged: at most {price} (it may be free by the vendor's free quota)."


def _clock(made: datetime) -> str:
    return made.strftime("%H:%M")


def _left_open(voice_prompt: str) -> str:
    left_open = ", ".join(_reviewed(voice_prompt).missing).replace("_", " ")
    return f"The description does not say: {left_open}. The model fills in what is left open." if left_open else ""


def _objections(voice_prompt: str) -> tuple[str, ...]:
    """What matters of the review before money is spent: the first few findings that are more than information."""
    weighty = _reviewed(voice_prompt).weighty
    more = len(weighty) - OBJECTIONS_SHOWN
    shown = tuple(f"{plain(finding.why, 200)} {finding.suggestion}" for finding in weighty[:OBJECTIONS_SHOWN])
    return (*shown, f"review_description has {more} more findings.") if more > 0 else shown


@lru_cache(maxsize=16)
def _reviewed(voice_prompt: str) -> Review:
    """A description's review, which its question, its quote and its result are each made of."""
    from ..describe.review import review

    return review(voice_prompt)


def _tag(hold: Hold) -> str:
    if not hold.tag:
        return ""
    return f"The name carries the tag {hold.tag}, which finds this purchase again if an answer is lost."
