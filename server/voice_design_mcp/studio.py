"""What one process shares: the vendor's clients, the ledger, the records and the audio. Opened once, on first use.

Opening is lazy because SQLAlchemy alone costs more than everything else at start. The server's lifespan is entered once per
connection over SSE, so what is shared is counted here and closed with the last user.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, Self

import anyio

from .account import Account
from .catalog import OPEN_MODEL, origin, requests_per_minute
from .changes import Changes, Listener
from .config import Settings
from .desk import Desk, Patience
from .errors import AuthError, RetiredError, VoiceDesignError
from .hooks import nothing_stops, utc_now
from .memory import keep_for_good

if TYPE_CHECKING:
    from types import TracebackType

    import httpx2

    from .dashscope.http import Http, Timeouts
    from .dashscope.retries import Retries
    from .setting import Secret
    from .storage.hearing import Hearing

IN_PROCESS_ORIGIN: Final = "http://localhost"
ACCOUNTS_KEPT: Final = 256
"""For how many callers' own accounts is remembered what costs a request to learn anew."""


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
        caller_keys: Whether callers may, or must, bring keys of their own of the vendor.
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
        caller_keys: Literal["", "may", "must"] = "",
    ) -> None:
        self.settings = settings
        self.identifies = identifies
        self.caller_keys = caller_keys
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
        self._callers: OrderedDict[str, Desk] = OrderedDict()
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
                self._callers.clear()
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

    async def open(self, key: Secret | None = None) -> Desk:
        """The open desk: with the server's account of the vendor, or with that of a caller's own key."""
        if self._desk is None:
            async with self._opening:
                if self._desk is None:
                    self._desk = await self._open()
                    keep_for_good()
        return self._desk if key is None else self._callers_own(self._desk, key)

    def _callers_own(self, desk: Desk, key: Secret) -> Desk:
        """The desk with another account: the storage, the purchases under way and the connections are the same ones.

        So nothing is open that is one account's, and one that is forgotten here leaves nothing behind.
        """
        account = Account.of(self.settings, key)
        own = self._callers.pop(account.id, None) or self._with_account(desk, account, key)
        self._callers[account.id] = own
        if len(self._callers) > ACCOUNTS_KEPT:
            self._callers.popitem(last=False)
        return own

    def _with_account(self, desk: Desk, account: Account, key: Secret) -> Desk:
        from .families import families_for, look_through
        from .openweights.shelf import Shelf
        from .spending.recovery import Recovery

        settings = replace(self.settings, api_key=key)
        http = desk.http.with_key(key.reveal())
        shelf = partial(Shelf, desk.database, desk.audio, account.id, self._clock)
        families = families_for(settings, http, shelf, beside=desk.families)
        return replace(
            desk,
            settings=settings,
            account=account,
            http=http,
            families=families,
            recovery=Recovery(desk.ledger, look_through(families), self._passed),
            known_available={},
            reviewed=set(),
            settled_at=[],
        )

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

    async def explained(self, error: VoiceDesignError, key: Secret | None = None) -> VoiceDesignError:
        """An error as it should be told: of a refused key, whether another region accepts it; of a model gone, what is left.

        Args:
            error: The error.
            key: The caller's own key, where it brought one.
        """
        settings = self.settings
        if isinstance(error, RetiredError) and settings.open_servers:
            error.hint += f" Or design on your own servers: target_model {OPEN_MODEL}."
        if not isinstance(error, AuthError) or error.status != HTTPStatus.UNAUTHORIZED or settings.sandbox:
            return error
        if not settings.base_url:
            from .dashscope.regions import explained

            error = await explained(error, settings.region, partial(self._at, key=key))
        if key is not None:
            error.hint = f"The key is the one that your client sends with its requests. Send one of the region {settings.region}."
        return error

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

    def _at(self, base_url: str, key: Secret | None = None) -> Http:
        """The way to the vendor at an origin; the key is checked to be one before anything is opened."""
        from .dashscope.http import Http

        settings = self.settings
        return Http(
            base_url=base_url,
            api_key=(key or settings.api_key).reveal() or "no-key",
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
