"""What a check says: whether it is well, and if not, what to type or to publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    """Mail goes out, and something about it should be better."""
    PROBLEM = "problem"
    """Mail would not go out, would not arrive, or readers would be harmed."""
    SKIPPED = "skipped"
    """It was not looked at; the reason is said."""


CHECKS: Final[Mapping[str, str]] = {
    "settings.load": "The settings can be read",
    "settings.postal-address": "The postal address is the organisation's own",
    "settings.sender": "The sender's addresses are real ones",
    "settings.people": "Somebody has each role",
    "settings.links": "Links and one-click unsubscribe work from outside",
    "keys.ring": "The key ring is there, private and whole",
    "keys.opens": "The key ring opens what is stored",
    "database.reachable": "The database answers",
    "database.migrations": "The tables are those of this program",
    "database.durable": "What was written survives a power cut",
    "database.whole": "The database file is not damaged",
    "database.place": "The database file lies on a disk of this machine, for nobody else to read",
    "database.backup": "There is a backup, and it is not old",
    "database.copies": "No copy of the database is kept for too long",
    "readers.erasures": "Who is to be forgotten is forgotten",
    "readers.retention": "What is kept no longer is forgotten",
    "disk.room": "There is room for the next send",
    "clock.database": "This machine and the database agree on the time",
    "clock.world": "This machine's clock is right",
    "calendar.slots": "The cadence gives the dates that are meant",
    "calendar.overdue": "Somebody does what is due",
    "outbox.folder": "The outbox can be written",
    "smtp.connect": "The mail server answers, and the connection is safe",
    "smtp.certificate": "The mail server's certificate lasts",
    "smtp.sign-in": "The mail server takes our password",
    "smtp.extensions": "The mail server can do what makes sending fast",
    "smtp.sender": "The mail server takes our sender",
    "sendgrid.key": "SendGrid's key may send",
    "sendgrid.tracking": "SendGrid tracks nobody",
    "sendgrid.events": "SendGrid reports to us, signed",
    "dns.spf": "SPF names who may send for the envelope's domain",
    "dns.dkim": "The DKIM record is that of our key",
    "dns.dmarc": "DMARC says what to do with forged mail",
    "dns.alignment": "What is signed or allowed is the domain that readers see",
    "dns.mx": "Answers and bounces find a mail server",
    "web.reachable": "Readers reach our pages",
    "web.certificate": "The certificate of our pages lasts",
    "web.one-click": "Looking at an unsubscribe link changes nothing",
    "web.events": "SendGrid reaches our webhook, and nobody else does",
    "trials.registry": "The trial registry answers",
    "trials.past-issues": "The registry says what became of the trials of past issues",
    "bounces.mailbox": "The mailbox for bounces can be read",
}
"""Every check by its id, with what it sees to."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one check found; ``mend`` are steps, each a command to type, a setting to write or a record to publish."""

    check: str
    verdict: Verdict
    said: str
    mend: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a check that the documentation does not know."""
        assert self.check in CHECKS, self.check


def ok(check: str, said: str) -> Diagnosis:
    """Say that it is well."""
    return Diagnosis(check, Verdict.OK, said)


def warning(check: str, said: str, *mend: str) -> Diagnosis:
    """Say what should be better."""
    return Diagnosis(check, Verdict.WARNING, said, mend)


def problem(check: str, said: str, *mend: str) -> Diagnosis:
    """Say what must be mended."""
    return Diagnosis(check, Verdict.PROBLEM, said, mend)


def skipped(check: str, said: str) -> Diagnosis:
    """Say why it was not looked at."""
    return Diagnosis(check, Verdict.SKIPPED, said)


def softened(found: Diagnosis) -> Diagnosis:
    """Make a warning of a problem that harms nobody while all mail stays in the outbox."""
    return replace(found, verdict=Verdict.WARNING) if found.verdict is Verdict.PROBLEM else found
