"""Opening an httpx2 client: no cookies, no redirects, and the environment's proxy only for what lies outside this machine.

Refuses to know whom the client will speak to.
"""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2

from .. import __version__
from ..errors import ConfigError

USER_AGENT: Final = f"voice-design-mcp/{__version__}"


def open_client(
    *, outside: bool, tls: bool = True, transport: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncClient:
    """Open a client.

    Args:
        outside: Whether the other end is outside this machine, so that the environment's proxy and certificates count.
        tls: False for a client that will speak plain http only: it then trusts no certificate, and loads none (50 ms).
        transport: Carries everything, in place of the network.

    Raises:
        ConfigError: The environment names a proxy that cannot be used.
    """
    try:
        return httpx2.AsyncClient(
            transport=transport,
            verify=True if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=outside,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(
            "The proxy that the environment names cannot be used.",
            hint="HTTPS_PROXY and ALL_PROXY may name an http proxy; a socks one needs the package socksio installed too.",
        ) from error
