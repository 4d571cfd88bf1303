"""What is kept here of open voices: the clip that each is made of, and what it was designed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..catalog import OPEN
from ..storage.audio import AudioObjects
from ..storage.database import Database
from ..storage.records import Records, VoiceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A voice as it is kept. `clip` is a WAV, empty where it was lost; `used` says whether it has spoken since its design."""

    voice: str
    language: str
    voice_prompt: str
    preview_text: str
    created: str
    used: bool
    clip: bytes = b""


class Shelf:
    """The open voices of an account, whoever they belong to: whose a voice is has been decided before.

    Args:
        database: Where their records are.
        audio: Where their clips are.
        account: The account.
        clock: The time now, in UTC.
    """

    def __init__(self, database: Database, audio: AudioObjects, account: str, clock: Callable[[], datetime]) -> None:
        self._records = Records(database, account, "", clock, every=True)
        self._audio = audio

    async def voices(self) -> list[Kept]:
        """Every voice that was not deleted, the newest first, without its clip."""
        rows, _ = await self._records.usable_voices(OPEN.name, 0, OPEN.voice_quota)
        return [_kept(row) for row in rows]

    async def voice(self, name: str) -> Kept | None:
        """A voice with its clip; None where there is none, or none any more."""
        row = await self._records.usable_voice(name)
        if row is None:
            return None
        preview = await self._records.preview(row)
        return _kept(row, (await self._audio.get(preview.object_key) if preview else None) or b"")


def _kept(row: VoiceRow, clip: bytes = b"") -> Kept:
    return Kept(
        voice=row.voice,
        language=row.language,
        voice_prompt=row.voice_prompt,
        preview_text=row.preview_text,
        created=row.created_at[:19].replace("T", " "),
        used=bool(row.last_used_at),
        clip=clip,
    )
