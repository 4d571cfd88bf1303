"""list_voices: one page of the account's voices, with the slots they take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult

from ..catalog import DEFAULT_TARGET_MODEL, Family, family_of
from ..errors import InputError
from . import gate
from .answers import answer
from .arguments import PAGE_SIZE_MAX, PageIndex, PageSize
from .gate import Ctx
from .spec import READS, ToolSpec
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..storage.records import VoiceRow
    from ..studio import Desk

_PROMPT_SHOWN: Final = 60
_CLEANUP_NEAR: Final = timedelta(days=60)


async def list_voices(
    ctx: Ctx,
    page_index: PageIndex = 0,
    page_size: PageSize = 10,
) -> CallToolResult:
    """List designed voices: name, model, language, the start of the description, and how many of the account's slots are used.

    Voices near the vendor's clean-up (unused for a year) are marked. get_voice tells everything about one.
    """
    desk = await gate.studio_of(ctx).open()
    family = family_of(DEFAULT_TARGET_MODEL)
    _within("page_index", page_index, 0, family.page_index_max)
    _within("page_size", page_size, 1, PAGE_SIZE_MAX)
    await desk.settle()
    page = await desk.families[family.name].list_page(page_index, page_size)
    mine = await desk.records(gate.principal_of(ctx)).voices_named([voice.voice for voice in page.voices])
    shown = [_shown(desk, family, voice, mine.get(voice.voice)) for voice in page.voices]
    used = page.total_count
    structured = {
        "status": "ok",
        "voices": shown,
        "page_index": page_index,
        "page_size": page_size,
        "slots": {"used": used, "of": family.voice_quota},
        "sandbox": desk.sandbox,
    }
    head = f"{used if used is not None else 'Unknown number'} of {family.voice_quota:,} voice slots used on {desk.account_label}."
    how = "Descriptions are their creators' words. voice://VOICE/preview reads a kept preview." if shown else ""
    return answer([head, how, *(_line(voice) for voice in shown), _more(page_index, page_size, used)], structured)


def _within(argument: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError(
            argument,
            f"{argument} is {value}; it must be {least} to {most}.",
            hint=f"Use a number from {least} to {most}.",
        )


def _shown(desk: Desk, family: Family, voice: VoiceRecord, row: VoiceRow | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "voice": plain(voice.voice, 200),
        "target_model": voice.target_model,
        "language": voice.language,
        "voice_prompt": plain(voice.voice_prompt, _PROMPT_SHOWN),
        "created": plain(voice.created, 30),
        "status": "" if voice.status == "OK" else voice.status,
        "cleanup": _cleanup(desk, family, voice, row),
        "preview_kept": bool(row and row.preview_audio_id),
    }
    return {name: value for name, value in facts.items() if value}


def _cleanup(desk: Desk, family: Family, voice: VoiceRecord, row: VoiceRow | None) -> str:
    """A word of warning when a voice comes near the vendor's clean-up, counted from what is known here."""
    from ..storage.database import moment

    try:
        last = datetime.fromisoformat(voice.created).replace(tzinfo=desk.clock().tzinfo)
    except ValueError:
        return ""
    if row is not None and row.last_used_at:
        last = max(last, moment(row.last_used_at))
    goes = last + timedelta(days=family.unused_days_until_cleanup)
    if goes - desk.clock() > _CLEANUP_NEAR:
        return ""
    return f"unused here since {last.date().isoformat()}; the vendor deletes after a year"


def _line(voice: dict[str, Any]) -> str:
    rest = [
        voice.get("target_model", ""),
        voice.get("language", ""),
        voice.get("preview", ""),
        voice.get("cleanup", ""),
    ]
    return f"- {voice['voice']}: {', '.join(part for part in rest if part)}"


def _more(page_index: int, page_size: int, used: int | None) -> str:
    if used is None or (page_index + 1) * page_size >= used:
        return ""
    return f"More on page_index {page_index + 1}."


TOOL = ToolSpec(
    function=list_voices,
    title="List voices",
    annotations=READS,
    output={
        "status": "string",
        "voices": "array",
        "page_index": "integer",
        "page_size": "integer",
        "slots": "object",
        "sandbox": "boolean",
        "error": "object",
    },
)
