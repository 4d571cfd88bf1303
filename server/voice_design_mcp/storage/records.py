"""What is known of voices and audio: rows in, frozen records out. Every query names the account, and what its caller may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping

from ..changes import Change
from .database import Database, announce, stamp
from .schema import audio, voices

_LISTED: Final = ("speech", "narration")
"""The kinds of audio that are listed by themselves; previews are listed with their voices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRow:
    """A voice that was designed here."""

    account: str
    voice: str
    principal: str
    family: str
    target_model: str
    language: str
    voice_prompt: str
    preview_text: str
    preferred_name: str
    hold_id: str
    preview_audio_id: str
    created_at: str
    last_used_at: str
    preview_read_at: str
    reminded_at: str
    deleted_at: str
    shared_at: str


_FILE_NAME_BYTES: Final = 200
"""Of the 255 that a file's name may have; subtitles and single lines add to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRow:
    """A stored piece of audio. `measured` is JSON."""

    id: str
    account: str
    principal: str
    kind: str
    voice: str
    text: str
    mime_type: str
    response_format: str
    sha256: str
    object_key: str
    measured: str
    created_at: str
    name: str
    sample_rate_hz: int
    size_bytes: int
    duration_s: float

    @property
    def file_name(self) -> str:
        """What its copy is called. The id behind it keeps it apart from others, and from names that mean a device."""
        wanted = self.name or f"{self.voice}-{self.kind}"
        safe = "".join(character if character.isalnum() or character in "-_" else "_" for character in wanted)
        short = safe.strip("_")[:80].encode()[:_FILE_NAME_BYTES].decode(errors="ignore")
        return f"{short}-{self.id[4:12]}{PurePath(self.object_key).suffix}"


def _read(kind: type[Any], row: RowMapping) -> Any:
    return kind(**{name: row[name] for name in kind.__slots__})


class Records:
    """The voices and audio of one principal on one account.

    Args:
        database: Where they are kept.
        account: The vendor account.
        principal: Whose they are.
        clock: The time now, in UTC.
        every: Whether it sees those of everybody too.
    """

    def __init__(
        self, database: Database, account: str, principal: str, clock: Callable[[], datetime], *, every: bool = False
    ) -> None:
        self._database = database
        self._clock = clock
        self._account = account
        self._principal = principal
        own_voices = [] if every else [voices.c.principal == principal]
        self._my_voices = (voices.c.account == account, *own_voices)
        self._my_audio = (audio.c.account == account, *([] if every else [audio.c.principal == principal]))
        shared = [or_(voices.c.shared_at != "", *own_voices)] if own_voices else []
        self._usable = (voices.c.account == account, voices.c.deleted_at == "", *shared)

    async def voice(self, voice: str) -> VoiceRow | None:
        """A voice by name, deleted ones too."""
        query = select(voices).where(*self._my_voices, voices.c.voice == voice)
        row = await self._database.read(lambda db: db.execute(query).mappings().first())
        return _read(VoiceRow, row) if row else None

    async def usable_voice(self, voice: str) -> VoiceRow | None:
        """A voice by name that may be spoken with: one's own, or a shared one; not a deleted one."""
        query = select(voices).where(*self._usable, voices.c.voice == voice)
        row = await self._database.read(lambda db: db.execute(query).mappings().first())
        return _read(VoiceRow, row) if row else None

    async def usable_voices(self, family: str, offset: int, count: int) -> tuple[list[VoiceRow], int]:
        """The voices of a family that may be spoken with, the newest first, from an offset; and how many there are."""
        wanted = (*self._usable, voices.c.family == family)
        page = select(voices).where(*wanted).order_by(voices.c.created_at.desc(), voices.c.voice)
        total = select(func.count()).select_from(voices).where(*wanted)

        def look(db: Connection) -> tuple[list[VoiceRow], int]:
            rows = db.execute(page.offset(offset).limit(count)).mappings().all()
            return [_read(VoiceRow, row) for row in rows], int(db.scalar(total) or 0)

        return await self._database.read(look)

    async def preview(self, voice: VoiceRow) -> AudioRow | None:
        """The kept preview of a voice: whoever may speak with it may hear it."""
        query = select(audio).where(audio.c.account == self._account, audio.c.id == voice.preview_audio_id)
        row = await self._database.read(lambda db: db.execute(query).mappings().first())
        return _read(AudioRow, row) if row else None

    async def share(self, voice: str, *, shared: bool) -> bool:
        """Let everybody on the account speak with a voice, or nobody but its owner any more. False when there is no such voice."""
        change = update(voices).where(*self._my_voices, voices.c.voice == voice, voices.c.deleted_at == "")
        now = change.values(shared_at=stamp(self._clock()) if shared else "")
        return await self._database.write("shared", lambda db: db.execute(now).rowcount == 1)

    async def newest_voices(self, count: int) -> list[VoiceRow]:
        """The newest voices that are not deleted."""
        query = (
            select(voices)
            .where(*self._my_voices, voices.c.deleted_at == "")
            .order_by(voices.c.created_at.desc())
            .limit(count)
        )
        rows = await self._database.read(lambda db: db.execute(query).mappings().all())
        return [_read(VoiceRow, row) for row in rows]

    async def voices_named(self, names: list[str]) -> dict[str, VoiceRow]:
        """The records of those of these voices that may be spoken with, by name."""
        query = select(voices).where(*self._usable, voices.c.voice.in_(names))
        rows = await self._database.read(lambda db: db.execute(query).mappings().all())
        return {row["voice"]: _read(VoiceRow, row) for row in rows}

    async def mark(self, voice: str, column: str) -> bool:
        """Note that something happened to a voice now, once: `preview_read_at`, `reminded_at` or `deleted_at`.

        Returns:
            Whether it was the first time.
        """
        marked = voices.c[column]
        first = (
            update(voices)
            .where(*self._my_voices, voices.c.voice == voice, marked == "")
            .values({column: stamp(self._clock())})
        )
        return await self._database.write(f"marked {column}", lambda db: db.execute(first).rowcount == 1)

    async def used(self, voice: str) -> None:
        """Note that a voice was spoken with now, whoever it belongs to: the vendor deletes what nobody uses."""
        now = (
            update(voices)
            .where(voices.c.account == self._account, voices.c.voice == voice)
            .values(last_used_at=stamp(self._clock()))
        )
        await self._database.write("used", lambda db: db.execute(now))

    async def add_audio(self, **facts: Any) -> AudioRow:
        """Record a stored piece of audio."""
        values: dict[str, Any] = {
            "account": self._account,
            "principal": self._principal,
            "created_at": stamp(self._clock()),
            **facts,
        }

        def change(db: Connection) -> None:
            db.execute(insert(audio), values)
            if values["kind"] in _LISTED:
                announce(db, Change(self._account, self._principal, f"audio://{values['id']}"))

        await self._database.write("audio recorded", change)
        return AudioRow(**values)

    async def rename(self, row: AudioRow, name: str) -> AudioRow:
        """Call a piece of audio otherwise."""
        renamed = update(audio).where(*self._my_audio, audio.c.id == row.id).values(name=name)
        await self._database.write("audio renamed", lambda db: db.execute(renamed))
        return replace(row, name=name)

    async def audio(self, audio_id: str) -> AudioRow | None:
        """A piece of audio by id."""
        query = select(audio).where(*self._my_audio, audio.c.id == audio_id)
        row = await self._database.read(lambda db: db.execute(query).mappings().first())
        return _read(AudioRow, row) if row else None

    async def newest_audio(self, count: int) -> list[AudioRow]:
        """The newest speech and narrations."""
        query = (
            select(audio)
            .where(*self._my_audio, audio.c.kind.in_(_LISTED))
            .order_by(audio.c.created_at.desc())
            .limit(count)
        )
        rows = await self._database.read(lambda db: db.execute(query).mappings().all())
        return [_read(AudioRow, row) for row in rows]
