"""Tells clients that what they can read is different: each its own, the operator everybody's. How, the client's era decides.

2026   it listens (`subscriptions/listen`). The SDK serves its stream; here it is handed the events that are its own.
2025   its session is told that the list of resources changed, and its `initialize` that it will be. Where there is no session
       (`--stateless`) there is nowhere to tell it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from .account import Account
from .caller import caller_at, key_at
from .changes import Change, Listener
from .errors import VoiceDesignError
from .studio import Studio

_APART_S: Final = 0.5
"""How far words of changes to one session are apart: where fifty speak, each would otherwise be told fifty times a second."""


class Notices(InMemorySubscriptionBus):
    """The SDK's bus, whose every listener also hears the changes that are its own. It is asked by the listener's own request."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a listener of the caller's; returns what ends it."""

        def hear(change: Change) -> None:
            listener(ResourcesListChanged())
            listener(ResourceUpdated(change.uri))

        ends = super().subscribe(listener), listen(self._studio, hear)

        def end() -> None:
            for each in ends:
                each()

        return end


def listen(studio: Studio, hear: Listener) -> Callable[[], None]:
    """Hear of the changes that the caller may know of, until what is returned is called."""
    caller, account = caller_at(studio), Account.of(studio.settings, key_at(studio)).id

    def own(change: Change) -> None:
        if change.account == account and (caller.operator or change.principal == caller.id):
            hear(change)

    return studio.listen(own)


async def tell_sessions(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Middleware: 2025-era sessions are promised word of changes when they begin, and given it from then on.

    A 2026-era listener who can't be known is refused here: the SDK's handler is not made for a bus that refuses.
    """
    if ctx.method == "subscriptions/listen":
        try:
            caller_at(ctx.lifespan_context)
        except VoiceDesignError as error:
            raise MCPError(INVALID_PARAMS, f"{error.code}: {error.message} {error.hint}".rstrip()) from error
    result = await call_next(ctx)
    if ctx.method == "initialize" and isinstance(result, dict) and ctx.session.can_send_request:
        result["capabilities"]["resources"]["listChanged"] = True
    if ctx.method == "notifications/initialized":
        studio: Studio = ctx.lifespan_context
        teller = _Teller(ctx.session)
        try:
            end = listen(studio, teller.hear)
        except VoiceDesignError:  # whoever it is, each of its calls tells it what is wrong
            return result
        connection = ctx.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the SDK hands it on by no other way
        connection.exit_stack.callback(end)
        connection.exit_stack.callback(teller.stop)
    return result


class _Teller:
    """Tells one session, without keeping whoever makes a change waiting for it. What changes meanwhile is told once more."""

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._due = False
        self._telling: asyncio.Task[None] | None = None

    def hear(self, _change: Change) -> None:
        self._due = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    def stop(self) -> None:
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        while self._due:
            self._due = False
            await self._session.send_resource_list_changed()
            await asyncio.sleep(_APART_S)
