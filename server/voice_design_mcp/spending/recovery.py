"""How an open purchase is settled: by looking for its tag, never by time or likeness.

The vendor's timestamps have no zone, other software shares the account, and its own samples hold look-alikes. A voice is adopted
only if its name carries the tag, its description is the one that was sent and no other purchase made it. A voice with the tag and
another description proves nothing, neither that the purchase was billed nor that it was not: that is for a person.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ..errors import SpendError, UpstreamError
from ..storage.database import moment
from .holds import ANSWER_WITHIN, UNSETTLED, Hold
from .ledger import Ledger
from .orders import fold

LOOKS: Final = 2

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A voice on the account, as a look found it. An empty description was not told."""

    voice: str
    voice_prompt: str


Look = Callable[[str, Callable[[str], bool]], Awaitable[Sequence[Seen]]]
"""The voices of a family on the account whose names pass a test, descriptions filled in, from a complete scan; raises when that
can't be."""


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
        await self._settle(await self._ledger.unsettled(account))

    async def settle(self, hold: Hold) -> Hold:
        """Settle one open purchase as far as can be known now, and return where it stands."""
        await self._settle([hold])
        return await self._ledger.get(hold.id) or hold

    async def is_gone(self, family: str, voice: str) -> bool:
        """Whether a voice of a family is nowhere on the account: a complete look says so, a single answer never."""
        return not await self._look(family, lambda name: name == voice)

    async def before_deleting(self, account: str, seen: Seen) -> None:
        """Make sure that a voice about to be deleted is not the one that an open purchase made.

        Raises:
            SpendError: It may be, and only a person can tell.
        """
        for hold in await self._ledger.unsettled(account):
            if hold.kind != "voice" or hold.state == "held" or not _may_have_made(hold, seen):
                continue
            if hold.tag and await self._adopt(hold, [seen]):
                continue
            owner = await self._ledger.owner_of(account, seen.voice)
            if owner is None:
                raise SpendError(
                    f"This voice may be what the open purchase {hold.id} paid for, so it was not deleted.",
                    hint=f"Ask the user to run `voice-design-mcp ledger adopt {hold.id} {seen.voice}` or `ledger resolve`.",
                    code="purchase_unsettled",
                )

    async def _settle(self, unsettled: Sequence[Hold]) -> None:
        sought = [hold for hold in unsettled if not await self._settled_unseen(hold)]
        for family in dict.fromkeys(hold.family for hold in sought):
            await self._look_for(family, [hold for hold in sought if hold.family == family])

    async def _look_for(self, family: str, sought: Sequence[Hold]) -> None:
        """Settle what was designed by one family; another family's list can't tell of it."""
        if not any(self._worth_a_look(hold) for hold in sought):
            return
        looked_at = self._ledger.now()
        try:
            seen = await self._look(family, lambda name: any(carries(name, hold.tag) for hold in sought))
        except UpstreamError as error:  # nothing is decided without a complete look; the next one tries again
            log.warning("open purchases could not be looked into: %s", error.code)
            return
        self._passed("looked")
        for hold in sought:
            its_own = [each for each in seen if carries(each.voice, hold.tag)]
            if not await self._adopt(hold, its_own) and not its_own:
                await self._absent(hold, looked_at)

    async def _settled_unseen(self, hold: Hold) -> bool:
        """Settle what needs no look, or can't be found by one."""
        late = self._ledger.past(hold.deadline)
        if hold.state == "held":
            if late:
                await self._ledger.never_sent(hold)
            return True
        if hold.state == "answered":
            if (
                late or hold.owner != self._ledger.owner
            ):  # its owner is gone, or slow, and booking it twice is booking it once
                await self._ledger.charged(hold)
            return True
        if hold.kind == "speech":
            if late:
                await self._ledger.charged(hold, "assumed_billed", reason="no answer")
            return True
        return not hold.tag or hold.state not in UNSETTLED  # without a tag only a person can say which voice it was

    def _worth_a_look(self, hold: Hold) -> bool:
        if hold.state == "assumed_not_billed":
            return self._ledger.past(hold.recheck_at)
        in_our_hands = hold.state == "sent" and hold.owner == self._ledger.owner
        return not in_our_hands or self._ledger.past(hold.deadline)

    async def _adopt(self, hold: Hold, its_own: Sequence[Seen]) -> bool:
        """Adopt the voice that a purchase made, if it is among those with its tag."""
        sent = fold(str(hold.arguments.get("voice_prompt", "")))
        for seen in its_own:
            if fold(seen.voice_prompt) == sent:
                current = await self._ledger.adopted(hold, seen.voice)
                if current.state == "charged":
                    log.info("hold=%s adopted voice=%s", hold.id, seen.voice)
                    return True
        seen = f"{its_own[0].voice} carries its tag, but not its description" if its_own else hold.reason
        if seen != hold.reason:
            await self._ledger.noted(hold, seen)
        return False

    async def _absent(self, hold: Hold, looked_at: datetime) -> None:
        if hold.state == "assumed_not_billed":
            if self._ledger.past(hold.recheck_at):
                await self._ledger.noted(hold, hold.reason, recheck_at="")
            return
        if hold.state == "sent":
            if looked_at < moment(hold.deadline):
                return
            hold = await self._ledger.unknown(hold, "no answer", answered=False)
        hold = await self._ledger.absent(hold, looked_at)
        waited = hold.answered or looked_at >= moment(hold.sent_at) + ANSWER_WITHIN
        if hold.state == "unknown" and hold.absences >= LOOKS and waited:
            await self._ledger.assumed_not_billed(hold)


def carries(voice: str, tag: str) -> bool:
    """Whether a voice's name carries a tag: at the end of a word, so that a name the caller chose can't pass for one."""
    return bool(tag) and re.search(rf"{re.escape(tag)}(?![a-z0-9_])", voice.lower()) is not None


def _may_have_made(hold: Hold, seen: Seen) -> bool:
    if hold.tag:
        return carries(seen.voice, hold.tag)
    sent = str(hold.arguments.get("voice_prompt", ""))
    return hold.wire_name in seen.voice and fold(seen.voice_prompt) in {"", fold(sent)}
