"""What the DNS says of our sender: SPF, DKIM, DMARC, and whether all of it is the domain that readers see (RFC 7208, 6376, 7489).

Each function asks on its own, so that they can be run side by side.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dns.exception
import dns.name
import dns.resolver
from checkdmarc.dmarc import check_dmarc
from checkdmarc.spf import check_spf
from checkdmarc.utils import get_base_domain

from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.project.examining.own_settings import domain_of, envelope_domain
from newsletter.project.examining.spf_coverage import allows

SPF, DMARC, ALIGNMENT, MX = "dns.spf", "dns.dmarc", "dns.alignment", "dns.mx"

A_QUERY: Final = 2.0
"""Seconds; a record that takes several queries has as many times that."""

Resolver = dns.resolver.Resolver


def make_resolver(nameserver: str = "", *, timeout: float) -> Resolver:
    """Give this machine's resolver, or one that asks ``nameserver`` (an IP address, perhaps with a port). Raises UsageError."""
    try:
        resolver = Resolver(configure=not nameserver)
    except dns.resolver.NoResolverConfiguration:
        raise UsageError("This machine has no DNS server set. Name one: --nameserver 9.9.9.9") from None
    resolver.lifetime = timeout
    resolver.timeout = A_QUERY
    if nameserver:
        host, colon, port = nameserver.rpartition(":")
        if not colon or (":" in host and not host.endswith("]")):
            host, port = nameserver, "53"
        try:
            resolver.nameservers = [str(ipaddress.ip_address(host.strip("[]")))]
            resolver.port = int(port)
        except ValueError:
            raise UsageError(f"“{nameserver}” is not an IP address. Write --nameserver 9.9.9.9 or 127.0.0.1:5353.") from None
    return resolver


def answers(resolver: Resolver, name: str, kind: str) -> bool:
    """Whether the DNS says anything about a name; that there is no such record is an answer as well."""
    try:
        resolver.resolve(name, kind)
    except (dns.resolver.LifetimeTimeout, dns.resolver.NoNameservers):
        return False
    except dns.exception.DNSException:
        return True
    return True


def silent(check: str) -> Diagnosis:
    """Say that nothing is known: what did not answer is not what is missing."""
    return problem(check, "The DNS did not answer.", "Is this machine on the internet? Ask another server: --nameserver 9.9.9.9")


def examine_spf(config: Config, resolver: Resolver) -> Diagnosis:
    """Look at the record of the domain that bounces come back to."""
    domain = envelope_domain(config)
    if not answers(resolver, domain, "TXT"):
        return silent(SPF)
    found: Mapping[str, Any] = check_spf(domain, resolver=resolver, timeout=A_QUERY)
    record, error = found.get("record"), found.get("error")
    if config.delivery.transport == "sendgrid" and not record:
        return ok(SPF, f"{domain} has no SPF record, and needs none: SendGrid's envelope has a domain of its own.")
    server = _addresses_of(config.delivery.smtp.host, resolver) if config.delivery.transport == "smtp" else []
    if not record:
        wanted = " ".join(f"ip{one.version}:{one}" for one in server if one.is_global) or "ip4:ADDRESS-OF-YOUR-MAIL-SERVER"
        return problem(
            SPF,
            f"{domain} has no SPF record: {error or 'none was found'}",
            f'Publish in the DNS: {domain}. TXT "v=spf1 {wanted} -all"',
        )
    if error:
        return problem(
            SPF,
            f"The SPF record of {domain} is not valid: {error}",
            f"Mend the TXT record of {domain}: {record}",
            "More than ten lookups: take out what no longer sends for you, or write ip4: instead of include:.",
        )
    parsed: Mapping[str, Any] = found["parsed"]
    if parsed["all"] in {"pass", "neutral"}:
        return warning(
            SPF,
            f"The SPF record of {domain} lets everybody send in its name: {record}",
            f"Publish {domain}. TXT with -all at its end.",
        )
    return _coverage(domain, record, parsed, server, lookups=int(found["dns_lookups"]), host=config.delivery.smtp.host)


def examine_dmarc(config: Config, resolver: Resolver) -> Iterator[Diagnosis]:
    """Look at the policy of the domain that readers see, and whether what we send is aligned with it."""
    domain = domain_of(config.newsletter.from_address)
    if not answers(resolver, f"_dmarc.{domain}", "TXT"):
        yield silent(DMARC)
        return
    found: Mapping[str, Any] = check_dmarc(domain, resolver=resolver, timeout=A_QUERY)
    if not found.get("valid"):
        organisation = get_base_domain(domain)
        why = str(found.get("error")).rstrip(".")
        yield problem(
            DMARC,
            f"{domain} has no valid DMARC record: {why}. Gmail and Yahoo ask one of whoever sends many mails.",
            f'Publish in the DNS: _dmarc.{organisation}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{organisation}"',
        )
        yield skipped(ALIGNMENT, "Without DMARC nobody asks for it.")
        return
    tags: Mapping[str, Any] = found["tags"]
    policy = str(tags["p"]["value"])
    if policy == "none":
        yield warning(
            DMARC,
            f"The policy of {found['location']} is p=none: forged mail in your name is delivered.",
            f"When its reports were clean for some weeks, publish p=quarantine in the TXT record of _dmarc.{found['location']}.",
        )
    else:
        yield ok(DMARC, f"The policy of {found['location']} is p={policy}.")
    yield examine_alignment(config, strict_dkim=_is_strict(tags, "adkim"), strict_spf=_is_strict(tags, "aspf"), domain=domain)


def examine_alignment(config: Config, *, domain: str, strict_dkim: bool, strict_spf: bool) -> Diagnosis:
    """Compare the domain that readers see with those that are signed and allowed (RFC 7489, 3.1). No network."""
    if config.delivery.transport == "sendgrid":
        signed: str | None = domain
        envelope = f"em.{domain}"
    else:
        signed = config.delivery.dkim.domain if config.delivery.dkim else None
        envelope = envelope_domain(config)
    by_dkim = signed is not None and _aligned(signed, domain, strict=strict_dkim)
    by_spf = _aligned(envelope, domain, strict=strict_spf)
    if by_dkim:
        also = ", and so is the envelope's" if by_spf else f"; the envelope's, {envelope}, is not"
        return ok(ALIGNMENT, f"Readers see {domain}; the signature's domain {signed} is aligned{also}.")
    if by_spf:
        return warning(
            ALIGNMENT,
            f"Readers see {domain}; only the envelope's domain {envelope} is aligned: a mail that is forwarded counts as forged"
            + (f". The signature is by {signed}." if signed else ", unless your mail server signs."),
            f'Sign: [delivery.dkim] domain = "{domain}" in newsletter.toml, then newsletter dkim; or let your mail server do it.',
        )
    return problem(
        ALIGNMENT,
        f"Readers see {domain}, but {signed or 'nobody'} signs and {envelope} is in the envelope: to DMARC every mail is forged.",
        f'In newsletter.toml: [delivery.dkim] domain = "{domain}", or delivery.envelope_from at {domain}.',
    )


def examine_mx(config: Config, resolver: Resolver) -> Diagnosis:
    """Look whether answers and bounces would find a mail server (RFC 5321, 5.1; RFC 7505)."""
    domains = list(dict.fromkeys([domain_of(config.newsletter.reply_to), envelope_domain(config)]))
    if not answers(resolver, domains[0], "MX"):
        return silent(MX)
    lost = [domain for domain in domains if not _takes_mail(domain, resolver)]
    if lost:
        return problem(
            MX,
            f"Nobody takes mail for {' and '.join(lost)}: answers or bounces are lost, and some servers refuse such a sender.",
            *(f"Publish in the DNS: {domain}. MX 10 mail.{domain}. (the name of your mail server)" for domain in lost),
        )
    return ok(MX, f"Mail servers take mail for {' and '.join(domains)}.")


def _coverage(
    domain: str,
    record: str,
    parsed: Mapping[str, Any],
    server: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
    *,
    lookups: int,
    host: str,
) -> Diagnosis:
    public = [one for one in server if one.is_global]
    said = f"{domain}: {record} ({lookups} of 10 lookups)"
    missing = [str(one) for one in public if not allows(parsed, one)]
    if missing:
        return warning(
            SPF,
            f"{said} does not name {', '.join(missing)}, the address of {host}. If mail leaves from there, it counts as forged.",
            f"Add ip4:{missing[0]} (or ip6:) to the TXT record of {domain}, unless that server passes mail on to another.",
        )
    if not public:
        return ok(SPF, f"{said}. From which address your mail server sends cannot be told from here.")
    return ok(SPF, f"{said}, which names {host}.")


def _aligned(one: str, seen: str, *, strict: bool) -> bool:
    return one.lower() == seen if strict else get_base_domain(one) == get_base_domain(seen)


def _is_strict(tags: Mapping[str, Any], name: str) -> bool:
    return str(tags.get(name, {}).get("value", "r")) == "s"


def _takes_mail(domain: str, resolver: Resolver) -> bool:
    try:
        answer = resolver.resolve(domain, "MX")
    except dns.resolver.NoAnswer:
        return bool(_addresses_of(domain, resolver))
    except dns.exception.DNSException:
        return False
    return any(record.exchange != dns.name.root for record in answer)


def _addresses_of(host: str, resolver: Resolver) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    found = []
    for kind in ("A", "AAAA"):
        try:
            found += [ipaddress.ip_address(record.address) for record in resolver.resolve(host, kind)]
        except dns.exception.DNSException:
            continue
    return found
