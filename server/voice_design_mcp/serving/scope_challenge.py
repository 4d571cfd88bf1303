"""What a token does not allow is answered 403 with the scope that it takes (RFC 6750), before the request reaches the protocol.

The edge refuses the same calls again, whatever the transport: here is only the answer that lets a client ask its user for more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.transport_security import DEFAULT_MAX_REQUEST_BODY_SIZE
from pydantic import BaseModel, TypeAdapter, ValidationError

from ..identity.principals import OPERATOR

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Needed = Callable[[str, dict[str, Any]], str]
"""The scope that a method with these parameters takes, "" where it takes none."""
_PART: Final = "http.request"


class Posted(BaseModel):
    """What is looked at of a message. A batch is none: no version that is served has them."""

    method: str
    params: dict[str, Any] = {}


_POSTED: Final = TypeAdapter(Posted)


class ScopeChallenge:
    """ASGI middleware that answers 403 where the caller's token lacks the scope of what it posts.

    Args:
        app: What is guarded; the caller has been identified before.
        needed: The scope that a request takes.
        metadata_url: Where a client learns how to get a token; "" where it can't.
    """

    def __init__(self, app: ASGIApp, needed: Needed, metadata_url: str) -> None:
        self._app = app
        self._needed = needed
        self._metadata_url = metadata_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        user = scope.get("user")
        if scope["type"] != "http" or scope["method"] != "POST" or not isinstance(user, AuthenticatedUser):
            await self._app(scope, receive, send)
            return
        read, whole = await _read(receive)
        missing = self._missing(whole, set(user.scopes))
        if missing:
            await self._refuse(missing, send)
            return
        await self._app(scope, _again(read, receive), send)

    def _missing(self, body: bytes | None, granted: set[str]) -> str:
        if body is None or OPERATOR in granted:
            return ""
        try:
            posted = _POSTED.validate_json(body)
        except ValidationError:  # the protocol tells it what is wrong
            return ""
        needed = self._needed(posted.method, posted.params)
        return needed if needed not in granted else ""

    async def _refuse(self, scope: str, send: Send) -> None:
        told = f'Bearer error="insufficient_scope", scope="{scope}"'
        told += f', resource_metadata="{self._metadata_url}"' if self._metadata_url else ""
        body = json.dumps({"error": "insufficient_scope", "error_description": f"Required scope: {scope}"}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
                   (b"www-authenticate", told.encode())]  # fmt: skip
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> tuple[list[Message], bytes | None]:
    """The messages that carry the body, and the body; None where it is too large for the protocol, or did not come whole."""
    messages: list[Message] = []
    body = b""
    while len(body) <= DEFAULT_MAX_REQUEST_BODY_SIZE:
        message = await receive()
        messages.append(message)
        if message["type"] != _PART:
            return messages, None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return messages, body
    return messages, None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Tells the messages again that were read, then those that follow."""
    waiting = iter(messages)

    async def replay() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replay
