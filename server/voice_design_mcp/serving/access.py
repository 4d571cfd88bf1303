"""Who may call: bearer tokens verified for the SDK, its settings for them, and the metadata that tells clients where to get one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from ..identity.access_tokens import AccessTokens
from ..identity.issuer import IssuerKeys
from ..identity.principals import SCOPES
from ..identity.static_tokens import ISSUER, recognised

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from ..hosting import Hosting

_NOBODY = "https://issuer.invalid"
"""The SDK asks for an issuer even where tokens are our own; no client is ever told this one."""


class Tokens(TokenVerifier):
    """Verifies a bearer token: one of our own, else an access token of the issuer."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        keys = IssuerKeys(hosting.oauth_issuer, hosting.oauth_jwks_url)
        self._issued = AccessTokens(hosting.oauth_issuer, hosting.public_url, keys) if hosting.oauth_issuer else None

    async def verify_token(self, token: str) -> AccessToken | None:
        """The access that a token gives, None when it gives none."""
        own = recognised(token, self._hosting.tokens)
        resource = self._hosting.public_url or None
        if own is not None:
            name = own.id.removeprefix(f"{ISSUER} ")
            return AccessToken(
                token=token,
                client_id=name,
                subject=name,
                scopes=sorted(own.scopes),
                resource=resource,
                claims={"iss": ISSUER},
            )
        grant = await self._issued.verified(token) if self._issued else None
        if grant is None:
            return None
        return AccessToken(
            token=token,
            client_id=grant.client_id,
            subject=grant.subject,
            scopes=sorted(grant.principal.scopes),
            expires_at=grant.expires_at,
            resource=resource,
            claims={"iss": grant.issuer},
        )


def auth_options(hosting: Hosting) -> dict[str, Any]:
    """What the SDK's server is made with so that it asks for tokens; nothing where no identities are set."""
    if not hosting.identifies:
        return {}
    resource = AnyHttpUrl(hosting.public_url) if hosting.oauth_issuer else None
    settings = AuthSettings(
        issuer_url=AnyHttpUrl(hosting.oauth_issuer or _NOBODY),
        resource_server_url=resource,
        required_scopes=None,
        validate_token_resource=resource is not None,
    )
    return {"auth": settings, "token_verifier": Tokens(hosting)}


def metadata_routes(hosting: Hosting) -> list[BaseRoute]:
    """The protected resource's metadata (RFC 9728), with the scopes there are."""
    from mcp.server.auth.routes import create_protected_resource_routes

    if not hosting.oauth_issuer:
        return []
    return [
        *create_protected_resource_routes(
            resource_url=AnyHttpUrl(hosting.public_url),
            authorization_servers=[AnyHttpUrl(hosting.oauth_issuer)],
            scopes_supported=list(SCOPES),
            resource_name="Voice Design",
        )
    ]
