"""Which module serves which target model, and how an account is looked through, whatever the family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from .catalog import FAMILIES, MODELS, OPEN, OPEN_MODEL
from .dashscope.enrollment import EnrollmentFamily, model_of
from .dashscope.qwen import QwenFamily
from .errors import InputError, UnavailableError, VoiceNotFoundError

if TYPE_CHECKING:
    from .config import Settings
    from .dashscope.http import Http
    from .dashscope.seam import VoiceFamily, VoiceRecord
    from .openweights.shelf import Shelf
    from .spending.recovery import Look

MAKERS: Final[Mapping[str, Callable[[Http], VoiceFamily]]] = {
    "qwen": QwenFamily,
    "enrollment": EnrollmentFamily,
}
"""Family name → the class that speaks to the vendor for it. The open family is no vendor's: `openweights`."""
_PAGE_SIZE: Final = 100
_SCANS: Final = 3


def families_for(
    settings: Settings, http: Http, shelf: Callable[[], Shelf], beside: Mapping[str, VoiceFamily] | None = None
) -> dict[str, VoiceFamily]:
    """The families that can be used, by name: the vendor's of the region, all of them where another host answers; the user's own.

    Args:
        settings: Which are set up.
        http: The way to the vendor.
        shelf: Makes what is kept of the voices of the user's own servers.
        beside: The families of another account here, whose connections to those servers are used too.
    """
    anywhere = settings.sandbox or bool(settings.base_url)
    vendor_s = {name: FAMILIES[name].regions for name in MAKERS if anywhere or settings.api_key}
    offered: dict[str, VoiceFamily] = {
        name: MAKERS[name](http) for name, regions in vendor_s.items() if anywhere or settings.region in regions
    }
    if settings.open_servers:
        from .openweights.family import OpenFamily

        opened = (beside or {}).get(OPEN.name)
        own = (
            opened.with_shelf(shelf()) if isinstance(opened, OpenFamily) else OpenFamily(settings.open_servers, shelf())
        )
        offered[OPEN.name] = own
    return offered


def look_through(families: Mapping[str, VoiceFamily]) -> Look:
    """How recovery looks for tags: through one family of the account."""
    from .spending.recovery import Seen

    async def look(name: str, wanted: Callable[[str], bool]) -> list[Seen]:
        if name not in families:
            raise UnavailableError(f"The family {name!r} is not offered in the region that is set now.")
        return [Seen(record.voice, record.voice_prompt) for record in await voices_named(families[name], name, wanted)]

    return look


def known_model(target_model: str) -> str:
    """The target model itself, when the catalog has it.

    Raises:
        InputError: It has not; the message lists those it has.
    """
    if target_model not in MODELS:
        raise InputError(
            "target_model",
            f"target_model {target_model!r} is not one that voices are designed for.",
            hint=f"Use one of: {', '.join(MODELS)}.",
        )
    return target_model


def family_named_by(voice: str) -> str:
    """The family that a voice's name tells, empty where it tells none: then every family may have it."""
    if voice.startswith("qwen-tts-vd-"):
        return "qwen"
    if voice.startswith(f"{OPEN_MODEL}-"):
        return OPEN.name
    model = MODELS.get(model_of(voice))
    return model.family if model else ""


async def every_voice(family: VoiceFamily, name: str) -> list[VoiceRecord]:
    """Every voice of the account, from a complete scan.

    Args:
        family: The family that lists them.
        name: The family's name in the catalog.

    Raises:
        UnavailableError: The list changed under every scan, or is longer than it lets itself be read.
        UpstreamError: A page could not be read.
    """
    return list((await _whole_scan(family, name)).voices.values())


async def voices_named(family: VoiceFamily, name: str, wanted: Callable[[str], bool]) -> list[VoiceRecord]:
    """Every voice of the account whose name passes a test, descriptions filled in: what is not among them is not there.

    A list of several pages is read until two scans agree: while one voice goes and another comes, pages shift and totals don't.

    Args:
        family: The family that lists them.
        name: The family's name in the catalog.
        wanted: The test.

    Raises:
        UpstreamError: As `every_voice`.
    """
    scan = await _whole_scan(family, name)
    for _ in range(_SCANS):
        before, scan = scan, scan if scan.pages == 1 else await _whole_scan(family, name)
        if before.voices.keys() == scan.voices.keys():
            return [await _described(family, record) for record in scan.voices.values() if wanted(record.voice)]
    raise _restless()


class _Scan(NamedTuple):
    voices: dict[str, VoiceRecord]
    pages: int


async def _whole_scan(family: VoiceFamily, name: str) -> _Scan:
    for _ in range(_SCANS):
        scan = await _scan(family, FAMILIES[name].page_index_max)
        if scan is not None:
            return scan
    raise _restless()


async def _scan(family: VoiceFamily, last_page: int) -> _Scan | None:
    """One pass over the list, by the page size really returned; None when the total changed on the way.

    A list that tells no total ends with a page that is empty, or shorter than the one before it.
    """
    seen: dict[str, VoiceRecord] = {}
    total: int | None = None
    before = 0
    for index in range(last_page + 1):
        page = await family.list_page(index, _PAGE_SIZE)
        if index and page.total_count != total:
            return None
        total = page.total_count
        seen.update((record.voice, record) for record in page.voices)
        if total is None and len(page.voices) < max(before, 1):
            return _Scan(seen, index + bool(page.voices))
        if total is not None and (not page.voices or len(seen) >= total):
            return _Scan(seen, index + 1) if len(seen) == total else None
        before = len(page.voices)
    return None


async def _described(family: VoiceFamily, record: VoiceRecord) -> VoiceRecord:
    """A listed voice with its description, which some lists leave out."""
    if record.voice_prompt:
        return record
    try:
        return await family.query(record.voice)
    except VoiceNotFoundError:
        return record


def _restless() -> UnavailableError:
    return UnavailableError("The list of voices kept changing while it was read.", hint="Try again.", retryable=True)
