"""Looking through the mailboxes that bounces come to: read, take into the ledger, and only then set aside.

A process that dies between the two reads the same mails again, and their reports are known by then.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import structlog

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.bounces.imap import ImapSource
from newsletter.delivery.bounces.maildir import MaildirSource
from newsletter.delivery.bounces.own_mail import OwnMail
from newsletter.delivery.bounces.reading import read_report
from newsletter.delivery.bounces.sources import BounceSource, BouncesUnavailableError, Incoming
from newsletter.delivery.evidence import Taken, take_reports
from newsletter.delivery.models import Delivery
from newsletter.delivery.reports import Report
from newsletter.errors import NotAllowedError
from newsletter.postbox.models import ServiceMail

log = structlog.get_logger()

AT_ONCE: Final = 100
"""Mails whose reports are taken in one transaction."""


@dataclass(slots=True)
class Pulled:
    """What one look brought: reports by kind, how many of them were new, and mails left to people.

    ``problems`` says which mailbox could not be read, and why; ``paused`` names issues whose sends were paused by what came back.
    """

    reports: Counter[str] = field(default_factory=Counter)
    new: int = 0
    left: int = 0
    paused: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)


def is_anything_configured(config: Config) -> bool:
    """Say whether there is a mailbox to look into."""
    bounces = config.delivery.bounces
    return bounces.maildir is not None or bounces.imap is not None


def pull_bounces(config: Config, clock: Clock, *, stop: threading.Event | None = None) -> Pulled:
    """Look through every configured mailbox, until ``stop`` is set. Raises NotAllowedError where none is."""
    if not is_anything_configured(config):
        raise NotAllowedError(
            "No mailbox for bounces is set. Name one in newsletter.toml: [delivery.bounces] maildir, or [delivery.bounces.imap]."
        )
    own = OwnMail(config.delivery.bounces.address or "", config.newsletter.from_address.rpartition("@")[2])
    pulled = Pulled()
    for source in _sources(config):
        try:
            with source:
                waiting = source.waiting()
                while not (stop and stop.is_set()) and (some := list(islice(waiting, AT_ONCE))):
                    _take_some(source, some, own, config, pulled, now=clock())
        except BouncesUnavailableError as error:
            pulled.problems.append(str(error))
    log.info("bounces pulled", new=pulled.new, left=pulled.left, problems=len(pulled.problems), **pulled.reports)
    return pulled


def _sources(config: Config) -> Iterator[BounceSource]:
    bounces = config.delivery.bounces
    if bounces.maildir is not None:
        yield MaildirSource(config.path(bounces.maildir))
    if bounces.imap is not None:
        yield ImapSource(bounces.imap)


def _take_some(
    source: BounceSource, some: Sequence[Incoming], own: OwnMail, config: Config, pulled: Pulled, *, now: datetime
) -> None:
    read = [(incoming, read_report(incoming.content, own, now=now)) for incoming in some]
    ours = _known_keys([report.key for _, report in read if report is not None])
    about_us = [(incoming, report) for incoming, report in read if report is not None and report.key in ours]
    taken: Taken = take_reports([report for _, report in about_us], config.delivery, now=now)
    handled = {incoming.name for incoming, _ in about_us}
    for incoming in some:
        if incoming.name in handled:
            source.put_away(incoming)
        else:
            source.leave(incoming)
    pulled.reports.update(_word_for(report) for _, report in about_us)
    pulled.new += taken.new
    pulled.left += len(some) - len(about_us)
    pulled.paused += taken.paused


def _known_keys(keys: Sequence[str]) -> set[str]:
    """Give those keys that are a delivery's or a service mail's: a mail about any other is none of ours."""
    found = set(Delivery.objects.filter(key__in=keys).values_list("key", flat=True))
    return found | set(ServiceMail.objects.filter(key__in=keys).values_list("key", flat=True))


def _word_for(report: Report) -> str:
    return report.bounce.value or report.kind
