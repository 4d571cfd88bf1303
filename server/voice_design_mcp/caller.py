"""Who makes the call that is being answered, and which account of the vendor it is about."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcp.server.auth.middleware.auth_context import get_access_token

from .account import Account
from .errors import InputError, ScopeError
from .identity.principals import LOCAL, Principal, identified
from .setting import Secret

if TYPE_CHECKING:
    from .desk import Desk
    from .studio import Studio

KEY_HEADER: Final = "X-DashScope-API-Key"
"""Carries a caller's own key of the vendor, with every request."""
_KEY: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")

keys_sent: ContextVar[tuple[str, ...]] = ContextVar("keys_sent", default=())
"""What the request has in that header; the application over HTTP sets it, as the SDK keeps the request's token."""


def caller_at(studio: Studio) -> Principal:
    """Whom the call's token names; where nobody is identified whoever has the key that came with it, else the local user.

    Raises:
        ScopeError: Callers say who they are, and this one did not.
        InputError: It brought a key that is none, or is not wanted.
    """
    key = key_at(studio)
    if key is None:
        return _identified(studio)
    if studio.identifies:
        return replace(_identified(studio), brings_key=True)
    return Principal(Account.of(studio.settings, key).id, LOCAL.scopes, brings_key=True)


def key_at(studio: Studio) -> Secret | None:
    """The vendor key that came with the request; None where none did.

    Raises:
        InputError: It is none, or this server takes none.
    """
    sent = keys_sent.get()
    if not sent:
        return None
    if not studio.caller_keys:
        raise InputError(
            KEY_HEADER,
            f"{KEY_HEADER} was sent, and this server uses its own key alone; nothing was done.",
            hint="Leave the header out, or let who runs the server set VOICE_DESIGN_CALLER_KEYS.",
            code="caller_key_not_taken",
        )
    key, *more = sent
    if more or not _KEY.fullmatch(key):
        raise InputError(
            KEY_HEADER,
            f"{KEY_HEADER} must hold one API key of Model Studio, as its console shows it: letters, digits and . _ ~ + / = -, "
            "at most 256.",
            hint="Mend the header in your client's settings. Some clients send a variable's name where it is not set.",
        )
    return Secret(key)


async def desk_at(studio: Studio) -> Desk:
    """The open desk of the account that the call is about: the caller's own where its key came with it, else the server's.

    Raises:
        InputError: Callers must bring a key, and this one did not; or as `key_at`.
    """
    key = key_at(studio)
    if key is None and studio.caller_keys == "must":
        raise InputError(
            KEY_HEADER,
            f"This server has no key of its own: send yours of Model Studio in the header {KEY_HEADER}.",
            hint="Add the header to this server's entry in your client's settings; its value stays there.",
            code="caller_key_required",
        )
    return await studio.open(key)


def _identified(studio: Studio) -> Principal:
    if not studio.identifies:
        return LOCAL
    token = get_access_token()
    if token is None or token.subject is None:
        raise ScopeError("This server serves nobody without a token.", hint="Send a bearer token.")
    return identified(str((token.claims or {}).get("iss", "")), token.subject, token.scopes)
