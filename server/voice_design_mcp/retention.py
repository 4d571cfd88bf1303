"""Removes speech and narrations that are older, or together larger, than the settings allow. Any replica does it, one at a time.

Previews stay: a vendor gives each only once, and an open voice is made of its own. So does what is younger than an hour (a call
that is answered now names it, and the same call made again returns it), what a purchase that is not settled names, and a
narration that its caller has not been given yet.

What happens if the process dies, line by line:

    claim           before its commit: another replica claims. After: nothing is removed until the next is due, an hour later.
    forget          one transaction: the records go and their objects are noted. Before its commit: nothing happened.
    delete objects  some are left in the store, and noted: whoever claims next goes on with them.
    strike out      the same; to delete an object that is not there is no error.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import anyio
from sqlalchemy import ColumnElement, Connection, delete, exists, insert, or_, select, update

from .changes import Change
from .errors import VoiceDesignError
from .storage.database import announce, stamp
from .storage.schema import audio, chores, holds, narrations, removals

if TYPE_CHECKING:
    from .desk import Desk
    from .studio import Studio

EVERY: Final = timedelta(hours=1)
SPARED: Final = timedelta(hours=1)
_LOOK_EVERY_S: Final = 600.0
_CHORE: Final = "retention"
_REMOVABLE: Final = ("speech", "narration")
_UNSETTLED: Final = ("held", "sent", "answered", "unknown")
_AT_ONCE: Final = 100

log = logging.getLogger(__name__)


async def keep_within_limits(studio: Studio) -> None:
    """Remove what is to go, again and again, until it is cancelled. Where that fails the next time goes on with it."""
    while True:
        try:
            await apply(await studio.open())
        except VoiceDesignError as error:
            log.warning("audio could not be removed: %s", error.code)
        except Exception:
            log.exception("audio could not be removed")
        await anyio.sleep(_LOOK_EVERY_S)


async def apply(desk: Desk) -> int | None:
    """Remove what is to go, if it is due and no other replica has taken it on.

    Returns:
        How many pieces of audio were removed; None where it was not this one's turn.

    Raises:
        StorageError: The database or the store could not be reached.
    """
    if not await _claim(desk):
        return None
    await _delete_noted(desk)
    going = await _going(desk)
    gone = 0
    for first in range(0, len(going), _AT_ONCE):
        gone += await _forget(desk, going[first : first + _AT_ONCE])
        await _delete_noted(desk)
    if gone:
        log.info("removed %d pieces of audio by age or size", gone)
    return gone


async def _claim(desk: Desk) -> bool:
    now = desk.clock()
    due = update(chores).where(chores.c.name == _CHORE, chores.c.due_at <= stamp(now))
    taken = due.values(due_at=stamp(now + EVERY))
    return await desk.database.write("retention claimed", lambda db: db.execute(taken).rowcount == 1)


def _may_go(desk: Desk) -> tuple[ColumnElement[bool], ...]:
    """What a piece of audio must be to be removed."""
    open_narration = or_(narrations.c.state == "running", narrations.c.delivered_at == "")
    return (
        audio.c.kind.in_(_REMOVABLE),
        audio.c.created_at < stamp(desk.clock() - SPARED),
        ~exists().where(holds.c.audio_id == audio.c.id, holds.c.state.in_(_UNSETTLED)),
        ~exists().where(narrations.c.audio_id == audio.c.id, open_narration),
        ~exists().where(narrations.c.result.contains(audio.c.id), open_narration),  # a comparison's clips
    )


async def _going(desk: Desk) -> list[str]:
    """What is too old, and what is the oldest of too much. The ids only: each is looked at again when it goes."""
    hosting = desk.settings.hosting
    before = stamp(desk.clock() - timedelta(days=hosting.audio_keep_days)) if hosting.audio_keep_days else ""
    every = select(audio.c.id, audio.c.size_bytes, audio.c.created_at).where(audio.c.kind.in_(_REMOVABLE))
    newest_first = every.order_by(audio.c.created_at.desc(), audio.c.id)
    may_go = select(audio.c.id).where(*_may_go(desk))

    def look(db: Connection) -> list[str]:
        removable = set(db.scalars(may_go))
        kept, going = 0, list[str]()
        for audio_id, size, created_at in db.execute(newest_first):
            too_much = bool(hosting.audio_max_bytes) and kept + size > hosting.audio_max_bytes
            if audio_id in removable and (created_at < before or too_much):
                going.append(audio_id)
            else:
                kept += size
        return going

    return await desk.database.read(look)


async def _forget(desk: Desk, ids: Sequence[str]) -> int:
    """Remove records, those that may still go, and note their objects, all at once."""
    now = stamp(desk.clock())
    which = select(audio).where(audio.c.id.in_(ids), *_may_go(desk))

    def forget(db: Connection) -> int:
        gone = 0
        for row in db.execute(which).mappings().all():
            taken = delete(audio).where(audio.c.id == row["id"], *_may_go(desk))
            if db.execute(taken).rowcount != 1:
                continue
            gone += 1
            told = select(narrations.c.result).where(narrations.c.audio_id == row["id"])
            keys = _objects(row, db.scalar(told))
            db.execute(insert(removals), [{"object_key": key, "created_at": now} for key in keys])
            announce(db, Change(row["account"], row["principal"], f"audio://{row['id']}"))
        return gone

    return await desk.database.write("audio forgotten", forget)


def _objects(row: Any, narrated: str | None) -> list[str]:
    """Every object of a piece of audio: of a narration its subtitles, chapters and lines too."""
    if row["kind"] != "narration":
        return [row["object_key"]]
    from .narration.finished import line_object, objects_of
    from .storage.records import AudioRow

    record = AudioRow(**{name: row[name] for name in AudioRow.__slots__})
    lines = int(json.loads(narrated or "{}").get("line_files", 0))
    keys = {key for kind, key in objects_of(record).items() if kind != "lines"}
    return sorted(keys | {line_object(record, line) for line in range(1, lines + 1)})


async def _delete_noted(desk: Desk) -> None:
    """Delete the objects that were noted, and strike them out."""
    some = select(removals.c.object_key).order_by(removals.c.object_key).limit(_AT_ONCE)
    while keys := await desk.database.read(lambda db: list(db.scalars(some))):
        for key in keys:
            await desk.audio.delete(key)
        struck = delete(removals).where(removals.c.object_key.in_(keys))
        await desk.database.write("removals struck out", lambda db, struck=struck: db.execute(struck))
