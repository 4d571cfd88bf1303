"""One piece: from the cache, from what an earlier run left, or bought. Nothing is bought twice that may have been billed once.

The hold of a piece stays live as long as its sound is in the cache, so that whoever buys the same meets it, however late its look
into the cache was. It ends when the sound has been removed, or its loss has been told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import anyio

from ..at_work import worked
from ..errors import RateLimitedError, RejectedError, UpstreamError
from ..spending.orders import Order
from ..spending.purchase import PendingPurchaseError

if TYPE_CHECKING:
    from ..dashscope.seam import SpokenAudio
    from ..desk import Desk
    from ..spending.holds import Hold
    from .cache import SegmentCache
    from .plan import Piece

TRIES: Final = 5
"""How often a piece is asked for whose refusal cost nothing and may pass, and a sound that was paid for is fetched."""
_PART_BYTES: Final = 96_000
_OF_THE_TEXT: Final = frozenset({"content_refused", "text_refused", "not_spoken", "rejected"})
"""Refusals that are about this text; any other would meet every piece."""

log = logging.getLogger(__name__)


class Approval(NamedTuple):
    """Whose purchase it is, under which quote, by whose word."""

    principal: str
    quote_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece.

    `cached` and `made`: its sound is in the cache. `lost`: paid for, or counted as paid for, and its sound can't be had.
    `refused`: the vendor does not say it, and billed nothing. `pending`: it may still turn out either way.
    """

    kind: Literal["cached", "made", "lost", "refused", "pending"]
    reason: str = ""
    hold: Hold | None = None


class LostSoundError(Exception):
    """What was paid for can't be had as sound; the text says why."""


def order_of(desk: Desk, principal: str, piece: Piece) -> Order:
    """The purchase of a piece. Its key is one of the arguments: the folding that an approval allows would make two texts one."""
    price = desk.prices.speech(piece.reader.model.id, piece.characters)
    arguments: dict[str, str | int | float] = {
        "segment": piece.key,
        "voice": piece.reader.voice,
        "text": piece.text,
        "language": piece.reader.language,
    }
    return Order(
        account=desk.account.id,
        principal=principal,
        action="speech",
        arguments=arguments,
        model=piece.reader.model.id,
        price=price,
        usd_micros=desk.prices.usd_micros(price),
        characters=piece.characters,
    )


async def obtain(desk: Desk, cache: SegmentCache, piece: Piece, approval: Approval) -> Outcome:
    """See that a piece's sound is in the cache.

    Raises:
        UpstreamError: The vendor does not speak at all now; nothing was billed.
        SpendError: A cap would be passed, or the approval; nothing was sent.
    """
    if await cache.have([piece.key]):
        return Outcome("cached")
    order = order_of(desk, approval.principal, piece)
    left = await desk.ledger.live(order)
    settled = left and await _settled(desk, cache, piece, left)
    if settled is not None:
        return settled
    try:
        hold, mine = await _bought(desk, cache, piece, order, approval)
        if mine and hold.audio_id:
            return Outcome("made", hold=hold)
        return await _fetched(desk, cache, piece, hold)
    except PendingPurchaseError as waiting:
        return Outcome("pending", hold=waiting.hold)
    except RejectedError as refused:
        if refused.code not in _OF_THE_TEXT:
            raise
        return Outcome("refused", refused.message)


async def _settled(desk: Desk, cache: SegmentCache, piece: Piece, left: Hold) -> Outcome | None:
    """What comes of a purchase that was begun before; None where the piece may be bought."""
    if left.owner != desk.ledger.owner:
        left = await desk.recovery.settle(left)
        if not left.settled:  # another process is at it, or has died at it; its deadline tells
            return Outcome("pending", hold=left)
    if left.state != "charged":
        return None
    if not left.audio_id:
        return await _fetched(desk, cache, piece, left)
    if await cache.have([piece.key]):  # it came after the look that began this
        return Outcome("cached")
    await desk.ledger.over(left)  # it was here, and has been removed since
    return None


async def _bought(desk: Desk, cache: SegmentCache, piece: Piece, order: Order, approval: Approval) -> tuple[Hold, bool]:
    """Buy a piece, again and again while the vendor refuses it for now and bills nothing."""
    tries = 0
    while True:
        try:
            return await _buy(desk, cache, piece, order, approval)
        except UpstreamError as error:
            tries += 1
            passes = error.retryable or error.code == "not_spoken"
            if error.billed != "no" or not passes or tries >= TRIES:
                raise
            log.info("piece %s refused for now: %s", piece.key, error.code)
            await anyio.sleep(_wait_s(desk, error, tries))


def _wait_s(desk: Desk, error: UpstreamError, tries: int) -> float:
    policy = desk.http.retries
    stated_s = error.retry_after_s if isinstance(error, RateLimitedError) else 0.0
    return max(stated_s, min(policy.base_s * 2**tries, policy.longest_backoff_s))


async def _buy(desk: Desk, cache: SegmentCache, piece: Piece, order: Order, approval: Approval) -> tuple[Hold, bool]:
    spoken: list[SpokenAudio] = []

    async def send(_name: str) -> Mapping[str, Any]:
        audio = await desk.family(order.model).speak(
            model=order.model,
            voice=piece.reader.voice,
            text=piece.text,
            language=piece.reader.language,
            options=piece.options,
        )
        spoken.append(audio)
        told = {"voice": piece.reader.voice, "request_id": audio.request_id, "url": audio.url}
        return {**told, **_billed(desk, order, audio.characters)}

    async def keep(hold: Hold) -> Mapping[str, Any]:
        try:
            await _store(desk, cache, piece, hold.url, spoken[0].data)
        except (LostSoundError, UpstreamError) as error:
            log.warning("hold=%s its sound was not kept: %s", hold.id, error)
            return {"reason": str(error)} if isinstance(error, LostSoundError) else {}
        return {"audio_id": piece.key}

    return await desk.purchases.make(
        order,
        quote_id=approval.quote_id,
        approved_by=approval.by,
        wire_name="",
        tag="",
        send=send,
        keep=keep,
        part=True,
    )


def _billed(desk: Desk, order: Order, characters: int | None) -> dict[str, Any]:
    """What the vendor says that it billed: the hold becomes that."""
    if characters is None:
        return {}
    price = desk.prices.speech(order.model, characters)
    return {"characters": characters, "amount": price.text, "usd_micros": desk.prices.usd_micros(price)}


async def _fetched(desk: Desk, cache: SegmentCache, piece: Piece, hold: Hold) -> Outcome:
    """The sound of a purchase that was made before, or whose sound could not be kept at once."""
    if await cache.have([piece.key]):
        return Outcome("cached")
    if not hold.url:
        return Outcome("lost", hold.reason or "no answer", hold)
    try:
        await _brought_home(desk, cache, piece, hold)
    except (LostSoundError, UpstreamError) as error:
        if isinstance(error, UpstreamError) and error.retryable:
            raise
        return Outcome("lost", str(error), hold)
    hold = await desk.ledger.charged(hold, audio_id=piece.key)
    return Outcome("made", hold=hold)


async def _brought_home(desk: Desk, cache: SegmentCache, piece: Piece, hold: Hold) -> None:
    tries = 0
    while True:
        try:
            return await _store(desk, cache, piece, hold.url)
        except UpstreamError as error:
            tries += 1
            if not error.retryable or tries >= TRIES:
                raise
            await anyio.sleep(_wait_s(desk, error, tries))


async def _store(desk: Desk, cache: SegmentCache, piece: Piece, url: str, data: bytes = b"") -> None:
    """Bring a piece's sound home, and make sure that it is sound before it is kept."""
    data = data or await desk.http.download(url)
    rate_hz, duration_s = await worked(_measured, data)
    await cache.put(
        piece.key,
        data,
        model=piece.reader.model.id,
        voice=piece.reader.voice,
        sample_rate_hz=rate_hz,
        duration_s=duration_s,
    )


def _measured(data: bytes) -> tuple[int, float]:
    from ..speech.decoder import StreamDecoder
    from ..speech.formats import AudioError

    decoder = StreamDecoder("wav")
    try:
        parts = (data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES))
        samples = sum(len(decoder.feed(part)) for part in parts)  # the whole of it as samples is twice the bytes
        decoder.close()
    except AudioError as error:
        raise LostSoundError(str(error)) from error
    return decoder.sample_rate_hz, samples / decoder.sample_rate_hz
