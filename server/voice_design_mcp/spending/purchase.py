"""One purchase, from the hold to the charge. Shielded: a client that goes away loses nothing.

What happens if the process dies, line by line:

    ledger.hold        before its commit: nothing happened. After: the hold is released by whoever looks after 10 s.
    ledger.sent        before its commit: as above. After: the request may have left; the hold is settled by looking for its tag.
    send               the same.
    ledger.answered    before its commit: the same. After: voice and request id are known; recovery books the charge.
    keep               the audio may be lost, the voice and its charge are not.
    ledger.charged     before its commit: as after `answered`. After: done.

A purchase of several slots is held in one transaction, all or none. From then on each slot goes that way by itself, under its own
tag, at the same time as the others; none waits for another, and what becomes of one says nothing of the rest. A slot that was
given up is never taken up again: the purchase stays as large as what came of it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import anyio

from ..errors import UpstreamError, VoiceDesignError
from ..watching import watched
from .holds import AlreadyLiveError, Hold
from .ledger import Ledger
from .orders import Order
from .pace import Pace

Send = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Sends the paid request under a wire name; returns what was answered as columns of the hold (`voice`, `request_id`, …)."""
Keep = Callable[[Hold], Awaitable[Mapping[str, Any]]]
"""Stores what was bought, after the answer is committed, and returns more columns (`audio_id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing of a purchase.

    Attributes:
        wire_name: The name to send, in which the tag stands whole; "" where nothing is named.
        tag: From `mint_tag`, its own; "" where names carry none.
        send: Sends the paid request.
        keep: Stores what was bought.
    """

    wire_name: str
    tag: str
    send: Send
    keep: Keep


class Outcome(NamedTuple):
    """How a slot ended: its hold, and why it is not charged. Neither charged nor failed, it was given up before it was sent."""

    hold: Hold
    error: PendingPurchaseError | VoiceDesignError | None


TAG_LENGTH: Final = 6
_TAG_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_JOIN_EVERY_S: Final = 0.05

log = logging.getLogger(__name__)


class PendingPurchaseError(Exception):
    """The purchase was sent and its outcome is not known yet; `hold` is where it stands."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.id)
        self.hold = hold


def mint_tag() -> str:
    """Six characters that find this purchase again: the vendor has no idempotency key, so the name carries one."""
    return "".join(secrets.choice(_TAG_LETTERS) for _ in range(TAG_LENGTH))


class Purchases:
    """Makes purchases on a ledger.

    Args:
        ledger: Where each step is committed.
        pace: Gives the turns at the vendor.
        passed: Called with the name of each boundary as it is passed; tests stop the process there.
        join_for_s: How long the same purchase, made by another call, is waited for.
    """

    def __init__(self, ledger: Ledger, pace: Pace, passed: Callable[[str], None], join_for_s: float) -> None:
        self._ledger = ledger
        self._pace = pace
        self._passed = passed
        self._join_for_s = join_for_s
        self._under_way = 0
        self._quiet = anyio.Event()

    async def quiet(self) -> None:
        """Wait until no purchase of this process is under way."""
        while self._under_way:
            await self._quiet.wait()

    async def make(
        self,
        order: Order,
        *,
        quote_id: str,
        approved_by: str,
        wire_name: str,
        tag: str,
        send: Send,
        keep: Keep,
        part: bool = False,
    ) -> tuple[Hold, bool]:
        """Make a purchase of one slot, or join the one that is already under way.

        Args:
            order: What is bought.
            quote_id: The approved quote; "" where the policy asks for none.
            approved_by: Who approved.
            wire_name: As of a `Slot`, like what follows.
            tag: Its tag.
            send: Sends the paid request.
            keep: Stores what was bought.
            part: Whether it is one of several under a quote that was used up when the first of them began.

        Returns:
            The charged hold, and whether this very call made it.

        Raises:
            PendingPurchaseError: Its outcome is not known yet.
            UpstreamError: The vendor refused it; the hold is released.
            CapExceededError: A cap would be passed; nothing was sent.
            SpendError: The approval could no longer be used; nothing was sent.
        """
        slots = [Slot(wire_name=wire_name, tag=tag, send=send, keep=keep)]
        [made], mine = await self.make_all(order, quote_id=quote_id, approved_by=approved_by, slots=slots, part=part)
        if made.error is not None:
            raise made.error
        return made.hold, mine

    async def make_all(
        self, order: Order, *, quote_id: str, approved_by: str, slots: Sequence[Slot], part: bool = False
    ) -> tuple[list[Outcome], bool]:
        """Make a purchase, each slot by itself, or join the one that is already under way.

        Returns:
            How each slot ended, and whether this very call sent them.

        Raises:
            CapExceededError: A cap would be passed; nothing was sent.
            SpendError: The approval could no longer be used; nothing was sent.
            RateLimitedError: Its turn would not come soon; nothing was held or sent.
        """
        await self._pace.turns(order, patient=part)
        while True:
            try:
                with anyio.CancelScope(shield=True), self._counted():
                    holds = await self._ledger.hold(
                        order,
                        quote_id=quote_id,
                        approved_by=approved_by,
                        named=[(slot.tag, slot.wire_name) for slot in slots],
                        part=part,
                    )
                    return await _each([self._carrying_out(*pair) for pair in zip(holds, slots, strict=True)]), True
            except AlreadyLiveError as twin:
                joined = await self.join_all(twin.hold)
                if joined is not None:
                    return joined, False

    async def join_all(self, hold: Hold) -> list[Outcome] | None:
        """Wait for the whole purchase that a hold is of. None when all of it was given up before anything was sent."""
        slots = await self._ledger.slots_of(hold)
        joined = await _each([self._joining(slot) for slot in slots])
        return None if all(_was_given_up(outcome) for outcome in joined) else joined

    @contextmanager
    def _counted(self) -> Generator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()
                self._quiet = anyio.Event()

    async def join(self, hold: Hold) -> Hold | None:
        """Wait for a purchase that somebody else is making, in this process or another.

        Returns:
            The charged hold, or None when it was given up before anything was sent.

        Raises:
            PendingPurchaseError: It is unknown, or still under way when our patience ends.
            UpstreamError: It failed; nothing was billed.
        """
        with anyio.move_on_after(self._join_for_s):
            while True:
                hold = await self._ledger.get(hold.id) or hold
                if hold.state == "held" and self._ledger.past(hold.deadline):
                    hold = await self._ledger.never_sent(hold)
                if hold.state == "charged":
                    return hold
                if hold.settled:
                    break
                if hold.state == "unknown" or self._ledger.past(hold.deadline):
                    raise PendingPurchaseError(hold)
                await anyio.sleep(_JOIN_EVERY_S)
            if not hold.sent_at:
                return None
            raise UpstreamError(
                "The same purchase, made at the same time, failed; nothing was billed.",
                hint="Call again.",
                retryable=True,
            )
        raise PendingPurchaseError(hold)

    def _joining(self, hold: Hold) -> Callable[[], Awaitable[Outcome]]:
        async def join() -> Outcome:
            try:
                joined = await self.join(hold)
            except (PendingPurchaseError, VoiceDesignError) as error:
                return Outcome(await self._ledger.get(hold.id) or hold, error)
            return Outcome(joined or await self._ledger.get(hold.id) or hold, None)

        return join

    def _carrying_out(self, hold: Hold, slot: Slot) -> Callable[[], Awaitable[Outcome]]:
        async def carry_out() -> Outcome:
            try:
                return Outcome(await self._carry_out(hold, slot.send, slot.keep), None)
            except (PendingPurchaseError, VoiceDesignError) as error:
                return Outcome(await self._ledger.get(hold.id) or hold, error)

        return carry_out

    async def _carry_out(self, hold: Hold, send: Send, keep: Keep) -> Hold:
        with watched("purchase", hold.kind):
            return await self._bought(hold, send, keep)

    async def _bought(self, hold: Hold, send: Send, keep: Keep) -> Hold:
        try:
            hold = await self._ledger.sent(hold)
            answer = await send(hold.wire_name)
            self._passed("answer received")
        except VoiceDesignError as error:
            return await self._failed(hold, error)
        except BaseException:
            if hold.state == "sent":  # a bug of ours between sending and reading says nothing about the bill
                await self._ledger.unknown(hold, "the answer was not read", answered=False)
            raise
        hold = await self._ledger.answered(hold, **answer)
        kept: Mapping[str, Any] = {}
        try:
            kept = await keep(hold)
        finally:
            hold = await self._ledger.charged(hold, **kept)
        return hold

    async def _failed(self, hold: Hold, error: VoiceDesignError) -> Hold:
        """What becomes of a purchase that brought no answer: what is known of the bill decides, and nothing else.

        Returns:
            The charged hold: its voice was found in the meantime, or it is speech, which leaves nothing to look for and counts as
            billed in full.
        """
        status, request_id = (error.status, error.request_id) if isinstance(error, UpstreamError) else (0, "")
        log.warning("hold=%s %s billed=%s request_id=%s", hold.id, error.code, error.billed, request_id)
        if hold.state == "held":  # it was given up before it could be sent
            raise error
        if error.billed == "no":
            current = await self._ledger.refused(hold, error.code)
        elif hold.kind == "speech":
            current = await self._ledger.charged(hold, "assumed_billed", reason=error.code)
        else:
            current = await self._ledger.unknown(hold, error.code, answered=status > 0)
        if current.state == "charged":
            return current
        if current.state == "unknown":
            raise PendingPurchaseError(current) from error
        raise error


def _was_given_up(outcome: Outcome) -> bool:
    return outcome.error is None and outcome.hold.state != "charged"


async def _each(slots: Sequence[Callable[[], Awaitable[Outcome]]]) -> list[Outcome]:
    """Go through every slot at once; a bug in one is raised when all have ended, so that it cuts none of them off."""
    outcomes: dict[int, Outcome] = {}
    bugs: list[Exception] = []

    async def one(place: int) -> None:
        try:
            outcomes[place] = await slots[place]()
        except Exception as bug:  # noqa: BLE001 raised below
            bugs.append(bug)

    async with anyio.create_task_group() as group:
        for place in range(len(slots)):
            group.start_soon(one, place)
    if bugs:
        raise bugs[0]
    return [outcomes[place] for place in sorted(outcomes)]
