"""What one process shares: the vendor's clients, the ledger, the records and the audio. Opened once, on first use.

Opening is lazy because SQLAlchemy alone costs more than everything else at start. The server's lifespan is entered once per
connection over SSE, so what is shared is counted here and closed with the last user.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

import anyio

from .account import Account
from .catalog import (
    OPEN,
    OPEN_MODEL,
    PREFERRED_MODELS,
    family_designing,
    family_of,
    origin,
    requests_per_minute,
)
from .changes import Changes, Listener
from .config import Caps, Settings
from .errors import AuthError, InputError, RetiredError, UpstreamError, VoiceDesignError
from .hooks import nothing_stops, utc_now
from .memory import keep_for_good

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    import httpx2

    from .background import Background
    from .dashscope.http import Http, Timeouts
    from .dashscope.retries import Retries
    from .dashscope.seam import VoiceFamily
    from .identity.principals import Principal
    from .spending.approvals import Approvals
    from .spending.ledger import Ledger
    from .spending.prices import Prices
    from .spending.purchase import Purchases
    from .spending.recovery import Recovery
    from .storage.audio import AudioObjects
    from .storage.database import Database
    from .storage.hearing import Hearing
    from .storage.records import Records

IN_PROCESS_ORIGIN: Final = "http://localhost"
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
        return self.settings.sandbox or self.http.sandbox is True

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


class Studio:
    """Opens a desk on first use and closes it with its last user.

    Args:
        settings: The user's settings.
        sandbox_transport: Makes the transport to the in-process sandbox, given when the settings ask for it.
        clock: The time now, in UTC.
        passed: Called with the name of each boundary of a purchase as it is passed.
        timeouts: How long the vendor is waited for; None for the defaults.
        retries: How often it is asked again; None for the defaults.
        patience: How long a call waits.
        identifies: Whether every caller says who it is; else all of them are the local user.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sandbox_transport: Callable[[], httpx2.AsyncBaseTransport] | None = None,
        clock: Callable[[], datetime] = utc_now,
        passed: Callable[[str], None] = nothing_stops,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        patience: Patience | None = None,
        identifies: bool = False,
    ) -> None:
        self.settings = settings
        self.identifies = identifies
        self.changes = Changes()
        self._hearing: Hearing | None = None
        self._sandbox_transport = sandbox_transport
        self._clock = clock
        self._passed = passed
        self._timeouts = timeouts
        self._retries = retries
        self._patience = patience or Patience()
        self._users = 0
        self._desk: Desk | None = None
        self._opening = anyio.Lock()

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if self._users:
            return
        with anyio.CancelScope(shield=True):
            hearing, self._hearing = self._hearing, None
            if hearing is not None:
                await hearing.aclose()
            async with self._opening:
                desk, self._desk = self._desk, None
                if desk is not None:
                    await desk.background.close()
                    for family in desk.families.values():
                        await family.aclose()
                    await desk.http.aclose()
                    await desk.database.close()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change from now on, made here or by another process on the same PostgreSQL.

        Returns:
            What ends it.
        """
        if self.settings.database_url and self._hearing is None:
            from .storage.hearing import Hearing

            self._hearing = Hearing(self.settings.database_url.reveal(), self.changes)
        return self.changes.listen(listener)

    async def purchases_done(self) -> None:
        """Wait until no purchase is under way."""
        if self._desk is not None:
            await self._desk.purchases.quiet()

    async def open(self) -> Desk:
        """The open desk."""
        if self._desk is None:
            async with self._opening:
                if self._desk is None:
                    self._desk = await self._open()
                    keep_for_good()
        return self._desk

    async def _open(self) -> Desk:
        from .background import Background
        from .families import families_for, look_through
        from .openweights.shelf import Shelf
        from .spending.approvals import Approvals
        from .spending.ledger import Ledger
        from .spending.pace import Pace
        from .spending.prices import Prices
        from .spending.purchase import Purchases
        from .spending.recovery import Recovery
        from .storage.opening import open_storage

        settings = self.settings
        http = self._http()
        database, audio = await open_storage(settings, self._passed, self.changes)
        account = Account.of(settings)
        families = families_for(settings, http, partial(Shelf, database, audio, account.id, self._clock))
        approvals = Approvals(database, self._clock)
        ledger = Ledger(database, approvals, lambda: desk.caps, self._clock, settings.day_utc_offset_h)
        pace = Pace(database, partial(_requests_per_minute, settings), self._patience.join_s)
        desk = Desk(
            settings=settings,
            account=account,
            clock=self._clock,
            http=http,
            families=families,
            database=database,
            audio=audio,
            approvals=approvals,
            ledger=ledger,
            purchases=Purchases(ledger, pace, self._passed, self._patience.join_s),
            recovery=Recovery(ledger, look_through(families), self._passed),
            prices=Prices(settings.prices, settings.usd_per_cny),
            patience=self._patience,
            spool=settings.data_dir / "spool",
            background=Background(),
            known_available={},
            reviewed=set(),
            settled_at=[],
        )
        return desk

    async def explained(self, error: VoiceDesignError) -> VoiceDesignError:
        """An error as it should be told: of a refused key, whether another region accepts it; of a model gone, what is left."""
        settings = self.settings
        if isinstance(error, RetiredError) and settings.open_servers:
            error.hint += f" Or design on your own servers: target_model {OPEN_MODEL}."
        if not isinstance(error, AuthError) or error.status != HTTPStatus.UNAUTHORIZED or settings.base_url:
            return error
        from .dashscope.regions import explained

        return error if settings.sandbox else await explained(error, settings.region, self._at)

    def _http(self) -> Http:
        """The way to the vendor, or to the sandbox in this process."""
        settings = self.settings
        if not settings.sandbox:
            return self._at(settings.base_url or origin(settings.region, settings.workspace_id))
        from .dashscope.http import Http

        transport = self._sandbox_transport() if self._sandbox_transport else None
        return Http(
            base_url=IN_PROCESS_ORIGIN,
            api_key="sandbox",
            transport=transport,
            timeouts=self._timeouts,
            retries=self._retries,
        )

    def _at(self, base_url: str) -> Http:
        """The way to the vendor at an origin; the key is checked to be one before anything is opened."""
        from .dashscope.http import Http

        settings = self.settings
        return Http(
            base_url=base_url,
            api_key=settings.api_key.reveal() or "no-key",
            ws_url=settings.ws_url,
            workspace_id=settings.workspace_id,
            timeouts=self._timeouts,
            retries=self._retries,
        )


def _requests_per_minute(settings: Settings, model: str) -> int:
    """How many requests a minute a model is sent; 0 for as many as come, as in a sandbox unless it was set."""
    if settings.requests_per_minute is not None:
        return settings.requests_per_minute
    return 0 if settings.sandbox else requests_per_minute(model)
