"""Opening an httpx2 client: no cookies, no redirects, and the environment's proxy only for what lies outside this machine.

Refuses to know whom the client will speak to.
"""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.request import getproxies

import httpx2

from .. import __version__
from ..errors import ConfigError
from .in_one_piece import Transport

USER_AGENT: Final = f"voice-design-mcp/{__version__}"


def open_client(
    *, outside: bool, tls: bool = True, transport: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncClient:
    """Open a client.

    Args:
        outside: Whether the other end is outside this machine, so that the environment's proxy and certificates count.
        tls: False for a client that will speak plain http only: it trusts no certificate, and loads none.
        transport: Carries everything, in place of the network.

    Raises:
        ConfigError: The environment names a proxy or certificates that cannot be used.
    """
    # What is mounted for everything stands in for the environment's proxy for everything, and behind any other of its proxies.
    direct = transport is None and not (outside and "all" in getproxies())
    try:
        trusted = _machine_certificates() if tls and transport is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx2.AsyncClient(
            transport=transport,
            mounts={"all://": Transport(trusted)} if direct else None,
            verify=trusted,
            trust_env=outside,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )
    except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(
            "A proxy or certificates that the environment names cannot be used.",
            hint="HTTPS_PROXY and ALL_PROXY may name an http proxy (a socks one needs the package socksio too); "
            "SSL_CERT_FILE and SSL_CERT_DIR must be there and hold certificates.",
        ) from error


@cache
def _machine_certificates() -> ssl.SSLContext:
    # Loading them takes 50 to 100 ms, in which nothing else runs: once is enough.
    return httpx2.create_ssl_context()
