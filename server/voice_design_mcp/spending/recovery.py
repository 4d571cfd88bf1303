"""How an open purchase is settled: by looking for its tag, never by time or likeness.

The vendor's timestamps have no zone, other software shares the account, and its own samples hold look-alikes. A voice is adopted
only if its name carries the tag, its prompt is the one that was sent and no other hold owns it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from .holds import Hold
from .ledger import ANSWER_WITHIN, Ledger
from .orders import fold

BETWEEN_LOOKS: Final = timedelta(seconds=60)
LOOKS: Final = 2

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A voice on the account, as a look found it."""

    voice: str
    voice_prompt: str


Look = Callable[[str], Awaitable[Sequence[Seen]]]
"""A complete look at the voices of the account whose names contain a text (prompts filled in). Raises when it can't be complete."""


class Recovery:
    """Settles open purchases of a ledger.

    Args:
        ledger: The ledger.
        look: How the account's voices are looked through.
        passed: Called with the name of each boundary as it is passed; tests stop the process there.
    """

    def __init__(self, ledger: Ledger, look: Look, passed: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._look = look
        self._passed = passed

    async def settle_all(self, account: str) -> None:
        """Settle every open purchase of an account as far as can be known now."""
        for hold in await self._ledger.unsettled(account):
            await self.settle(hold)

    async def settle(self, hold: Hold) -> Hold:
        """Settle one open purchase as far as can be known now, and return where it stands."""
        if hold.state == "held":
            return await self._release(hold)
        if hold.state == "answered":
            return await self._book(hold)
        if hold.kind == "speech":
            return await self._speech(hold)
        if not hold.tag:  # only a person can say which voice it was
            return hold
        found = await self._find(hold)
        self._passed("looked")
        if found is not None:
            adopted = await self._ledger.charged(hold, "adopted", voice=found.voice)
            self._passed("adopted")
            log.info("hold=%s adopted voice=%s", hold.id, found.voice)
            return adopted
        if hold.state == "assumed_not_billed":
            await self._ledger.rechecked(hold)
            return hold
        return await self._absent(hold)

    async def _release(self, hold: Hold) -> Hold:
        if not self._ledger.past(hold.deadline):
            return hold
        return await self._ledger.released(hold, "never sent", ("held",)) or hold

    async def _book(self, hold: Hold) -> Hold:
        """The answer is known; its owner is gone or slow, and booking the charge twice is one booking."""
        if hold.owner == self._ledger.owner:
            return hold
        return await self._ledger.charged(hold)

    async def _speech(self, hold: Hold) -> Hold:
        """Speech leaves nothing to look for: what was sent and not answered counts as billed in full."""
        if hold.state == "sent" and self._ledger.past(hold.deadline):
            return await self._ledger.charged(hold, "assumed_billed", reason="no answer", live=0)
        return hold

    async def _find(self, hold: Hold) -> Seen | None:
        wanted = fold(str(hold.arguments.get("voice_prompt", "")))
        for seen in await self._look(hold.wire_name):
            owner = await self._ledger.owner_of(hold.account, seen.voice)
            if fold(seen.voice_prompt) == wanted and (owner is None or owner.id == hold.id):
                return seen
        return None

    async def _absent(self, hold: Hold) -> Hold:
        if hold.state == "sent":
            if not self._ledger.past(hold.deadline):
                return hold
            hold = await self._ledger.unknown(hold, "no answer", answered=False)
        if hold.absences and not self._ledger.past(hold.first_absent_at, BETWEEN_LOOKS):
            return hold
        hold = await self._ledger.absent(hold)
        self._passed("absent")
        waited = hold.answered or self._ledger.past(hold.sent_at, ANSWER_WITHIN)
        if hold.absences < LOOKS or not waited:
            return hold
        return await self._ledger.assumed_not_billed(hold, "not on the account") or hold
