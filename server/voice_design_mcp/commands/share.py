"""`share`: let everybody on the account speak with a voice, or nobody but its owner any more. The operator's act."""

from __future__ import annotations

import anyio

from ..app import build_server
from ..config import Settings
from ..errors import VoiceNotFoundError
from ..identity.principals import LOCAL


def share(settings: Settings, voice: str, *, shared: bool) -> int:
    """Share a voice that was designed here, or take it back.

    Raises:
        VoiceNotFoundError: There is no record of it, or it was deleted.
    """
    anyio.run(_share, settings, voice, shared)
    print(f"{voice} can be {'heard and used by everybody' if shared else 'used by its owner alone'}.")
    return 0


async def _share(settings: Settings, voice: str, shared: bool) -> None:  # noqa: FBT001 anyio.run passes positions
    async with build_server(settings).studio as studio:
        desk = await studio.open()
        if not await desk.library(LOCAL).share(voice, shared=shared):
            raise VoiceNotFoundError(voice)
