"""One purchase, from the hold to the charge. Shielded: a client that goes away loses nothing.

What happens if the process dies, line by line:

    ledger.hold        before its commit: nothing happened. After: the hold is released by whoever looks after 10 s.
    ledger.sent        before its commit: as above. After: the request may have left; the hold is settled by looking for its tag.
    send               the same.
    ledger.answered    before its commit: the same. After: voice and request id are known; recovery books the charge.
    keep               the audio may be lost, the voice and its charge are not.
    ledger.charged     before its commit: as after `answered`. After: done.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio

from ..errors import UpstreamError
from .holds import AlreadyLiveError, Hold
from .ledger import Ledger
from .orders import Order

Send = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Sends the paid request under a wire name; returns what was answered as columns of the hold (`voice`, `request_id`, …)."""
Keep = Callable[[Hold], Awaitable[Mapping[str, Any]]]
"""Stores what was bought, after the answer is committed, and returns more columns (`audio_id`)."""

NAME_KEPT: Final = 9
TAG_LENGTH: Final = 6
_TAG_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_JOIN_EVERY_S: Final = 0.05
_JOIN_FOR_S: Final = 45.0

log = logging.getLogger(__name__)


class PendingPurchaseError(Exception):
    """The purchase was sent and its outcome is not known yet; `hold` is where it stands."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.id)
        self.hold = hold


def mint_tag() -> str:
    """Six characters that find this purchase again: the vendor has no idempotency key, so the name carries one."""
    return "".join(secrets.choice(_TAG_LETTERS) for _ in range(TAG_LENGTH))


def tagged(name: str, tag: str) -> str:
    """The name that is sent: the caller's, cut to 9 characters, and the tag."""
    return f"{name[:NAME_KEPT]}_{tag}"


class Purchases:
    """Makes purchases on a ledger.

    Args:
        ledger: Where each step is committed.
        passed: Called with the name of each boundary as it is passed; tests stop the process there.
    """

    def __init__(self, ledger: Ledger, passed: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._passed = passed

    async def make(
        self, order: Order, *, quote_id: str, approved_by: str, name: str, tag: str, send: Send, keep: Keep
    ) -> tuple[Hold, bool]:
        """Make a purchase, or join the one that is already under way.

        Args:
            order: What is bought.
            quote_id: The approved quote; "" where the policy asks for none.
            approved_by: Who approved.
            name: The name to send where `tag` is empty; else it is cut and tagged.
            tag: The tag of this slot, from `mint_tag`.
            send: Sends the paid request.
            keep: Stores what was bought.

        Returns:
            The charged hold, and whether this very call made it.

        Raises:
            PendingPurchaseError: Its outcome is not known yet.
            UpstreamError: The vendor refused it; the hold is released.
            CapExceededError: A cap would be passed; nothing was sent.
            SpendError: The approval could no longer be used; nothing was sent.
        """
        with anyio.CancelScope(shield=True):
            self._passed("before hold")
            try:
                hold = await self._ledger.hold(
                    order,
                    quote_id=quote_id,
                    approved_by=approved_by,
                    tag=tag,
                    wire_name=tagged(name, tag) if tag else name,
                )
            except AlreadyLiveError as twin:
                return await self.join(twin.hold), False
            self._passed("held")
            return await self._carry_out(hold, send, keep), True

    async def join(self, hold: Hold) -> Hold:
        """Wait for a purchase that somebody else is making, in this process or another.

        Raises:
            PendingPurchaseError: It is unknown, or still under way when our patience ends.
            UpstreamError: It failed; nothing was billed.
        """
        with anyio.move_on_after(_JOIN_FOR_S):
            while True:
                current = await self._ledger.get(hold.id)
                if current is None or current.state in {"released", "assumed_not_billed"}:
                    raise UpstreamError(
                        "The same purchase, made at the same time, failed; nothing was billed.",
                        hint="Call again.",
                        retryable=True,
                    )
                if current.state == "charged":
                    return current
                if current.state == "unknown" or self._ledger.past(current.deadline):
                    raise PendingPurchaseError(current)
                await anyio.sleep(_JOIN_EVERY_S)
        raise PendingPurchaseError(hold)

    async def _carry_out(self, hold: Hold, send: Send, keep: Keep) -> Hold:
        try:
            hold = await self._ledger.sent(hold)
            self._passed("sent")
            answer = await send(hold.wire_name)
            self._passed("answer received")
        except UpstreamError as error:
            await self._refused(hold, error)
            raise
        except BaseException:
            if hold.state == "sent":  # a bug of ours between sending and reading says nothing about the bill
                await self._lost(hold, "the answer was not read", answered=False)
            raise
        hold = await self._ledger.answered(hold, **answer)
        self._passed("answered")
        kept: Mapping[str, Any] = {}
        try:
            kept = await keep(hold)
            self._passed("kept")
        finally:
            hold = await self._ledger.charged(hold, **kept)
            self._passed("charged")
        return hold

    async def _refused(self, hold: Hold, error: UpstreamError) -> None:
        log.warning("hold=%s %s billed=%s request_id=%s", hold.id, error.code, error.billed, error.request_id)
        if error.billed == "no":
            await self._ledger.released(hold, error.code)
            self._passed("released")
            return
        lost = await self._lost(hold, error.code, answered=error.status > 0)
        if lost.state == "unknown":
            raise PendingPurchaseError(lost) from error

    async def _lost(self, hold: Hold, reason: str, *, answered: bool) -> Hold:
        """The answer is lost. A voice can be looked for; speech can't, so it counts as billed in full."""
        if hold.kind == "speech":
            lost = await self._ledger.charged(hold, "assumed_billed", reason=reason, live=0)
        else:
            lost = await self._ledger.unknown(hold, reason, answered=answered)
        self._passed("unknown")
        return lost
