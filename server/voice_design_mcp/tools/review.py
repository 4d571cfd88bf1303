"""The vendor's review of a new voice: waited for, with progress, for as long as a call may last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from ..catalog import family_of
from ..errors import UpstreamError, VoiceNotFoundError

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord
    from ..desk import Desk
    from .gate import Ctx

READY: Final = "OK"
IN_REVIEW: Final = "DEPLOYING"
UNTOLD: Final = "UNTOLD"
"""Our own: the vendor could not be asked."""


async def status_of_new(ctx: Ctx, desk: Desk, target_model: str, voice: str) -> str:
    """How a voice just made stands, when its review is over or our patience is. The voice is made whatever this says."""
    if not family_of(target_model).reviewed:
        return READY
    try:
        return (await reviewed(ctx, desk, target_model, voice)).status
    except (UpstreamError, VoiceNotFoundError):
        return UNTOLD


async def reviewed(ctx: Ctx, desk: Desk, target_model: str, voice: str) -> VoiceRecord:
    """A voice's record, when its review is over or our patience is.

    Raises:
        VoiceNotFoundError: The vendor says there is no such voice.
        UpstreamError: The vendor could not be asked.
    """
    family, patience = desk.family(target_model), desk.patience
    record = await family.query(voice)
    with anyio.move_on_after(patience.review_s):
        waited_s = 0.0
        while record.status == IN_REVIEW:
            await ctx.report_progress(waited_s, patience.review_s, f"The vendor reviews {voice}")
            await anyio.sleep(patience.review_every_s)
            waited_s += patience.review_every_s
            record = await family.query(voice)
    return record


def advice(status: str) -> str:
    """What to do with a voice of this status; empty when it can speak."""
    if status == READY:
        return ""
    if status == IN_REVIEW:
        return (
            "The vendor still reviews this voice, and until then it can't speak: make the same call again, or look with get_voice; "
            "voice_status OK means that it can. Its slot is taken and nothing more is charged."
        )
    if status == UNTOLD:
        return (
            "Whether it can speak yet could not be learned. The same call takes it up again and designs nothing; "
            "get_voice says what is in the way."
        )
    return (
        f"The vendor's review did not pass this voice ({status}), so it can't speak: delete it to free its slot, and describe "
        "another without a named person, a brand or anything offensive."
    )
