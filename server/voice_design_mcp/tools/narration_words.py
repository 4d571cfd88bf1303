"""What is said of a narration: before it is approved, while it runs, and when it is over."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult, ResourceLink

from ..errors import CapExceededError
from .answers import answer
from .keeping import audio_facts, audio_line, audio_link, in_words, sandbox_voice
from .words import plain, quoted

if TYPE_CHECKING:
    from ..desk import Desk
    from ..narration.narrating import Narrations, Quoted, Waiting
    from ..narration.plan import Plan
    from ..narration.register import Narration
    from ..storage.records import AudioRow

_TOLD_AT_MOST: Final = 20
TEXTS: Final = {
    "subtitles.srt": ("srt", "application/x-subrip"),
    "subtitles.vtt": ("vtt", "text/vtt"),
    "chapters.vtt": ("chapters.vtt", "text/vtt"),
}
"""What can be read of a narration beside its sound: by the end of its address the kind of object, and its MIME type."""


def subtitles_of(audio_id: str) -> dict[str, str]:
    """The addresses of a narration's subtitles."""
    return {kind: f"audio://{audio_id}/subtitles.{kind}" for kind in ("srt", "vtt")}


def shown(desk: Desk, plan: Plan, quote: Quoted) -> dict[str, Any]:
    """What is told beside the question."""
    return {
        "lines": len(plan.lines),
        "cached_lines": plan.spoken_lines - quote.lines_to_buy,
        "synthesized_lines": 0,
        "characters": quote.order.characters,
        "estimated_duration_s": round(plan.estimated_s),
        "notes": _notes(plan),
        "account": desk.account_label,
        "sandbox": desk.sandbox,
    }


def question(desk: Desk, plan: Plan, quote: Quoted, reference: str) -> str:
    """The question that is put to the user."""
    charge = "Nothing is charged in the sandbox" if desk.sandbox else "At most that is charged"
    who = f"{_counted(len(plan.lines), 'line')} by {_counted(len(_speakers(plan)), 'speaker')}"
    price = f"{quote.order.characters:,} billed characters for {quote.order.price}"
    cached = plan.spoken_lines - quote.lines_to_buy
    return "\n".join(
        (
            f"Narrate {who} on {desk.account_label}? {price}. {charge}.",
            f"Already in the cache: {_counted(cached, 'line')}. About {_clock(plan.estimated_s)} of sound. Approval {reference}.",
            f"It begins: {quoted(plan.lines[0].text, 200)}",
        )
    )


async def dry_run(desk: Desk, plan: Plan, quote: Quoted) -> CallToolResult:
    """The plan, with what is wrong with it. Nothing was sent."""
    from ..narration.plan import Problem

    problems = list(plan.problems)
    try:
        await desk.ledger.room_for(quote.order)
    except CapExceededError as error:
        problems.append(Problem(0, error.message.rstrip(".")))
    speakers = _speakers(plan)
    price = quote.order.price
    structured = {
        "status": "planned",
        **shown(desk, plan, quote),
        "lines_to_synthesize": quote.lines_to_buy,
        "speakers": dict(speakers),
        "cost": {"amount": price.text, "currency": price.currency},
        "problems": [{"line": each.line, "problem": each.text, "fatal": each.fatal} for each in problems],
    }
    lines, cached = _counted(len(plan.lines), "line"), plan.spoken_lines - quote.lines_to_buy
    text = [
        f"planned: {lines}, about {_clock(plan.estimated_s)}. Nothing was sent.",
        f"In the cache: {cached}. To synthesize: {quote.lines_to_buy}, {quote.order.characters:,} billed characters for {price}.",
        "Speakers: " + ", ".join(f"{who or 'narrator'} ({count})" for who, count in speakers.items()),
        *(f"{'Problem' if each.fatal else 'Note'}: {each.told}." for each in problems[:_TOLD_AT_MOST]),
    ]
    return answer(text, structured)


def under_way(plan: Plan) -> dict[str, Any]:
    """What is told beside how far it is."""
    return {"lines": len(plan.lines)}


def pending(desk: Desk, plan: Plan, waiting: Waiting) -> CallToolResult:
    """The result where some pieces were sent and nobody knows yet what came of it."""
    holds = [outcome.hold for outcome in waiting.outcomes.values() if outcome.hold is not None]
    lines = [line + 1 for line in plan.lines_of(waiting.outcomes)]
    wait_s = max((desk.ledger.deadline_in_s(hold) for hold in holds), default=10)
    next_step = f"Make the same call again in {wait_s} s: it goes on where this one stopped."
    structured = {
        "status": "pending",
        "lines": len(plan.lines),
        "missing": [{"line": line, "reason": "sent, and not answered yet"} for line in lines[:_TOLD_AT_MOST]],
        "retry_after_s": wait_s,
        "sandbox": desk.sandbox,
        "next": next_step,
    }
    what = (
        f"pending: {_counted(len(lines), 'line')} ({_some(lines)}) sent, and nobody knows yet whether an answer comes."
    )
    return answer([what, "Everything else is ready.", next_step], structured)


async def result(
    desk: Desk, narrations: Narrations, plan: Plan, narration: Narration, *, local: bool
) -> CallToolResult:
    """The result of a narration that is over; what can't be had is named."""
    told = narration.result
    is_again = bool(narration.delivered_at)
    missing = {each["line"] for each in told["missing"]}
    made = 0 if is_again else len({line + 1 for line in told["synthesized"]} - missing)
    counts: dict[str, Any] = {
        "lines": len(plan.lines),
        "cached_lines": plan.spoken_lines - made - len(missing),
        "synthesized_lines": made,
        "characters": 0 if is_again else told["characters"],
        "cost": {**told["price"], "amount": "0.00" if is_again or desk.sandbox else told["price"]["amount"]},
        "sandbox": desk.sandbox,
        "notes": _notes(plan),
    }
    if narration.state == "incomplete":
        return incomplete(counts, told)
    return await _done(desk, plan, await narrations.record(narration), told, counts, local=local, is_again=is_again)


async def _done(
    desk: Desk, plan: Plan, row: AudioRow, told: dict[str, Any], counts: dict[str, Any], *, local: bool, is_again: bool
) -> CallToolResult:
    paths = _paths(desk, row) if local else {}
    audio = await audio_facts(desk, row, f"audio://{row.id}", local=local)
    subtitles = subtitles_of(row.id)
    files = {kind: paths[kind] for kind in subtitles if kind in paths}
    made, cached = counts["synthesized_lines"], counts["cached_lines"]
    structured = {
        "status": "reused" if is_again else "ok",
        "audio": audio,
        "subtitles": subtitles,
        "subtitle_files": files,
        **(more := _more(row.id, told, paths)),
        "measured": in_words(row),
        **counts,
        "sandbox_voice": (spoke := sandbox_voice(desk) if made else ""),
    }
    lines = f"{_counted(len(plan.lines), 'line')} narrated, {made} synthesized, {cached} from the cache"
    text = [
        f"{structured['status']}: {lines}; {paid(desk, told, is_again=is_again)}.",
        f"Audio: {audio_line(audio)}",
        f"Subtitles: {' and '.join(subtitles.values())}",
        f"Files: {' and '.join(files.values())}" if files else "",
        *_more_told(more),
        f"Measured: {in_words(row)}",
        f"The sandbox's {spoke} voice spoke." if spoke else "",
        *_notes(plan),
    ]
    return answer(text, structured, [audio_link(audio, plan.title or "Narration"), *_links(subtitles)])


def _more(audio_id: str, told: dict[str, Any], paths: dict[str, str]) -> dict[str, Any]:
    """The chapters and the lines' own files, where there are any."""
    more: dict[str, Any] = {}
    if told["chapters"]:
        file = {"path": paths["chapters.vtt"]} if "chapters.vtt" in paths else {}
        more["chapters"] = {"vtt": f"audio://{audio_id}/chapters.vtt", **file}
    if told["line_files"]:
        file = {"path": paths["lines"]} if "lines" in paths else {}
        more["line_files"] = {"uri": f"audio://{audio_id}/lines/{{line}}", "count": told["line_files"], **file}
    return more


def _more_told(more: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if chapters := more.get("chapters"):
        lines.append(f"Chapters: {' = '.join(chapters.values())}")
    if each := more.get("line_files"):
        where = f"\nFiles: {each['path']}" if "path" in each else ""
        lines.append(f"Lines: {each['uri']} ({_counted(each['count'], 'line')}){where}")
    return lines


def _paths(desk: Desk, row: AudioRow) -> dict[str, str]:
    """Where a person finds the files: in the output folder if they are there, else in the data folder."""
    from ..narration.finished import copies_of, objects_of

    folder = desk.settings.output_dir
    copies = copies_of(folder, row) if folder is not None else {}
    paths = {what: desk.audio.path(key) for what, key in objects_of(row).items()}
    paths |= {what: path for what, path in copies.items() if (path.parent if what == "lines" else path).exists()}
    return {what: str(path) for what, path in paths.items() if path is not None}


def incomplete(counts: dict[str, Any], told: dict[str, Any], what: str = "line") -> CallToolResult:
    """The result where some of it can't be had: which, why, and what the same call does. `what` the parts are called."""
    missing: list[dict[str, Any]] = told["missing"]
    lost = [each for each in missing if each["billed"]]
    refused = [each for each in missing if not each["billed"]]
    message = "; ".join(
        filter(
            None,
            (
                f"the sound of {_named(what, lost)} was paid for and is lost" if lost else "",
                f"the vendor refuses {_named(what, refused)} and billed nothing for it" if refused else "",
            ),
        )
    )
    hint = " ".join(
        filter(
            None,
            (
                "The same call buys what was lost anew; ask the user first." if lost else "",
                "Reword what was refused." if refused else "",
                "All else is in the cache and costs nothing again.",
            ),
        )
    )
    error = {
        "code": f"{what}s_missing",
        "message": f"There is no file: {message}.",
        "hint": hint,
        "retryable": bool(lost),
    }
    shown_missing = [{name: value for name, value in each.items() if value != ""} for each in missing[:_TOLD_AT_MOST]]
    structured = {"status": "incomplete", **counts, "missing": shown_missing, "error": error}
    text = [
        f"incomplete: {message}.",
        *(f"{what} {each['line']}: {plain(each['reason'], 200)}" for each in missing[:_TOLD_AT_MOST]),
        hint,
    ]
    return answer(text, structured, is_error=True)


def _links(subtitles: dict[str, str]) -> list[ResourceLink]:
    return [
        ResourceLink(type="resource_link", uri=uri, name=f"Subtitles ({kind})", mime_type=TEXTS[f"subtitles.{kind}"][1])
        for kind, uri in subtitles.items()
    ]


def _notes(plan: Plan) -> list[str]:
    warnings = [each.told for each in plan.problems if not each.fatal]
    return [*plan.notes, *warnings][:_TOLD_AT_MOST]


def _speakers(plan: Plan) -> Counter[str]:
    return Counter(line.speaker for line in plan.lines)


def paid(desk: Desk, told: dict[str, Any], *, is_again: bool) -> str:
    """What it cost, in words."""
    price = f"{told['price']['currency']} {told['price']['amount']}"
    if is_again:
        return "told before, nothing charged now"
    if desk.sandbox:
        return f"nothing was charged in the sandbox (the vendor's price is {price})"
    return f"charged {price}"


def _named(what: str, missing: list[dict[str, Any]]) -> str:
    numbers = [each["line"] for each in missing]
    return f"{what}{'s' if len(numbers) > 1 else ''} {_some(numbers)}"


def _some(numbers: list[int]) -> str:
    named = ", ".join(map(str, numbers[:_TOLD_AT_MOST]))
    return named if len(numbers) <= _TOLD_AT_MOST else f"{named} and {len(numbers) - _TOLD_AT_MOST} more"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
