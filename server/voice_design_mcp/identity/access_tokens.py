"""Access tokens of an OAuth issuer (RFC 9068): signed by its keys, for this server, in time, of somebody."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from .issuer import IssuerKeys, IssuerUnavailableError
from .principals import Principal, identified

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What a token may be signed with. Never `none`, and never by a shared secret."""
_LEEWAY_S: Final = 30
_TYPES: Final = {"", "jwt", "at+jwt", "application/at+jwt"}
_MOST_CHARACTERS: Final = 16_384

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified token says: whose it is, which client holds it, and the time it ends, in Unix seconds."""

    principal: Principal
    issuer: str
    subject: str
    client_id: str
    expires_at: int


class AccessTokens:
    """Verifies the access tokens of one issuer.

    Args:
        issuer: Its URL, exactly as its tokens name it.
        audience: This server's URL, for which a token must have been issued.
        keys: The issuer's keys.
    """

    def __init__(self, issuer: str, audience: str, keys: IssuerKeys) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    async def verified(self, token: str) -> Grant | None:
        """What a token grants; None for whatever is wrong with it, which only the log tells."""
        import jwt

        if len(token) > _MOST_CHARACTERS:
            return None
        try:
            header = jwt.get_unverified_header(token)
            if str(header.get("typ", "")).lower() not in _TYPES or header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidTokenError("another kind of token")
            key = await self._keys.key(str(header.get("kid", "")))
            if key is None:
                raise jwt.InvalidTokenError("no such key")
            return self._granted(self._claims(token, key, str(header["alg"])))
        except jwt.PyJWTError as error:
            log.info("a bearer token was refused: %s", type(error).__name__)
        except IssuerUnavailableError:
            log.warning("a bearer token was refused: the issuer's keys can't be had")
        return None

    def _claims(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        import jwt

        return jwt.decode(
            token,
            key.key,  # of one kind, which must be the algorithm's
            algorithms=[algorithm],
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )

    def _granted(self, claims: dict[str, Any]) -> Grant:
        subject = str(claims["sub"])
        scopes = claims.get("scope", claims.get("scp", ""))
        granted = scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes or ()]
        client = str(claims.get("client_id") or claims.get("azp") or subject)
        return Grant(identified(self._issuer, subject, granted), self._issuer, subject, client, int(claims["exp"]))
