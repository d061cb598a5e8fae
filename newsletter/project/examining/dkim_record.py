"""The record by which everybody can verify our signatures (RFC 6376, 3.6.1), or SendGrid's two names for its own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import dns.exception
import dns.resolver

from newsletter.config import Config
from newsletter.delivery.dkim_key import BITS, DnsRecord, dns_record, read_key
from newsletter.errors import SettingsError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.project.examining.own_settings import domain_of
from newsletter.project.examining.sender_dns import answers, silent
from newsletter.settings import DkimSettings

DKIM: Final = "dns.dkim"

SENDGRID_NAMES: Final = ("s1", "s2")
SENDGRID: Final = "sendgrid.net"
"""Where SendGrid's automated security has its keys (docs.sendgrid.com, how to set up domain authentication)."""


def examine_dkim(config: Config, resolver: dns.resolver.Resolver) -> Diagnosis:
    """Look at the record of whoever signs our mail."""
    if config.delivery.transport == "sendgrid":
        return _sendgrid(domain_of(config.newsletter.from_address), resolver)
    settings = config.delivery.dkim
    if settings is None:
        return skipped(DKIM, "We do not sign; whether your mail server does shows in the headers of a test mail.")
    try:
        wanted = dns_record(read_key(config.path(settings.key_file)), domain=settings.domain, selector=settings.selector)
    except SettingsError as error:
        return problem(DKIM, str(error))
    return _own(settings, wanted, resolver)


def parse_tags(record: str) -> dict[str, str]:
    """Read a tag list (RFC 6376, 3.2); white space inside values goes."""
    pairs = (part.partition("=") for part in record.split(";") if part.strip())
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def _own(settings: DkimSettings, wanted: DnsRecord, resolver: dns.resolver.Resolver) -> Diagnosis:
    publish = f"Publish in the DNS: {wanted.as_zone_line()}"
    if not answers(resolver, wanted.name, "TXT"):
        return silent(DKIM)
    try:
        records = [b"".join(one.strings).decode("utf-8", "replace") for one in resolver.resolve(wanted.name, "TXT")]
    except dns.exception.DNSException as error:
        return problem(DKIM, f"{wanted.name} has no TXT record ({type(error).__name__}): no signature verifies.", publish)
    keys = [tags for tags in map(parse_tags, records) if "p" in tags]
    if len(keys) != 1:
        return problem(DKIM, f"{wanted.name} has {len(keys)} keys where one belongs.", publish)
    return _published(keys[0], settings, wanted, publish)


def _published(tags: Mapping[str, str], settings: DkimSettings, wanted: DnsRecord, publish: str) -> Diagnosis:
    published, ours = _key(tags["p"]), _key(parse_tags(wanted.value)["p"])
    if not tags["p"]:
        return problem(DKIM, f"The key of {wanted.name} is revoked (its p= is empty).", publish)
    if published != ours:
        return problem(DKIM, f"The key of {wanted.name} is not that of {settings.key_file}: no signature verifies.", publish)
    if "y" in tags.get("t", "").split(":"):
        return warning(DKIM, f"{wanted.name} says that signing is a test (t=y), so nobody minds a wrong one.", publish)
    return ok(DKIM, f"{wanted.name} has the key that we sign with (RSA, at least {BITS} bits).")


def _sendgrid(domain: str, resolver: dns.resolver.Resolver) -> Diagnosis:
    wrong = []
    if not answers(resolver, f"{SENDGRID_NAMES[0]}._domainkey.{domain}", "CNAME"):
        return silent(DKIM)
    for name in SENDGRID_NAMES:
        owner = f"{name}._domainkey.{domain}"
        try:
            target = str(resolver.resolve(owner, "CNAME")[0].target).rstrip(".").lower()
        except dns.exception.DNSException:
            wrong.append(f"{owner} is no CNAME")
        else:
            if target != SENDGRID and not target.endswith(f".{SENDGRID}"):
                wrong.append(f"{owner} leads to {target}")
    if wrong:
        return problem(
            DKIM,
            f"SendGrid cannot sign for {domain}: {'; '.join(wrong)}.",
            f"SendGrid: Settings, Sender Authentication, Authenticate Your Domain ({domain}, automated security).",
            "Publish the three CNAME records that it shows, then press Verify there.",
        )
    return ok(DKIM, f"s1 and s2 of {domain} lead to SendGrid's keys.")


def _key(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""
