"""synthesize with a text that is longer than one request may be: in pieces, under one approval, as one file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread

from . import gate, long_speech_words
from .in_pieces import InPieces
from .speech_purchase import options_of, rate_to_ask_for
from .voice_lookup import speaker_of

if TYPE_CHECKING:
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..narration.plan import Plan
    from ..spending.orders import Arguments
    from .gate import Ctx


def in_pieces(ctx: Ctx, desk: Desk) -> InPieces:
    """The caller's way with a long text."""
    from ..narration.narrating import Narrations

    caller = gate.caller_of(ctx)
    return InPieces(
        ctx=ctx,
        desk=desk,
        narrations=Narrations(desk, caller.id),
        planned=partial(_planned, desk, caller),
        words=long_speech_words,
    )


async def _planned(desk: Desk, caller: Principal, arguments: Arguments) -> Plan:
    from ..narration.plan import Reader
    from ..narration.prose import planned

    speaker = await speaker_of(desk, caller, str(arguments["voice"]))
    reader = Reader(
        voice=str(arguments["voice"]),
        model=speaker.model,
        made_for=speaker.language,
        language=str(arguments["language"]),
        options=options_of(arguments, rate_to_ask_for(speaker.model, int(arguments["sample_rate"]))),
    )
    given = {name: str(arguments[name]) for name in ("response_format", "sample_rate", "name")}
    given |= {"lufs": str(desk.settings.loudness_lufs or "as spoken"), "line_files": ""}
    owner = f"{desk.account.id} {caller.id}"
    return await anyio.to_thread.run_sync(planned, str(arguments["text"]), reader, owner, given)
