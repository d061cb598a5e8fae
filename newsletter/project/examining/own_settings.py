"""What newsletter.toml says that no type can judge: whether it is the organisation's own, or still the example's."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from newsletter.config import LONGEST_LIST_UNSUBSCRIBE, TOKEN_LENGTH, Config
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem

RESERVED_ENDINGS: Final = ("example", "test", "invalid", "localhost")
RESERVED_DOMAINS: Final = ("example.com", "example.net", "example.org")
"""RFC 2606: nobody's, for ever."""

EXAMPLE_STREET: Final = "Example Street"


def is_reserved(domain: str) -> bool:
    """Whether a domain is one that nobody can own."""
    domain = domain.lower().rstrip(".")
    ending = domain.rpartition(".")[2]
    return ending in RESERVED_ENDINGS or any(domain == one or domain.endswith(f".{one}") for one in RESERVED_DOMAINS)


def domain_of(address: str) -> str:
    """Give what stands behind the @."""
    return address.rpartition("@")[2].lower()


def envelope_domain(config: Config) -> str:
    """Give the domain that bounces come back to, which is what SPF is asked about."""
    delivery = config.delivery
    return domain_of(delivery.bounces.address or delivery.envelope_from or config.newsletter.from_address)


def is_of_this_machine(url: str) -> bool:
    """Whether an address leads nowhere but to this machine or its own network."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))


def examine_settings(config: Config) -> list[Diagnosis]:
    """Look at the settings alone; no network."""
    return [_postal_address(config), _sender(config), *_people(config), _links(config)]


def _postal_address(config: Config) -> Diagnosis:
    if EXAMPLE_STREET in config.newsletter.postal_address:
        return problem(
            "settings.postal-address",
            "The postal address is still the example's. It stands at the foot of every mail, and the law asks for a real one.",
            "In newsletter.toml, [newsletter] postal_address: write where the organisation gets its letters.",
        )
    return ok("settings.postal-address", "A postal address of your own is set.")


def _sender(config: Config) -> Diagnosis:
    letter = config.newsletter
    used = {
        "from_address": domain_of(letter.from_address),
        "reply_to": domain_of(letter.reply_to),
        "list_id": letter.list_id,
        **({"delivery.bounces.address": domain_of(config.delivery.bounces.address)} if config.delivery.bounces.address else {}),
    }
    reserved = [f"{name} ({domain})" for name, domain in used.items() if is_reserved(domain)]
    if reserved:
        return problem(
            "settings.sender",
            f"These are examples that nobody can own: {', '.join(reserved)}.",
            "In newsletter.toml: write a domain of the organisation's own.",
        )
    return ok("settings.sender", f"Mail comes from {letter.from_address}; answers go to {letter.reply_to}.")


def _people(config: Config) -> list[Diagnosis]:
    found = []
    by_role = {
        role: [key for key, one in config.people.items() if role in one.roles] for role in ("editor", "medical", "publisher")
    }
    missing = [role for role, keys in by_role.items() if not keys]
    if missing:
        found.append(
            problem(
                "settings.people",
                f"Nobody has the role {' or '.join(missing)}: without an editor and a medical reviewer nothing is approved, and "
                "without a publisher a paused send is told to the editors alone.",
                'In newsletter.toml: [people.KEY] with name, address and roles = ["…"].',
            )
        )
    elif set(by_role["editor"]) == set(by_role["medical"]) and len(by_role["editor"]) == 1:
        found.append(
            problem(
                "settings.people",
                "One person is the only editor and the only medical reviewer, and nobody gives both approvals.",
                'In newsletter.toml: another [people.KEY] with roles = ["medical"].',
            )
        )
    told = [one for one in config.people.values() if {"editor", "publisher"} & {*one.roles}]
    unreachable = sorted(one.name for one in told if is_reserved(domain_of(one.address)))
    if unreachable:
        found.append(
            problem(
                "settings.people",
                f"Alerts would reach nobody: {', '.join(unreachable)} have example addresses.",
                "In newsletter.toml, [people.KEY] address: write where they get their mail.",
            )
        )
    return found or [ok("settings.people", "; ".join(f"{role}: {', '.join(keys)}" for role, keys in by_role.items()) + ".")]


def _links(config: Config) -> Diagnosis:
    base = config.web.base_url
    length = len(f"<{base}/u/>") + TOKEN_LENGTH
    if is_of_this_machine(base) or is_reserved(urlsplit(base).hostname or ""):
        return problem(
            "settings.links",
            f"web.base_url is {base}, which leads nowhere from outside: no reader could unsubscribe.",
            "In newsletter.toml: [web] base_url = the https address at which readers reach this program.",
        )
    if not base.startswith("https://"):
        return problem(
            "settings.links",
            f"web.base_url is {base}: mail programs offer one-click unsubscribe for https only (RFC 8058, 3.1).",
            f'In newsletter.toml: [web] base_url = "https://{base.partition("://")[2]}", behind a server that has a certificate.',
        )
    return ok("settings.links", f"{base}; List-Unsubscribe has {length} of {LONGEST_LIST_UNSUBSCRIBE} octets.")
