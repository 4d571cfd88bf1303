"""A voice by name: checked, then asked for at the vendor, whose answer decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..errors import InputError, VoiceNotFoundError
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..studio import Desk

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


async def record_of(desk: Desk, voice: str) -> VoiceRecord:
    """The vendor's record of a voice.

    Raises:
        InputError: It can't be a voice's name; nothing was sent.
        VoiceNotFoundError: No family has it.
    """
    if not voice.strip():
        raise InputError("voice", "voice is empty.", hint="Give a name that list_voices shows.")
    if not _NAME.fullmatch(voice):
        raise VoiceNotFoundError(plain(voice, 60))
    for family in desk.families_of(voice):
        try:
            return await family.query(voice)
        except VoiceNotFoundError:
            continue
    raise VoiceNotFoundError(voice)
