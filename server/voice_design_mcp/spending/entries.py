"""What is only ever added: an entry for each thing that happened, and the record of each voice that was made."""

from __future__ import annotations

import logging

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.schema import entries, voices
from .holds import Hold
from .orders import Order

log = logging.getLogger(__name__)


async def enter(connection: AsyncConnection, hold: Hold, event: str, *, at: str, detail: str = "") -> None:
    """Enter what happened to a hold."""
    log.info("hold=%s kind=%s event=%s amount=%s%s", hold.id, hold.kind, event, hold.currency, hold.amount)
    await connection.execute(
        insert(entries).values(
            at=at,
            account=hold.account,
            principal=hold.principal,
            hold_id=hold.id,
            kind=hold.kind,
            event=event,
            voice=hold.voice,
            amount=hold.amount,
            currency=hold.currency,
            approved_by=hold.approved_by,
            detail=detail,
        )
    )


async def enter_act(
    connection: AsyncConnection, order: Order, event: str, *, at: str, voice: str, approved_by: str = ""
) -> None:
    """Enter what happened of an act that costs nothing and can't be undone."""
    log.info("act=%s voice=%s event=%s", order.action, voice, event)
    await connection.execute(
        insert(entries).values(
            at=at,
            account=order.account,
            principal=order.principal,
            kind=order.kind,
            event=event,
            voice=voice,
            amount=order.price.text,
            currency=order.price.currency,
            approved_by=approved_by,
        )
    )


async def record_voice(connection: AsyncConnection, hold: Hold, *, at: str) -> None:
    """Record the voice that a purchase made, or the preview that came home after it."""
    key = (voices.c.account == hold.account, voices.c.voice == hold.voice)
    if (await connection.execute(select(voices.c.voice).where(*key))).first() is not None:
        if hold.audio_id:
            await connection.execute(update(voices).where(*key).values(preview_audio_id=hold.audio_id))
        return
    described = {
        name: str(hold.arguments.get(name, ""))
        for name in ("family", "target_model", "language", "voice_prompt", "preview_text", "preferred_name")
    }
    await connection.execute(
        insert(voices).values(
            account=hold.account,
            voice=hold.voice,
            principal=hold.principal,
            hold_id=hold.id,
            preview_audio_id=hold.audio_id,
            created_at=at,
            **described,
        )
    )
