"""Bearer tokens of our own, for private deployments. The configuration holds their hashes; the tokens themselves are nowhere."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .principals import OPERATOR, SCOPES, Principal, identified

ISSUER: Final = "token"
"""What stands for an issuer in the ids of their principals. No issuer's URL is this."""
_ROW: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._@-]{0,63})=sha256:(?P<hash>[0-9a-f]{64})(?:/(?P<scopes>[a-z:+]+))?"
)
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class StaticToken:
    """One token: whose it is, the SHA-256 of its text, and what it allows."""

    name: str
    sha256: bytes
    scopes: tuple[str, ...]


def parsed(row: str) -> StaticToken | None:
    """A row of the setting, `name=sha256:HEX` or `name=sha256:HEX/scope+scope`; None where it is not one.

    Without scopes it allows all four, and never the operator's.
    """
    match = _ROW.fullmatch(row)
    if match is None:
        return None
    scopes = tuple(match["scopes"].split("+")) if match["scopes"] else tuple(SCOPES)
    if not set(scopes) <= {*SCOPES, OPERATOR}:
        return None
    return StaticToken(match["name"], bytes.fromhex(match["hash"]), scopes)


def minted(name: str, scopes: Sequence[str] = ()) -> tuple[str, str]:
    """A new token, and the row that lets it in."""
    token = f"vd_{secrets.token_urlsafe(_BYTES)}"
    allowed = f"/{'+'.join(scopes)}" if scopes else ""
    return token, f"{name}=sha256:{hashlib.sha256(token.encode()).hexdigest()}{allowed}"


def recognised(token: str, known: Sequence[StaticToken]) -> Principal | None:
    """Whose token it is. Every row is compared, in constant time, so that no answer's time tells which was near."""
    given = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
    found: Principal | None = None
    for row in known:
        if hmac.compare_digest(given, row.sha256):
            found = identified(ISSUER, row.name, row.scopes)
    return found
