"""Hands a request's vendor key on to the call that it carries, and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..caller import KEY_HEADER, keys_sent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_NAME: Final = KEY_HEADER.lower().encode()


class CallerKeys:
    """Reads the header of every request anew: a session's later requests may bring another key, or none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        sent = tuple(value.decode("latin-1") for name, value in scope.get("headers", ()) if name == _NAME)
        token = keys_sent.set(sent)
        try:
            await self._app(scope, receive, send)
        finally:
            keys_sent.reset(token)
