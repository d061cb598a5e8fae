"""All checks in one run: those of this machine one after the other, those of the network side by side and never for long."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import django
from django.db import connections

from newsletter.config import Config, load_config
from newsletter.errors import SettingsError
from newsletter.project.examining.bounce_mailbox import examine_imap, examine_maildir
from newsletter.project.examining.diagnosis import CHECKS, Diagnosis, Verdict, ok, problem, skipped, softened
from newsletter.project.examining.dkim_record import examine_dkim
from newsletter.project.examining.key_ring import examine_key_ring, has_key_ring
from newsletter.project.examining.own_settings import domain_of, examine_settings, is_of_this_machine, is_reserved
from newsletter.project.examining.sender_dns import Resolver, examine_dmarc, examine_mx, examine_spf
from newsletter.project.examining.sendgrid_account import examine_sendgrid
from newsletter.project.examining.smtp_server import examine_smtp
from newsletter.project.examining.storage import examine_outbox, examine_place, examine_room, sqlite_file
from newsletter.project.examining.timing import examine_calendar
from newsletter.project.examining.web_reach import examine_pages, examine_registry

A_CHECK: Final = 5.0
"""Seconds for one answer from the network."""

ALL_CHECKS: Final = 13.0
"""Seconds after which nothing is waited for any more."""

REPORT_IT: Final = "Report it with what stands above."

HARMLESS_IN_THE_OUTBOX: Final = (
    "settings.postal-address",
    "settings.sender",
    "settings.people",
    "settings.links",
    "dns.",
    "web.",
)
"""What harms nobody while no mail leaves this machine."""


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """Checks that one conversation answers."""

    checks: tuple[str, ...]
    ask: Callable[[], Iterable[Diagnosis]]


def examine(*, clock: Callable[[], datetime], resolver: Callable[[], Resolver], offline: bool) -> list[Diagnosis]:
    """Examine the site folder; every check appears at most once for each thing that it found, in the order of CHECKS."""
    try:
        config = load_config()
    except SettingsError as error:
        return [
            problem(
                "settings.load", str(error), "Correct newsletter.toml or the NEWSLETTER_… variables; nothing else was looked at."
            )
        ]
    network = [] if offline else network_checks(config, clock=clock, resolver=resolver())
    waiting = start(network)
    found = [ok("settings.load", f"{config.home}/newsletter.toml"), *_on_this_machine(config, clock=clock)]
    found += collect(network, waiting, longest=ALL_CHECKS)
    if config.delivery.transport == "outbox":
        found = [softened(one) if one.check.startswith(HARMLESS_IN_THE_OUTBOX) else one for one in found]
    order = list(CHECKS)
    return sorted(found, key=lambda one: order.index(one.check))


def network_checks(config: Config, *, clock: Callable[[], datetime], resolver: Resolver) -> list[NetworkCheck]:
    """Give the conversations that these settings call for."""
    now = clock()
    checks = [
        NetworkCheck(("trials.registry", "clock.world"), lambda: examine_registry(config, timeout=A_CHECK, clock=clock)),
        *_sender(config, resolver),
        _pages(config, now),
    ]
    match config.delivery.transport:
        case "smtp":
            checks.append(
                NetworkCheck(
                    ("smtp.connect", "smtp.certificate", "smtp.sign-in", "smtp.extensions", "smtp.sender"),
                    lambda: examine_smtp(config, timeout=A_CHECK, now=now),
                )
            )
        case "sendgrid":
            checks.append(
                NetworkCheck(
                    ("sendgrid.key", "sendgrid.tracking", "sendgrid.events"),
                    lambda: examine_sendgrid(config, timeout=A_CHECK),
                )
            )
        case "outbox":
            pass
    imap = config.delivery.bounces.imap
    if imap is not None:
        checks.append(NetworkCheck(("bounces.mailbox",), lambda: [examine_imap(imap, timeout=A_CHECK)]))
    return checks


Answers = queue.SimpleQueue[tuple[NetworkCheck, list[Diagnosis]]]


def start(checks: Sequence[NetworkCheck]) -> Answers:
    """Ask all at once, in threads that nobody has to wait for."""
    answers: Answers = queue.SimpleQueue()

    def run(check: NetworkCheck) -> None:
        found: list[Diagnosis] = []
        try:
            found.extend(check.ask())
        finally:
            answers.put((check, found))

    for check in checks:
        threading.Thread(target=run, args=(check,), daemon=True, name=check.checks[0]).start()
    return answers


def collect(checks: Sequence[NetworkCheck], answers: Answers, *, longest: float) -> list[Diagnosis]:
    """Wait for the answers, not longer than ``longest`` seconds in all, and say what did not come in time."""
    ends = time.monotonic() + longest
    waiting, found = list(checks), []
    while waiting:
        try:
            check, diagnoses = answers.get(timeout=max(ends - time.monotonic(), 0.01))
        except queue.Empty:
            break
        waiting.remove(check)
        found += diagnoses or [problem(check.checks[0], "This check itself has failed; above is what it said.", REPORT_IT)]
    for check in waiting:
        found.append(
            problem(check.checks[0], f"No answer within {longest:g} seconds.", "Try again; else see the network and the DNS.")
        )
    return found


def _sender(config: Config, resolver: Resolver) -> list[NetworkCheck]:
    if is_reserved(domain_of(config.newsletter.from_address)):
        return [
            NetworkCheck((one,), partial(_skip, one, "The sender's domain is an example."))
            for one in ("dns.spf", "dns.dkim", "dns.dmarc", "dns.mx")
        ]
    return [
        NetworkCheck(("dns.spf",), lambda: [examine_spf(config, resolver)]),
        NetworkCheck(("dns.dkim",), lambda: [examine_dkim(config, resolver)]),
        NetworkCheck(("dns.dmarc", "dns.alignment"), lambda: examine_dmarc(config, resolver)),
        NetworkCheck(("dns.mx",), lambda: [examine_mx(config, resolver)]),
    ]


def _skip(check: str, why: str) -> list[Diagnosis]:
    return [skipped(check, why)]


def _pages(config: Config, now: datetime) -> NetworkCheck:
    if config.delivery.transport == "outbox" and is_of_this_machine(config.web.base_url):
        return NetworkCheck(("web.reachable",), lambda: [skipped("web.reachable", "The pages are for this machine only.")])
    checks = ("web.reachable", "web.certificate", "web.one-click", "web.events")
    return NetworkCheck(checks, lambda: examine_pages(config, timeout=A_CHECK, now=now))


def _on_this_machine(config: Config, *, clock: Callable[[], datetime]) -> Iterator[Diagnosis]:
    yield from examine_settings(config)
    yield examine_calendar(config, now=clock())
    file = sqlite_file(config)
    stored = file is None or (file.exists() and file.stat().st_size > 0)
    ring = examine_key_ring(config, stored=stored, now=clock())
    yield ring
    yield examine_place(config)
    readers = 0
    # Loading Django's settings would make the file of a database, or of keys, that is not there.
    if stored and has_key_ring(config) and ring.verdict is not Verdict.PROBLEM:
        django.setup()
        from newsletter.project.examining.database import count_readers, examine_database, examine_file  # noqa: PLC0415
        from newsletter.project.examining.forgetting import examine_copies  # noqa: PLC0415
        from newsletter.project.examining.trial_looks import examine_trial_looks  # noqa: PLC0415

        diagnoses = [*examine_database(clock=clock), examine_copies(config, now=clock())]
        yield from diagnoses
        if any(one.check == "database.migrations" and one.verdict is Verdict.OK for one in diagnoses):
            yield examine_trial_looks(config, now=clock())
        if not any(one.check == "database.reachable" and one.verdict is Verdict.PROBLEM for one in diagnoses):
            readers = count_readers()
        if file is not None:
            # While the other connection is open: the last one that closes tidies the write-ahead log away, if it may write.
            yield examine_file(file)
        connections.close_all()
    else:
        yield skipped("database.reachable", "There is none yet." if not stored else "It is not opened without its keys.")
    yield examine_room(config, readers=readers)
    if config.delivery.transport == "outbox":
        yield examine_outbox(config)
    mailbox = examine_maildir(config)
    if mailbox is not None:
        yield mailbox
