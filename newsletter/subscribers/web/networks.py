"""Where a request came from, as far as it is needed to count: the network as a keyed hash, never an address in clear."""

from __future__ import annotations

import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.http import HttpRequest

from newsletter.subscribers.installation import config, rings

UNKNOWN = "unknown"
"""One name for every request whose address cannot be read, such as one that came by a Unix socket: they are counted together."""

BITS_OF_A_NETWORK = {4: 24, 6: 48}
"""What one provider or household commonly holds as one: who has more addresses in it has not more requests."""


def network_hash(request: HttpRequest) -> bytes:
    """Give the 32-byte keyed hash of the network that a request came from."""
    remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    network = network_of(remote, forwarded, proxies=config().web.proxies)
    # Every value hashed with this key elsewhere is an e-mail address: the @ that is missing here keeps the two apart.
    return hmac.digest(rings().ring().lookup, f"network {network}".encode(), "sha256")


def network_of(remote: str, forwarded: str, *, proxies: int) -> str:
    """Give the network of ``remote``, or, behind proxies of ours, of whom the outermost one of them was called by.

    Each of them adds to the right of X-Forwarded-For who called it: with n of them the n-th entry from the right is the last
    that nobody else can have written. With fewer entries the request went round them, and ``remote`` counts.
    """
    entries = [entry.strip() for entry in forwarded.split(",")] if proxies else []
    named = entries[-proxies] if proxies and len(entries) >= proxies else ""
    address = _read(named) or _read(remote)
    if address is None:
        return UNKNOWN
    return str(ip_network((address, BITS_OF_A_NETWORK[address.version]), strict=False))


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with or without a port: ``203.0.113.7:443``, ``[2001:db8::7]:443``."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
