"""What is known of voices and audio: rows in, frozen records out. Every query names the account, and what its caller may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from ..changes import Change
from .database import Database, announce, stamp
from .schema import audio
from .statements import Row, inserting, listed, run, setting

_Kept = TypeVar("_Kept")

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


_VOICE: Final = ", ".join(VoiceRow.__slots__)
_AUDIO: Final = ", ".join(AudioRow.__slots__)


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
        self._who = {"account": account, "principal": principal}
        self._mine = "account = :account" if every else "account = :account AND principal = :principal"
        shared = "" if every else " AND (shared_at <> '' OR principal = :principal)"
        self._usable = f"account = :account AND deleted_at = ''{shared}"

    async def voice(self, voice: str) -> VoiceRow | None:
        """A voice by name, deleted ones too."""
        return _first(VoiceRow, await self._voices(f"{self._mine} AND voice = :voice", voice=voice))

    async def usable_voice(self, voice: str) -> VoiceRow | None:
        """A voice by name that may be spoken with: one's own, or a shared one; not a deleted one."""
        return _first(VoiceRow, await self._voices(f"{self._usable} AND voice = :voice", voice=voice))

    async def usable_voices(self, family: str, offset: int, count: int) -> tuple[list[VoiceRow], int]:
        """The voices of a family that may be spoken with, the newest first, from an offset; and how many there are."""
        wanted = f"{self._usable} AND family = :family"
        page = f"{wanted} ORDER BY created_at DESC, voice LIMIT :count OFFSET :offset"
        rows = await self._voices(page, family=family, count=count, offset=offset)
        [total] = await self._database.rows(
            f"SELECT COUNT(*) AS voices FROM voices WHERE {wanted}",
            {**self._who, "family": family},
        )
        return [VoiceRow(**row) for row in rows], int(total["voices"])

    async def preview(self, voice: VoiceRow) -> AudioRow | None:
        """The kept preview of a voice: whoever may speak with it may hear it."""
        return _first(AudioRow, await self._audio("account = :account AND id = :id", id=voice.preview_audio_id))

    async def share(self, voice: str, *, shared: bool) -> bool:
        """Let everybody on the account speak with a voice, or nobody but its owner any more. False when there is no such voice."""
        now = stamp(self._clock()) if shared else ""
        where = f"{self._mine} AND voice = :voice AND deleted_at = ''"
        return await self._change("shared", "voices", {"shared_at": now}, where, hasty=False, voice=voice) == 1

    async def newest_voices(self, count: int) -> list[VoiceRow]:
        """The newest voices that are not deleted."""
        newest = f"{self._mine} AND deleted_at = '' ORDER BY created_at DESC LIMIT :count"
        return [VoiceRow(**row) for row in await self._voices(newest, count=count)]

    async def voices_named(self, names: Sequence[str]) -> dict[str, VoiceRow]:
        """The records of those of these voices that may be spoken with, by name."""
        if not names:
            return {}
        among, values = listed(names)
        rows = await self._voices(f"{self._usable} AND voice IN {among}", **values)
        return {row["voice"]: VoiceRow(**row) for row in rows}

    async def mark(self, voice: str, column: str) -> bool:
        """Note that something happened to a voice now, once: `preview_read_at`, `reminded_at` or `deleted_at`.

        Returns:
            Whether it was the first time.
        """
        first = f"{self._mine} AND voice = :voice AND {column} = ''"
        now = {column: stamp(self._clock())}
        return await self._change(f"marked {column}", "voices", now, first, voice=voice) == 1

    async def used(self, voice: str) -> None:
        """Note that a voice was spoken with now, whoever it belongs to: the vendor deletes what nobody uses."""
        now = {"last_used_at": stamp(self._clock())}
        await self._change("used", "voices", now, "account = :account AND voice = :voice", voice=voice)

    async def add_audio(self, **facts: Any) -> AudioRow:
        """Record a stored piece of audio."""
        values: dict[str, Any] = {**self._who, "created_at": stamp(self._clock()), **facts}

        def change(db: Connection) -> None:
            run(db, inserting(audio, tuple(values)), values)
            if values["kind"] in _LISTED:
                announce(db, Change(values["account"], values["principal"], f"audio://{values['id']}"))

        await self._database.write("audio recorded", change, hasty=True)  # a file is not waited for either
        return AudioRow(**values)

    async def rename(self, row: AudioRow, name: str) -> AudioRow:
        """Call a piece of audio otherwise."""
        mine = f"{self._mine} AND id = :id"
        await self._change("audio renamed", "audio", {"name": name}, mine, hasty=False, id=row.id)
        return replace(row, name=name)

    async def audio(self, audio_id: str) -> AudioRow | None:
        """A piece of audio by id."""
        return _first(AudioRow, await self._audio(f"{self._mine} AND id = :id", id=audio_id))

    async def newest_audio(self, count: int) -> list[AudioRow]:
        """The newest speech and narrations."""
        among, kinds = listed(_LISTED)
        newest = f"{self._mine} AND kind IN {among} ORDER BY created_at DESC LIMIT :count"
        return [AudioRow(**row) for row in await self._audio(newest, count=count, **kinds)]

    async def _voices(self, where: str, **values: Any) -> list[Row]:
        return await self._database.rows(f"SELECT {_VOICE} FROM voices WHERE {where}", {**self._who, **values})

    async def _audio(self, where: str, **values: Any) -> list[Row]:
        return await self._database.rows(f"SELECT {_AUDIO} FROM audio WHERE {where}", {**self._who, **values})

    async def _change(
        self, name: str, table: str, now: Mapping[str, str], where: str, *, hasty: bool = True, **values: Any
    ) -> int:
        """How many rows a change changed: hasty where it notes what was seen, not where it is what somebody asked for."""
        sql, named = f"UPDATE {table} SET {setting(tuple(now))} WHERE {where}", {**self._who, **now, **values}
        return await self._database.write(name, lambda db: run(db, sql, named).rowcount, hasty=hasty)


def _first(kind: Callable[..., _Kept], rows: Sequence[Row]) -> _Kept | None:
    return kind(**rows[0]) if rows else None
