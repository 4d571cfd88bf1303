"""The desk: everything that is open, for tools and resources to work at, with one account of the vendor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import anyio

from .account import Account
from .catalog import OPEN, PREFERRED_MODELS, family_designing, family_of
from .config import Caps, Settings
from .errors import InputError, RetiredError, UpstreamError

if TYPE_CHECKING:
    from pathlib import Path

    from .background import Background
    from .dashscope.http import Http
    from .dashscope.seam import VoiceFamily
    from .identity.principals import Principal
    from .spending.approvals import Approvals
    from .spending.ledger import Ledger
    from .spending.prices import Prices
    from .spending.purchase import Purchases
    from .spending.recovery import Recovery
    from .storage.audio import AudioObjects
    from .storage.database import Database
    from .storage.records import Records

AVAILABILITY_KEPT: Final = timedelta(days=1)
UNSETTLED_EVERY: Final = timedelta(seconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call waits, in seconds: below the minute after which clients give up.

    `join_s` for the same purchase made by another call, `attend_s` for work that goes on when the call has ended, `review_s` for
    the vendor's review of a new voice, looked at every `review_every_s`.
    """

    join_s: float = 45.0
    attend_s: float = 44.0
    review_s: float = 40.0
    review_every_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that is open, for the tools and resources to work at.

    `spool` is a folder for speech while it comes; `reviewed` are voices whose review is known to be over.
    """

    settings: Settings
    account: Account
    clock: Callable[[], datetime]
    http: Http
    families: Mapping[str, VoiceFamily]
    database: Database
    audio: AudioObjects
    approvals: Approvals
    ledger: Ledger
    purchases: Purchases
    recovery: Recovery
    prices: Prices
    patience: Patience
    spool: Path
    background: Background
    known_available: dict[str, tuple[datetime, bool | None]]
    reviewed: set[str]
    settled_at: list[datetime]

    @property
    def sandbox(self) -> bool:
        """Whether a sandbox answers instead of the vendor, as its own answers say."""
        return self.settings.sandbox or self.http.connections.sandbox is True

    @property
    def account_label(self) -> str:
        """The account, in words."""
        if self.settings.sandbox or not self.sandbox:
            return self.account.label
        return f"the sandbox at {self.account.label}"

    @property
    def caps(self) -> Caps:
        """The caps in force: in a sandbox only those that were set."""
        return self.settings.sandbox_caps if self.sandbox else self.settings.caps

    def family(self, target_model: str) -> VoiceFamily:
        """The client that serves a target model.

        Raises:
            InputError: Its family is not offered in the region.
        """
        row = family_of(target_model)
        if row.name not in self.families:
            if row is OPEN:
                raise InputError(
                    "target_model",
                    f"{target_model} needs servers of your own, and none are set.",
                    hint="Set VOICE_DESIGN_OPEN_DESIGN_URL and VOICE_DESIGN_OPEN_SPEECH_URL (README, Open weights).",
                )
            raise InputError(
                "target_model",
                f"{target_model} is offered in {' and '.join(row.regions)}, and the region set is {self.settings.region}.",
                hint="Set VOICE_DESIGN_REGION and a key of that region, or choose another target_model.",
                code="wrong_region",
            )
        return self.families[row.name]

    def families_of(self, voice: str) -> list[VoiceFamily]:
        """The families that may have a voice: the one that its name tells, else every one."""
        from .families import family_named_by

        named = family_named_by(voice)
        return [family for name, family in self.families.items() if named in {"", name}]

    def records(self, principal: str) -> Records:
        """The voices and audio of a principal."""
        from .storage.records import Records

        return Records(self.database, self.account.id, principal, self.clock)

    def library(self, caller: Principal) -> Records:
        """The voices and audio that a caller may see: its own, and the operator everybody's."""
        from .storage.records import Records

        return Records(self.database, self.account.id, caller.id, self.clock, every=caller.operator)

    async def available(self, model: str) -> bool | None:
        """The vendor's free answer whether it serves a model, kept for a day. None: it did not say."""
        known = self.known_available.get(model)
        if known is None or self.clock() - known[0] > AVAILABILITY_KEPT:
            row = family_designing(model)
            asked = self.families.get(row.name if row else "") or next(iter(self.families.values()))
            known = (self.clock(), await asked.available(model))
            self.known_available[model] = known
        return known[1]

    async def serves(self, target_model: str) -> bool | None:
        """Whether the vendor still designs voices for a model, by its free answers. None: they do not say."""
        designs = await self.available(family_of(target_model).wire_model)
        return designs if designs is False else await self.available(target_model)

    @property
    def preferred_models(self) -> list[str]:
        """The models that voices are designed for where nobody chose one, best first: the user's alone, if one is set."""
        own = self.settings.target_model
        return [own] if own else [model for model in PREFERRED_MODELS if family_of(model).name in self.families]

    async def default_model(self) -> str:
        """The first of the preferred models that the vendor still serves, by its free answers.

        Raises:
            RetiredError: It serves none.
        """
        if self.settings.target_model or self.settings.sandbox:
            return self.preferred_models[0]
        unsaid: list[str] = []
        for model in self.preferred_models:
            served = await self.serves(model)
            if served:
                return model
            unsaid += [model] if served is None else []
        if not unsaid:
            raise RetiredError(
                f"The vendor offers this account no model to design voices for in {self.settings.region}; nothing was sent.",
                hint="Voice design lives on as voice-enrollment (CosyVoice and Qwen-Audio models) in Beijing: use a key of that "
                "region with VOICE_DESIGN_REGION=beijing.",
            )
        return unsaid[0]

    async def settle(self, *, at_once: bool = False) -> None:
        """Settle purchases whose outcome is open, at most every 10 s unless `at_once`."""
        now = self.clock()
        if not at_once and self.settled_at and now - self.settled_at[0] < UNSETTLED_EVERY:
            return
        self.settled_at[:] = [now]
        try:
            with anyio.CancelScope(shield=True):
                await self.recovery.settle_all(self.account.id)
        except UpstreamError as error:  # nothing is decided without a complete look; the next one tries again
            log.warning("open purchases could not be looked into: %s", error.code)
