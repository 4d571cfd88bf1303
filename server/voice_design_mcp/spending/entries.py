"""What is only ever added: an entry for each thing that happened, and the record of each voice that was made."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from ..changes import Change
from ..storage.database import announce
from ..storage.schema import entries, voices
from ..storage.statements import first, found, inserting, run
from .holds import Hold
from .money import Money
from .orders import Order

_NAMED: Final = "WHERE account = :account AND voice = :voice"
_GONE: Final = f"UPDATE voices SET deleted_at = :now {_NAMED} AND deleted_at = '' RETURNING principal"

log = logging.getLogger(__name__)


def enter(db: Connection, hold: Hold, event: str, *, at: str, detail: str = "") -> None:
    """Enter what happened to a hold."""
    log.info("hold=%s kind=%s event=%s amount=%s%s", hold.id, hold.kind, event, hold.currency, hold.amount)
    _insert(
        db,
        {
            "at": at,
            "account": hold.account,
            "principal": hold.principal,
            "hold_id": hold.id,
            "kind": hold.kind,
            "event": event,
            "voice": hold.voice,
            "amount": hold.amount,
            "currency": hold.currency,
            "approved_by": hold.approved_by,
            "detail": detail,
        },
    )


def enter_correction(db: Connection, before: Hold, after: Hold, *, at: str) -> None:
    """Enter by how much a charge was wrong, where the owner's real answer says another amount than was booked."""
    difference = Decimal(after.amount) - Decimal(before.amount)
    if difference:
        changed = replace(after, amount=Money(difference, after.currency).text)
        enter(db, changed, "corrected", at=at, detail=f"booked as {before.amount}")


def enter_act(db: Connection, order: Order, event: str, *, at: str, voice: str, approved_by: str = "") -> None:
    """Enter what happened of an act that costs nothing and can't be undone."""
    log.info("act=%s voice=%s event=%s", order.action, voice, event)
    _insert(
        db,
        {
            "at": at,
            "account": order.account,
            "principal": order.principal,
            "kind": order.kind,
            "event": event,
            "voice": voice,
            "amount": order.price.text,
            "currency": order.price.currency,
            "approved_by": approved_by,
        },
    )


def _insert(db: Connection, entry: dict[str, Any]) -> None:
    run(db, inserting(entries, tuple(entry)), entry)


def record_voice(db: Connection, hold: Hold, *, at: str) -> None:
    """Record the voice that a purchase made, or the preview that came home after it."""
    named = {"account": hold.account, "voice": hold.voice, "preview": hold.audio_id}
    if first(db, f"SELECT voice FROM voices {_NAMED}", named) is None:
        record = _record(hold, at)
        run(db, inserting(voices, tuple(record)), record)
    elif hold.audio_id:
        run(db, f"UPDATE voices SET preview_audio_id = :preview {_NAMED}", named)
    else:
        return
    announce(db, Change(hold.account, hold.principal, f"voice://{hold.voice}"))


def record_gone(db: Connection, account: str, voice: str, *, at: str) -> None:
    """Record that a voice is not on the account any more."""
    for row in found(db, _GONE, {"account": account, "voice": voice, "now": at}):
        announce(db, Change(account, row["principal"], f"voice://{voice}"))


def _record(hold: Hold, at: str) -> dict[str, str]:
    described = ("family", "target_model", "language", "voice_prompt", "preview_text", "preferred_name")
    return {
        **{name: str(hold.arguments.get(name, "")) for name in described},
        "account": hold.account,
        "voice": hold.voice,
        "principal": hold.principal,
        "hold_id": hold.id,
        "preview_audio_id": hold.audio_id,
        "created_at": at,
    }
