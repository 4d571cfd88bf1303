"""The pieces that were bought, by key: rows that say what is there, objects with the sound. Bounded: the longest unused go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update

from ..storage.database import Database, stamp
from ..storage.schema import segments
from ..storage.statements import TwinError, inserting, run

if TYPE_CHECKING:
    from ..storage.audio import AudioObjects

_AT_ONCE: Final = 500


class SegmentCache:
    """The cache of one principal; what it is bounded by is shared by all.

    Args:
        database: Where the rows are.
        objects: Where the sound is.
        clock: The time now, in UTC.
        account: The vendor account.
        principal: Whose pieces. Their keys are their own, too: nobody meets another's sound.
    """

    def __init__(
        self, database: Database, objects: AudioObjects, clock: Callable[[], datetime], account: str, principal: str
    ) -> None:
        self._database = database
        self._objects = objects
        self._clock = clock
        self._account = account
        self._principal = principal

    async def have(self, keys: Collection[str]) -> set[str]:
        """Those of the pieces that are here."""
        found: set[str] = set()
        for some in _parts(keys):
            query = select(segments.c.id).where(segments.c.id.in_(some))
            found.update(await self._database.read(lambda db, query=query: db.scalars(query).all()))
        return found

    async def use(self, keys: Collection[str]) -> None:
        """Note that pieces are used now."""
        now = stamp(self._clock())
        for some in _parts(keys):
            used = update(segments).where(segments.c.id.in_(some)).values(used_at=now)
            await self._database.write("segments used", lambda db, used=used: db.execute(used))

    async def sound(self, key: str) -> bytes | None:
        """A piece's sound as WAV; None, and forgotten, where somebody has removed it."""
        data = await self._objects.get(_object_key(key))
        if data is None:
            await self._forget([key])
        return data

    async def put(
        self, key: str, data: bytes, *, model: str, voice: str, sample_rate_hz: int, duration_s: float
    ) -> None:
        """Keep a piece. It is there when this returns, whatever happens next."""
        await self._objects.put(_object_key(key), data)
        now = stamp(self._clock())
        row: dict[str, Any] = {
            "id": key,
            "account": self._account,
            "principal": self._principal,
            "model": model,
            "voice": voice,
            "object_key": _object_key(key),
            "created_at": now,
            "used_at": now,
            "sample_rate_hz": sample_rate_hz,
            "size_bytes": len(data),
            "duration_s": duration_s,
        }
        try:
            await self._database.write("segment kept", lambda db: run(db, inserting(segments, tuple(row)), row))
        except TwinError:  # bought by somebody else at the same time; one sound is as good as the other
            await self.use([key])

    async def trim(self, most_bytes: int, *, spare_from: str) -> int:
        """Remove what was unused longest, until the rest fits.

        Args:
            most_bytes: What may stay.
            spare_from: What was used at this moment or later stays in any case: a narration under way needs it.

        Returns:
            How many were removed.
        """
        query = select(segments.c.id, segments.c.size_bytes, segments.c.used_at).order_by(segments.c.used_at.desc())
        rows = await self._database.read(lambda db: db.execute(query).all())
        total, gone = 0, list[str]()
        for key, size, used_at in rows:
            total += size
            if total > most_bytes and used_at < spare_from:
                gone.append(key)
        for key in gone:
            await self._objects.delete(_object_key(key))
        await self._forget(gone)
        return len(gone)

    async def _forget(self, keys: Sequence[str]) -> None:
        for some in _parts(keys):
            gone = delete(segments).where(segments.c.id.in_(some))
            await self._database.write("segments forgotten", lambda db, gone=gone: db.execute(gone))


def _object_key(key: str) -> str:
    return f"{key}.wav"


def _parts(keys: Collection[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, _AT_ONCE)):
        yield some
