"""A key that signs test mails, and the DNS answer by which dkimpy verifies them."""

from __future__ import annotations

from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.dkim_key import DnsRecord, dns_record

DOMAIN, SELECTOR = "metsmatters.example", "letter"


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def signer() -> DkimSigner:
    return DkimSigner(domain=DOMAIN, selector=SELECTOR, key=key())


def record() -> DnsRecord:
    return dns_record(key(), domain=DOMAIN, selector=SELECTOR)


def verifies(message: bytes, published: DnsRecord | None = None) -> bool:
    """Say whether dkimpy finds the signature good, with the record in the DNS."""
    published = published or record()

    def dns(name: bytes | str, timeout: int = 5) -> bytes:
        asked = name.decode() if isinstance(name, bytes) else name
        return published.value.encode() if asked == f"{published.name}." else b""

    return bool(dkim.verify(message, dnsfunc=dns))
