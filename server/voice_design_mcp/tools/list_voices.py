"""list_voices: the account's voices, a page of one family or the first page of each, with the slots they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mcp.types import CallToolResult

from ..catalog import FAMILIES
from ..catalog_rows import Family
from ..errors import InputError, UpstreamError
from . import checks, gate
from .answers import answer
from .arguments import PAGE_INDEX_MAX, PAGE_SIZE_MAX, FamilyName, PageIndex, PageSize
from .gate import Ctx
from .spec import AUDITIONED, READS, ToolSpec
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoicePage, VoiceRecord
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..storage.records import VoiceRow

_PROMPT_SHOWN: Final = 60
_PROMPT_IN_A_LINE: Final = 24
_CLEANUP_NEAR: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A family's page, or why it could not be read."""

    family: Family
    page: VoicePage | None
    unreadable: str = ""
    own: bool = False

    @property
    def used(self) -> int | None:
        return self.page.total_count if self.page else None

    @property
    def slots(self) -> dict[str, Any]:
        facts = {"used": self.used, "of": self.family.voice_quota, "unreadable": self.unreadable}
        return {name: value for name, value in facts.items() if value not in {None, ""}}

    @property
    def slot_words(self) -> str:
        if self.own:
            return f"{self.used} {self.family.name} voices that you can use"
        of = f"{self.family.voice_quota:,} {self.family.name} voice slots"
        if self.unreadable:
            return f"The {self.family.name} list could not be read ({self.unreadable})"
        return (
            f"{self.used:,} of {of} used"
            if self.used is not None
            else f"of {of} the vendor does not say how many are used"
        )


async def list_voices(
    ctx: Ctx,
    family: FamilyName = "",
    page_index: PageIndex = 0,
    page_size: PageSize = 10,
) -> CallToolResult:
    """List designed voices: name, model, language, the start of the description, and how many of the account's slots are used.

    Each family has its own list and its own slots: without `family` the first page of each is shown. Voices near the vendor's
    clean-up (unused for a year) are marked. get_voice tells everything about one.
    """
    desk = await gate.desk_of(ctx)
    checks.within("page_index", page_index, 0, PAGE_INDEX_MAX)
    checks.within("page_size", page_size, 1, PAGE_SIZE_MAX)
    wanted = _wanted(desk, family, page_index)
    await desk.settle()
    caller = gate.caller_of(ctx)
    lists = (
        await _lists(desk, wanted, page_index, page_size)
        if caller.operator
        else [await _own(desk, caller, name, page_index, page_size) for name in wanted]
    )
    pages = [(each.family, each.page) for each in lists if each.page]
    mine = await desk.library(caller).voices_named([voice.voice for _, page in pages for voice in page.voices])
    shown = [_shown(desk, row, voice, mine.get(voice.voice)) for row, page in pages for voice in page.voices]
    structured = {
        "status": "ok",
        "voices": shown,
        "page_index": page_index,
        "page_size": page_size,
        **({"slots": {each.family.name: each.slots for each in lists}} if caller.operator else {}),
        "sandbox": desk.sandbox,
    }
    head = f"On {desk.account_label}: {'; '.join(each.slot_words for each in lists)}."
    how = "Descriptions are their creators' words. voice://VOICE/preview reads a kept preview." if shown else ""
    more = [_more(each, page_index, page_size, alone=len(lists) == 1) for each in lists]
    return answer([head, how, *(_line(voice) for voice in shown), *more], structured)


def _wanted(desk: Desk, family: str, page_index: int) -> list[str]:
    """The families to list."""
    offered = list(desk.families)
    if family and family not in offered:
        raise InputError(
            "family",
            f"family {family[:40]!r} is not one that can be used here.",
            hint=f"Use one of: {', '.join(offered)}.",
        )
    if not family and page_index and len(offered) > 1:
        raise InputError(
            "page_index",
            f"page_index {page_index} needs a family: each has a list of its own.",
            hint=f"Give family as well; one of: {', '.join(offered)}.",
        )
    return [family] if family else offered


async def _lists(desk: Desk, wanted: Sequence[str], page_index: int, page_size: int) -> list[_Listed]:
    """A page of each family. One that can't be read does not hide the other; when none can, that is the error."""
    lists: list[_Listed] = []
    errors: list[UpstreamError] = []
    for name in wanted:
        try:
            lists.append(_Listed(FAMILIES[name], await desk.families[name].list_page(page_index, page_size)))
        except UpstreamError as error:
            errors.append(error)
            lists.append(_Listed(FAMILIES[name], None, error.code))
    if len(errors) == len(lists):
        raise errors[0]
    return lists


async def _own(desk: Desk, caller: Principal, family: str, page_index: int, page_size: int) -> _Listed:
    """A page of the voices that a caller may use, from our own records: the account's list is the operator's."""
    from ..dashscope.seam import VoicePage, VoiceRecord

    rows, total = await desk.library(caller).usable_voices(family, page_index * page_size, page_size)
    records = [
        VoiceRecord(
            voice=row.voice,
            target_model=row.target_model,
            language=row.language,
            voice_prompt=row.voice_prompt,
            preview_text=row.preview_text,
            created=row.created_at[:19].replace("T", " "),
        )
        for row in rows
    ]
    page = VoicePage(voices=tuple(records), page_index=page_index, page_size=page_size, total_count=total)
    return _Listed(FAMILIES[family], page, own=True)


def _shown(desk: Desk, family: Family, voice: VoiceRecord, row: VoiceRow | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "voice": plain(voice.voice, 200),
        "family": family.name,
        "target_model": voice.target_model,
        "language": voice.language,
        "voice_prompt": plain(voice.voice_prompt, _PROMPT_SHOWN),
        "created": plain(voice.created, 30),
        "voice_status": "" if voice.status == "OK" else plain(voice.status, 20),
        "cleanup": _cleanup(desk, family, voice, row),
        "preview_kept": bool(row and row.preview_audio_id),
        "shared": bool(row and row.shared_at),
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
        voice.get("voice_status", ""),
        plain(voice.get("voice_prompt", ""), _PROMPT_IN_A_LINE),
        voice.get("cleanup", ""),
    ]
    return f"- {voice['voice']}: {', '.join(part for part in rest if part)}"


def _more(listed: _Listed, page_index: int, page_size: int, *, alone: bool) -> str:
    if listed.page is None:
        return ""
    read = (page_index + 1) * page_size
    there_is = len(listed.page.voices) >= page_size if listed.used is None else read < listed.used
    if not there_is:
        return ""
    where = f"page_index {page_index + 1}" if alone else f"family {listed.family.name}, page_index {page_index + 1}"
    return f"More {'may be ' if listed.used is None else ''}on {where}."


TOOL = ToolSpec(
    function=list_voices,
    title="List voices",
    annotations=READS,
    scope="voices:read",
    meta=AUDITIONED,
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
