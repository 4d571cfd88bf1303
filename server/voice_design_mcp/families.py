"""Which module serves which target model, and how an account is looked through, whatever the family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from .catalog import FAMILIES, MODELS
from .dashscope.enrollment import EnrollmentFamily, model_of
from .dashscope.qwen import QwenFamily
from .errors import InputError, UnavailableError, VoiceNotFoundError

if TYPE_CHECKING:
    from .dashscope.http import Http
    from .dashscope.seam import VoiceFamily, VoiceRecord

MAKERS: Final[Mapping[str, Callable[[Http], VoiceFamily]]] = {
    "qwen": QwenFamily,
    "enrollment": EnrollmentFamily,
}
"""Family name → the class that speaks to the vendor for it."""
SERVED_BY: Final[Mapping[str, Callable[[Http], VoiceFamily]]] = {
    model.id: MAKERS[model.family] for model in MODELS.values()
}
"""Target model → the class that serves it."""

_PAGE_SIZE: Final = 100
_SCANS: Final = 3


def known_model(target_model: str) -> str:
    """The target model itself, when the catalog has it.

    Raises:
        InputError: It has not; the message lists those it has.
    """
    if target_model not in SERVED_BY:
        raise InputError(
            "target_model",
            f"target_model {target_model!r} is not one that voices are designed for.",
            hint=f"Use one of: {', '.join(SERVED_BY)}.",
        )
    return target_model


def family_named_by(voice: str) -> str:
    """The family that a voice's name tells, empty where it tells none: then every family may have it."""
    if voice.startswith("qwen-tts-vd-"):
        return "qwen"
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
