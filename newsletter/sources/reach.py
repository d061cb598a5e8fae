"""Which hosts of the outside world may be asked, so that no feed, link or redirect of a stranger leads into our own network.

An address is public when its packets leave for the internet by every rule that IANA's special-purpose registries know
(https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.errors import SourceError

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out of IPv6; Python calls the rest global as well."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address."""
_NEVER = (ipaddress.IPv6Network("3fff::/20"), ipaddress.IPv4Network("192.88.99.0/24"))
"""Documentation (RFC 9637) and the relays of 6to4 (RFC 7526), which older releases of Python take for public."""


class ForbiddenHostError(SourceError):
    """A host leads to a network that is not the internet's, and is not among those that may be asked all the same."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Hosts that may be asked although they lead to a private network: all that are public may be, in any case.

    ``private_hosts`` are as a person writes them, ``wiki.lan``, ``wiki.lan:8080`` or ``[::1]:8080``; without a port, any port.
    ``everywhere`` asks nothing of a host: for addresses that the publisher has set, never for what came from elsewhere.
    """

    private_hosts: frozenset[str] = frozenset()
    everywhere: bool = False

    @classmethod
    def to(cls, private_hosts: Iterable[str]) -> Reach:
        """Give the reach to all that is public and to these hosts."""
        return cls(frozenset(_host_name(host) for host in private_hosts))

    def is_private_host(self, host: str, port: int) -> bool:
        """Say whether a host may lead to any network."""
        name = _host_name(host)
        bracketed = f"[{name}]" if ":" in name else name
        return self.everywhere or not self.private_hosts.isdisjoint({name, bracketed, f"{bracketed}:{port}"})


PUBLIC = Reach()
EVERYWHERE = Reach(everywhere=True)


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the internet's; addresses that carry an IPv4 address inside are judged by that."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(ip.packed[-4:]) if ip in _NAT64 else None)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in network for network in _NEVER)


def _host_name(host: str) -> str:
    return host.strip().lower().removesuffix(".")
