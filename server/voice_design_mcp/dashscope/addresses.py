"""Which addresses may be connected to when a URL came from outside: only those of the public internet.

Refuses to know URLs and HTTP.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import anyio

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to its addresses, best first."""

_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_V4_COMPATIBLE: Final = IPv6Network("::/96")  # RFC 4291, deprecated; some systems still route it
_TUNNELS: Final = (IPv6Network("64:ff9b:1::/48"), IPv6Network("2001::/32"), _V4_COMPATIBLE)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the operating system. An address may be named more than once.

    Raises:
        OSError: The name has no address.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [address[0] for *_, address in found]


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, and to nobody's inside.

    An IPv4 address carried in an IPv6 one (mapped, 6to4, NAT64) is judged itself; tunnels whose far end cannot be told are refused.
    """
    try:
        carried = _carried(ip_address(address))
    except ValueError:
        return False
    if carried is None or carried.is_multicast or carried.is_reserved:
        return False
    site_local = isinstance(carried, IPv6Address) and carried.is_site_local
    return carried.is_global and not (carried.is_private or carried.is_link_local or site_local)


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | None:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None if any(address in tunnel for tunnel in _TUNNELS) else address
