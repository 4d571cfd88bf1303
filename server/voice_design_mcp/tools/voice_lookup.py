"""A voice by name: whose it is, by our own records and before anybody is asked; then what the vendor says of it, which decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ..catalog import MODELS, family_of
from ..catalog_rows import TargetModel
from ..errors import InputError, UnavailableError, VoiceNotFoundError
from .review import IN_REVIEW, READY, advice
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..storage.records import VoiceRow

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Speaker(NamedTuple):
    """A voice's model, and the language that it was designed in, "" where that is not told."""

    model: TargetModel
    language: str


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


async def speaker_of(desk: Desk, caller: Principal, voice: str) -> Speaker:
    """The model that speaks with a voice that a caller may use: what is known here, else what the vendor says.

    Raises:
        InputError: There is no such voice, or its model is not known here.
    """
    known = await usable(desk, caller, voice) or await vendor_record(desk, voice)
    model = MODELS.get(known.target_model)
    if model is None:
        raise InputError(
            "voice",
            f"{voice!r} speaks with {known.target_model or 'an unknown model'}, which this version does not know.",
            hint=f"Use a voice designed for one of: {', '.join(MODELS)}.",
            code="model_not_spoken_here",
        )
    return Speaker(model, known.language)


async def may_speak(desk: Desk, model: TargetModel, voice: str) -> None:
    """See that the review of a voice is over: until then the vendor bills a silence.

    Raises:
        UnavailableError: It is not.
        InputError: The voice did not pass it.
    """
    if not family_of(model.id).reviewed or voice in desk.reviewed:
        return
    status = (await desk.family(model.id).query(voice)).status
    if status == IN_REVIEW:
        raise UnavailableError(
            f"The vendor still reviews {voice}; nothing was sent.",
            hint="Call again in a minute.",
            code="voice_in_review",
            retryable=True,
        )
    if status != READY:
        raise InputError("voice", f"{voice}: {advice(status)}", hint="Use another voice.", code="voice_rejected")
    desk.reviewed.add(voice)
