"""Who makes the call that is being answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.auth.middleware.auth_context import get_access_token

from .errors import ScopeError
from .identity.principals import LOCAL, Principal, identified

if TYPE_CHECKING:
    from .studio import Studio


def caller_at(studio: Studio) -> Principal:
    """Whom the call's token names, or the local user where nobody is identified.

    Raises:
        ScopeError: Callers say who they are, and this one did not.
    """
    if not studio.identifies:
        return LOCAL
    token = get_access_token()
    if token is None or token.subject is None:
        raise ScopeError("This server serves nobody without a token.", hint="Send a bearer token.")
    return identified(str((token.claims or {}).get("iss", "")), token.subject, token.scopes)
