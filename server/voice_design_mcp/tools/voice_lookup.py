"""A voice by name: whose it is, by our own records and before anybody is asked; then what the vendor says of it, which decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..errors import InputError, VoiceNotFoundError
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..identity.principals import Principal
    from ..storage.records import VoiceRow
    from ..studio import Desk

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


async def usable(desk: Desk, caller: Principal, voice: str, *, to_change: bool = False) -> VoiceRow | None:
    """Our record of a voice that a caller may use, decided without the vendor.

    Args:
        desk: The open desk.
        caller: Who asks. The operator may use what we have no record of, too.
        voice: Its name.
        to_change: Only its owner's or the operator's will do, not a shared one.

    Returns:
        The record; None where there is none, which only the operator is told so.

    Raises:
        InputError: It can't be a voice's name.
        VoiceNotFoundError: It is another's, or nobody's: the two can't be told apart.
    """
    if not voice.strip():
        raise InputError("voice", "voice is empty.", hint="Give a name that list_voices shows.")
    if not _NAME.fullmatch(voice):
        raise VoiceNotFoundError(plain(voice, 60))
    row = await desk.library(caller).usable_voice(voice)
    refused = row is None or (to_change and row.principal != caller.id)
    if refused and not caller.operator:
        raise VoiceNotFoundError(voice)
    return row


async def record_of(desk: Desk, caller: Principal, voice: str, *, to_change: bool = False) -> VoiceRecord:
    """The vendor's record of a voice that a caller may use.

    Raises:
        InputError: It can't be a voice's name; nothing was sent.
        VoiceNotFoundError: It is not the caller's to use, and nothing was sent; or no family has it.
    """
    await usable(desk, caller, voice, to_change=to_change)
    return await vendor_record(desk, voice)


async def vendor_record(desk: Desk, voice: str) -> VoiceRecord:
    """The vendor's record of a voice, whoever it belongs to: the caller has been held to its own before.

    Raises:
        VoiceNotFoundError: No family has it.
    """
    for family in desk.families_of(voice):
        try:
            return await family.query(voice)
        except VoiceNotFoundError:
            continue
    raise VoiceNotFoundError(voice)
