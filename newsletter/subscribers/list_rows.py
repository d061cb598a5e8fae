"""One line of a subscriber list → one person as it would be stored, or the reason why it cannot be.

Reasons never repeat a cell: where columns have slipped, any cell may hold an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import parse_address, parse_first_name
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent
from newsletter.subscribers.suppressing import SUPPRESSING

LONGEST_SOURCE = 40

END_REASONS: Final = {"": EndReason.IMPORTED} | {reason.value: reason for reason in EndReason}

STATUSES: Final = ("active", "snoozed", "ended")


@dataclass(frozen=True, slots=True)
class RowDefaults:
    """What counts where a cell is empty: a consent that the whole list shares (source, wording, moment), if there is one."""

    source: str = ""
    wording: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A line that can be stored. ``consent`` is None only for a suppressing end: then the address alone counts."""

    contact: Contact = field(repr=False)
    language: str
    topics: frozenset[str] = field(repr=False)
    consent: Consent | None
    snoozed_until: date | None
    ended: EndReason | None
    unknown_language: bool
    unknown_topics: int

    @property
    def suppression(self) -> SuppressionReason | None:
        """Why the address must never be mailed again, if that is so."""
        return SUPPRESSING.get(self.ended) if self.ended else None


class RowError(Exception):
    """A line cannot be stored; the message says why, without repeating what stands in it."""


def read_row(cells: Mapping[str, str], *, choices: Choices, defaults: RowDefaults, now: datetime) -> ListedPerson:
    """Read one line; raises RowError with everything that is wrong with it."""
    problems: list[str] = []

    contact = _contact(cells, problems)
    ended = _ended(cells, problems)
    snoozed_until = _snoozed_until(cells, ended, now, problems)
    language, known = _language(cells.get("language", ""), choices)
    topics = {topic for topic in re.split(r"[;|,\s]+", cells.get("topics", "").lower()) if topic}
    consent, lacking = _consent(cells, language, choices=choices, defaults=defaults, now=now)
    if ended not in SUPPRESSING:
        problems += lacking
    if problems:
        raise RowError("; also: ".join(problems))
    assert contact is not None
    return ListedPerson(
        contact=contact,
        language=language,
        topics=frozenset(topics & choices.topic_keys),
        consent=consent,
        snoozed_until=snoozed_until,
        ended=ended,
        unknown_language=not known,
        unknown_topics=len(topics - choices.topic_keys),
    )


def _contact(cells: Mapping[str, str], problems: list[str]) -> Contact | None:
    address = first_name = ""
    try:
        address = parse_address(cells.get("email", ""))
    except AddressError as error:
        problems.append(str(error))
    try:
        first_name = parse_first_name(cells.get("first_name", ""))
    except AddressError as error:
        problems.append(str(error))
    return Contact(address, first_name) if address else None


def _ended(cells: Mapping[str, str], problems: list[str]) -> EndReason | None:
    status, reason = (cells.get(name, "").strip().lower() for name in ("status", "ended_reason"))
    if status and status not in STATUSES:
        problems.append(f"status is none of {', '.join(STATUSES)}")
    if status != "ended":
        if reason:
            problems.append("it has an ended_reason, but its status is not ended")
        return None
    if reason not in END_REASONS:
        problems.append(f"ended_reason is none of {', '.join(filter(None, END_REASONS))}")
        return None
    return END_REASONS[reason]


def _snoozed_until(cells: Mapping[str, str], ended: EndReason | None, now: datetime, problems: list[str]) -> date | None:
    text, status = (cells.get(name, "").strip() for name in ("snoozed_until", "status"))
    if not text:
        if status.lower() == "snoozed":
            problems.append("it is snoozed, but snoozed_until is empty")
        return None
    try:
        until = date.fromisoformat(text)
    except ValueError:
        problems.append("snoozed_until is no day such as 2026-12-31")
        return None
    return until if until > now.date() and ended is None else None


def _language(text: str, choices: Choices) -> tuple[str, bool]:
    wanted = re.split(r"[-_]", text.strip().lower())[0]
    if wanted in choices.languages:
        return wanted, True
    return choices.languages[0], not wanted


def _consent(
    cells: Mapping[str, str], language: str, *, choices: Choices, defaults: RowDefaults, now: datetime
) -> tuple[Consent | None, list[str]]:
    source = cells.get("consent_source", "").strip() or defaults.source
    wording = cells.get("consent_wording", "").strip() or defaults.wording
    day = cells.get("consent_date", "").strip()
    found: list[str] = []
    at = defaults.at
    if day:
        at = _moment(day)
        if at is None:
            found.append("consent_date is no day such as 2026-12-31")
        elif at > now:
            found.append("consent_date is in the future")
    missing = [name for name, value in (("source", source), ("wording", wording), ("date", day or at)) if not value]
    if missing:
        found.append(f"there is no consent: no {', no '.join(missing)}; only people who said yes may be mailed")
    if wording and wording not in choices.wordings:
        found.append("consent_wording is not in subscribers/consent.toml")
    if len(source) > LONGEST_SOURCE or not source.isprintable():
        found.append(f"consent_source is longer than {LONGEST_SOURCE} characters, or cannot be printed")
    if found:
        return None, found
    assert at is not None
    return Consent(wording=wording, language=language, source=source, at=at), []


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
