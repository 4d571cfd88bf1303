"""What is said of a long text that is spoken in pieces: before it is approved, while it runs, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult

from .answers import answer
from .keeping import audio_facts, audio_line, audio_link, in_words, sandbox_voice
from .narration_words import incomplete, paid, subtitles_of
from .words import quoted

if TYPE_CHECKING:
    from ..desk import Desk
    from ..narration.narrating import Narrations, Quoted, Waiting
    from ..narration.plan import Plan
    from ..narration.register import Narration


def shown(desk: Desk, plan: Plan, quote: Quoted) -> dict[str, Any]:
    """What is told beside the question."""
    return {
        **under_way(plan),
        "pieces": len(plan.pieces),
        "characters": quote.order.characters,
        "account": desk.account_label,
        "sandbox": desk.sandbox,
    }


def question(desk: Desk, plan: Plan, quote: Quoted, reference: str) -> str:
    """The question that is put to the user."""
    charge = "Nothing is charged in the sandbox" if desk.sandbox else "At most that is charged"
    price = f"{quote.order.characters:,} billed characters for {quote.order.price}"
    who, minutes = under_way(plan), max(1, round(plan.estimated_s / 60))
    return "\n".join(
        (
            f"Speak {price} on {desk.account_label}? {charge}.",
            f"Voice {who['voice']}, model {who['target_model']}, some {minutes} min of sound. Approval {reference}.",
            f"Text: {quoted(plan.lines[0].text, 200)}",
        )
    )


def under_way(plan: Plan) -> dict[str, Any]:
    """Who speaks."""
    reader = plan.pieces[0].reader
    return {"voice": reader.voice, "target_model": reader.model.id}


def pending(desk: Desk, plan: Plan, waiting: Waiting) -> CallToolResult:
    """The result where some pieces were sent and nobody knows yet what came of it."""
    holds = [outcome.hold for outcome in waiting.outcomes.values() if outcome.hold is not None]
    wait_s = max((desk.ledger.deadline_in_s(hold) for hold in holds), default=10)
    next_step = f"Make the same call again in {wait_s} s: it goes on where this one stopped."
    structured = {
        "status": "pending",
        **under_way(plan),
        "retry_after_s": wait_s,
        "sandbox": desk.sandbox,
        "next": next_step,
    }
    what = (
        f"{len(waiting.outcomes)} of {len(plan.pieces)} pieces were sent, and nobody knows yet whether an answer comes"
    )
    return answer([f"pending: {what}.", "Everything else is ready.", next_step], structured)


async def result(
    desk: Desk, narrations: Narrations, plan: Plan, narration: Narration, *, local: bool
) -> CallToolResult:
    """The result of a long text that was spoken; a piece that can't be had is named with its first words."""
    told = narration.result
    is_again = bool(narration.delivered_at)
    counts: dict[str, Any] = {
        **under_way(plan),
        "characters": 0 if is_again else told["characters"],
        "cost": {**told["price"], "amount": "0.00" if is_again or desk.sandbox else told["price"]["amount"]},
        "sandbox": desk.sandbox,
        "notes": [problem.text for problem in plan.problems],
    }
    if narration.state == "incomplete":
        missing: list[dict[str, Any]] = told["missing"]
        named = [{**each, "text": plan.lines[int(each["line"]) - 1].text[:60]} for each in missing]
        return incomplete(counts, {**told, "missing": named}, "piece")
    row = await narrations.record(narration)
    audio = await audio_facts(desk, row, f"audio://{row.id}", local=local)
    subtitles = subtitles_of(row.id)
    spoke = "" if is_again else sandbox_voice(desk)
    structured = {
        "status": "reused" if is_again else "ok",
        "audio": audio,
        "subtitles": subtitles,
        "measured": in_words(row),
        **counts,
        "sandbox_voice": spoke,
    }
    spoken = f"{len(plan.pieces)} pieces spoken by {counts['voice']} and joined"
    text = [
        f"{structured['status']}: {spoken}; {paid(desk, told, is_again=is_again)}.",
        f"Audio: {audio_line(audio)}",
        f"Subtitles: {' and '.join(subtitles.values())}",
        f"Measured: {in_words(row)}",
        f"The sandbox's {spoke} voice spoke." if spoke else "",
        *counts["notes"],
    ]
    return answer(text, structured, [audio_link(audio, f"Speech by {counts['voice']}")])
