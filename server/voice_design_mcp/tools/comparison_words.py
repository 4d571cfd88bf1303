"""What is said of a comparison: before it is approved, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult, ResourceLink

from .answers import answer
from .comparison import Comparison, level_of
from .keeping import audio_facts, audio_line, audio_link, in_words, sandbox_voice, traits_of
from .words import plain, quoted

if TYPE_CHECKING:
    from ..desk import Desk
    from ..narration.narrating import Quoted, Waiting
    from ..narration.plan import Plan
    from ..narration.register import Narration
    from ..storage.records import AudioRow

_NEXT: Final = (
    "Let the user hear the clips one after the other; synthesize and narrate speak with the voice they choose."
)


def shown(desk: Desk, plan: Plan, quote: Quoted) -> dict[str, Any]:
    """What is told beside the question."""
    return {
        "voices": [line.speaker for line in plan.lines],
        "to_speak": quote.lines_to_buy,
        "characters": quote.order.characters,
        "notes": notes(plan),
        "account": desk.account_label,
        "sandbox": desk.sandbox,
    }


def question(desk: Desk, plan: Plan, quote: Quoted, reference: str) -> str:
    """The question that is put to the user."""
    charge = "Nothing is charged in the sandbox" if desk.sandbox else "At most that is charged"
    price = f"{quote.order.characters:,} billed characters for {quote.order.price}"
    kept = len(plan.lines) - quote.lines_to_buy
    return "\n".join(
        (
            f"Speak one line with {len(plan.lines)} voices on {desk.account_label}? {price}. {charge}.",
            f"Spoken before, and not paid for again: {kept}. Approval {reference}.",
            f"Voices: {', '.join(line.speaker for line in plan.lines)}",
            f"Text: {quoted(plan.lines[0].text, 200)}",
        )
    )


def under_way(plan: Plan) -> dict[str, Any]:
    """What is told beside how far it is."""
    return {"voices": [line.speaker for line in plan.lines]}


def pending(desk: Desk, plan: Plan, waiting: Waiting) -> CallToolResult:
    """The result where some voices were asked and nobody knows yet what came of it."""
    holds = [outcome.hold for outcome in waiting.outcomes.values() if outcome.hold is not None]
    voices = [plan.unique[key].reader.voice for key in waiting.outcomes]
    wait_s = max((desk.ledger.deadline_in_s(hold) for hold in holds), default=10)
    next_step = f"Make the same call again in {wait_s} s: it goes on where this one stopped."
    structured = {
        "status": "pending",
        "missing": [{"voice": voice, "reason": "sent, and not answered yet"} for voice in voices],
        "retry_after_s": wait_s,
        "sandbox": desk.sandbox,
        "next": next_step,
    }
    what = f"pending: {', '.join(voices)} sent, and nobody knows yet whether an answer comes."
    return answer([what, next_step], structured)


async def result(
    desk: Desk, narrations: Comparison, plan: Plan, narration: Narration, *, local: bool
) -> CallToolResult:
    """The result of a comparison that is over; a voice whose clip can't be had is named."""
    from ..speech.contrast import contrasts

    told, is_again = narration.result, bool(narration.delivered_at)
    clips = {voice: row for voice, row in (await narrations.clips(narration)).items() if row is not None}
    differs = contrasts([traits_of(row) for row in clips.values()])
    parts: list[dict[str, Any]] = []
    links: list[ResourceLink] = []
    for (voice, row), contrast in zip(clips.items(), differs, strict=True):
        parts.append(await _part(desk, plan, voice, row, contrast, local=local))
        links.append(audio_link(parts[-1]["audio"], f"Speech by {voice}"))
    missing = [{"voice": each["speaker"], "reason": plain(each["reason"], 200)} for each in told["missing"]]
    status = "incomplete" if missing else "reused" if is_again else "ok"
    spoke = "" if is_again else sandbox_voice(desk)
    next_step = "The same call buys again what was lost, after asking; what came is kept." if missing else _NEXT
    structured = {
        "status": status,
        "clips": parts,
        "missing": missing,
        "level_lufs": level_of(plan),
        "cost": {**told["price"], "amount": "0.00" if is_again or desk.sandbox else told["price"]["amount"]},
        "characters": 0 if is_again else told["characters"],
        "notes": notes(plan),
        "sandbox": desk.sandbox,
        "sandbox_voice": spoke,
        "next": next_step,
    }
    what = f"{len(parts)} of {len(plan.lines)} voices spoke, each brought to {level_of(plan):g} LUFS"
    lines = [
        f"{status}: {what}; {_cost(desk, told, is_again=is_again)}.",
        *map(_line, range(1, len(parts) + 1), parts),
        *(f"missing {each['voice']}: {each['reason']}" for each in missing),
        f"The sandbox's {spoke} voice spoke." if spoke else "",
        *notes(plan),
        next_step,
    ]
    return answer(lines, structured, links)


def notes(plan: Plan) -> list[str]:
    """What the user should know of the voices, each named."""
    return [f"{plan.lines[each.line - 1].speaker}: {each.text}" for each in plan.problems if not each.fatal]


async def _part(desk: Desk, plan: Plan, voice: str, row: AudioRow, contrast: str, *, local: bool) -> dict[str, Any]:
    reader = next(piece.reader for piece in plan.pieces if piece.reader.voice == voice)
    facts: dict[str, Any] = {
        "voice": voice,
        "target_model": reader.model.id,
        "language": reader.made_for,
        "audio": await audio_facts(desk, row, f"audio://{row.id}", local=local),
        "measured": in_words(row),
        "traits": traits_of(row),
        "differs": contrast,
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _line(number: int, part: dict[str, Any]) -> str:
    differs = f" Against the others: {part['differs']}." if part.get("differs") else ""
    return f"{number}. {part['voice']}: {audio_line(part['audio'])} {part['measured']}{differs}"


def _cost(desk: Desk, told: dict[str, Any], *, is_again: bool) -> str:
    price = f"{told['price']['currency']} {told['price']['amount']}"
    if is_again:
        return "spoken before, nothing charged now"
    if desk.sandbox:
        return f"nothing was charged in the sandbox (the vendor's price is {price})"
    return f"charged {price}"
