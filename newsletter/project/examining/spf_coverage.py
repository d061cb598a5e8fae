"""Whether an SPF record lets an address send, as far as its parsed form says so (RFC 7208, 5). Asks nobody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def allows(parsed: Mapping[str, Any], address: Ip) -> bool:
    """Whether one of the mechanisms that pass names the address; ``parsed`` is as checkdmarc parses a record."""
    return any(address.version == network.version and address in network for network in _networks(parsed))


def _networks(parsed: Mapping[str, Any]) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for one in parsed["mechanisms"]:
        if one["action"] != "pass":
            continue
        match one["mechanism"]:
            case "ip4" | "ip6":
                yield ipaddress.ip_network(one["value"], strict=False)
            case "a":
                yield from map(ipaddress.ip_network, one["addresses"])
            case "mx":
                for host in one["hosts"]:
                    yield from map(ipaddress.ip_network, host["addresses"])
            case "include" if one["parsed"]:
                yield from _networks(one["parsed"])
    redirect = parsed["redirect"]
    if redirect and redirect["parsed"]:
        yield from _networks(redirect["parsed"])
