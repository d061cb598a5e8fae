"""One row of a subscriber list → one person as they would be stored, or the reason why they cannot be.

Reasons never repeat a cell: where columns have slipped, any cell may hold an address.

What proves a consent is decided here and nowhere else. Date, source and wording in the row's own columns do; so does a confirmed
opt-in, where the other program says both when a form was filled in and, later, when the link in a mail was pressed. When a form
was filled in proves nothing by itself, since anybody can type any address: then the publisher's word for the whole list counts
(``RowDefaults``), or people are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import orjson

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import looks_like_a_link, parse_address, parse_first_name
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.list_formats import WEIGHT, ListColumn, ListFormat, ListStanding, Status
from newsletter.subscribers.list_moments import any_moment, iso_moment
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent
from newsletter.subscribers.suppressing import SUPPRESSING

LONGEST_SOURCE: Final = 40

STATUSES_KEPT: Final = 1_000

WORDED_ELSEWHERE: Final = "elsewhere"
"""The wording of a consent that was given to another program, whose words are not kept here."""

GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
"""A cell that an export of ours kept from being a formula."""

Cells = Mapping[ListColumn | None, str]


@dataclass(frozen=True, slots=True)
class RowDefaults:
    """What counts where a cell is empty: a consent that the whole list shares (source, wording, moment), if there is one."""

    source: str = ""
    wording: str = ""
    at: datetime | None = None


@dataclass(slots=True)  # not frozen: one is made for each row of a list, in a third of the time
class ListedPerson:
    """A row that says something about a person. ``consent`` is None where nothing proves one."""

    contact: Contact = field(repr=False)
    language: str
    topics: tuple[str, ...] = field(repr=False)
    consent: Consent | None
    snoozed_until: date | None = None
    ended: EndReason | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    unknown_language: bool = False
    unknown_topics: int = 0
    nameless: bool = False

    @property
    def suppression(self) -> SuppressionReason | None:
        """Why the address must never be mailed again, if that is so."""
        return SUPPRESSING.get(self.ended) if self.ended else None


class RowError(Exception):
    """A row cannot be stored; the message says why, without repeating what stands in it."""


class RowReader:
    """Reads the rows of one file of a list."""

    def __init__(
        self, written_by: ListFormat, *, status: Status | None, choices: Choices, defaults: RowDefaults, now: datetime
    ) -> None:
        self._format = written_by
        self._status = status
        self._choices = choices
        self._wordings = {*choices.wordings, WORDED_ELSEWHERE}
        self._topic_keys = choices.topic_keys
        self._defaults = defaults
        self._now = now
        self._statuses: dict[tuple[str | None, str | None, str | None, bool, bool], tuple[Status, tuple[str, ...]]] = {}
        self._names = lru_cache(maxsize=10_000)(_first_name)
        self._chosen = lru_cache(maxsize=10_000)(self._topics)
        self._moment: Callable[[str], datetime | None] = any_moment if written_by.lenient else iso_moment

    def read(self, cells: Cells) -> ListedPerson:
        """Read one row; raises RowError with everything that is wrong with it."""
        if self._format.guarded:
            cells = {name: cell[1:] if GUARDED.match(cell) else cell for name, cell in cells.items()}
        problems: list[str] = []
        address = self._address(cells, problems)
        status = self._status_of(cells, problems)
        ended = status if isinstance(status, EndReason) else None
        if ListColumn.ATTRIBUTES in cells:
            cells = {**cells, **_attributes(cells[ListColumn.ATTRIBUTES])}
        name, nameless = self._names(cells.get(ListColumn.FIRST_NAME, ""), cells.get(ListColumn.FULL_NAME, ""))
        language, unknown_language = self._language(cells.get(ListColumn.LANGUAGE, ""))
        topics, unknown_topics = self._chosen(cells.get(ListColumn.TOPICS, ""))
        snoozed = self._snoozed_until(cells, ended, problems)
        wrong: list[str] = []
        consent = self._consent(cells, language, wrong)
        if ended is None:
            problems += wrong
        if status is ListStanding.NEVER_ASKED_FOR_IT:
            problems.append("this person is known where the list comes from, and never said yes there")
        if problems:
            raise RowError("; also: ".join(problems))
        person = ListedPerson(Contact(address, name), language, topics, consent, snoozed, ended)
        person.unknown_language, person.unknown_topics, person.nameless = unknown_language, unknown_topics, nameless
        if ListColumn.STARTED_AT in cells:
            person.started_at = self._past(cells[ListColumn.STARTED_AT])
        moment = cells.get(ListColumn.ENDED_AT) or cells.get(ListColumn.LEFT_AT) or cells.get(ListColumn.CLEANED_AT)
        if ended is not None and moment:
            person.ended_at = self._past(moment)
        return person

    def left(self, cells: Cells) -> bool:
        """Say whether a row says that somebody has left, whatever else is wrong with it."""
        return isinstance(self._status_of(cells, []), EndReason)

    @staticmethod
    def _address(cells: Cells, problems: list[str]) -> str:
        try:
            return parse_address(cells.get(ListColumn.EMAIL, ""))
        except AddressError as error:
            problems.append(str(error))
            return ""

    def _status_of(self, cells: Cells, problems: list[str]) -> Status:
        """Find what is said about somebody; of several things the one that forbids most."""
        key = (
            cells.get(ListColumn.STATUS),
            cells.get(ListColumn.PERMISSION),
            cells.get(ListColumn.ENDED_REASON),
            not cells.get(ListColumn.LEFT_AT, "").strip(),
            not cells.get(ListColumn.CLEANED_AT, "").strip(),
        )
        # Few things are said, and of every row: a list of a million has some twenty of these.
        kept = self._statuses.get(key)
        if kept is None:
            found: list[str] = []
            kept = self._judged(cells, found), tuple(found)
            if len(self._statuses) < STATUSES_KEPT:
                self._statuses[key] = kept
        problems.extend(kept[1])
        return kept[0]

    def _judged(self, cells: Cells, problems: list[str]) -> Status:
        said: list[Status] = [self._status] if self._status is not None else []
        for column in (ListColumn.STATUS, ListColumn.PERMISSION):
            text = cells.get(column)
            if text is None or (column is ListColumn.PERMISSION and not text.strip()):
                continue
            found = self._format.statuses.get(text.strip().lower())
            if found is None:
                known = ", ".join(filter(None, self._format.statuses))
                problems.append(f"{column} is none of {known}")
            else:
                said.append(found)
        if cells.get(ListColumn.LEFT_AT, "").strip():
            said.append(EndReason.UNSUBSCRIBED)
        if cells.get(ListColumn.CLEANED_AT, "").strip():
            said.append(EndReason.BOUNCED)
        status = max(said, key=WEIGHT.index, default=ListStanding.ACTIVE)
        reason = cells.get(ListColumn.ENDED_REASON, "").strip().lower()
        if reason or status is ListStanding.ENDED:
            status = self._with_reason(status, reason, problems)
        return status

    def _with_reason(self, status: Status, text: str, problems: list[str]) -> Status:
        left = status is ListStanding.ENDED or isinstance(status, EndReason)
        reason = self._format.reasons.get(text)
        if reason is None and text and not self._format.lenient:
            problems.append(f"ended_reason is none of {', '.join(self._format.reasons)}")
        if not left and not self._format.lenient:
            problems.append("it has an ended_reason, but its status is not ended")
        if not left:
            return status
        found = (status, reason or EndReason.IMPORTED)
        return max((one for one in found if one is not ListStanding.ENDED), key=WEIGHT.index)

    def _snoozed_until(self, cells: Cells, ended: EndReason | None, problems: list[str]) -> date | None:
        text = cells.get(ListColumn.SNOOZED_UNTIL, "")
        if not text.strip():
            if cells.get(ListColumn.STATUS, "").strip().lower() == ListStanding.SNOOZED:
                problems.append("it is snoozed, but snoozed_until is empty")
            return None
        try:
            until = date.fromisoformat(text.strip())
        except ValueError:
            problems.append("snoozed_until is no day such as 2026-12-31")
            return None
        return until if until > self._now.date() and ended is None else None

    def _language(self, text: str) -> tuple[str, bool]:
        wanted = re.split(r"[-_]", text.strip().lower())[0] if text else ""
        if wanted in self._choices.languages:
            return wanted, False
        return self._choices.languages[0], bool(wanted)

    def _topics(self, text: str) -> tuple[tuple[str, ...], int]:
        if not text:
            return (), 0
        wanted = {topic for topic in re.split(r"[;|,\s]+", text.lower()) if topic}
        known = wanted & self._topic_keys
        return tuple(sorted(known)), len(wanted) - len(known)

    def _consent(self, cells: Cells, language: str, problems: list[str]) -> Consent | None:
        source = cells.get(ListColumn.CONSENT_SOURCE, "").strip() or self._defaults.source
        wording = cells.get(ListColumn.CONSENT_WORDING, "").strip() or self._defaults.wording
        in_language = cells.get(ListColumn.CONSENT_LANGUAGE, "").strip()
        at = self._consent_date(cells.get(ListColumn.CONSENT_DATE, "").strip(), problems)
        if wording and wording not in self._wordings:
            problems.append("consent_wording is not in subscribers/consent.toml")
        if len(source) > LONGEST_SOURCE or not source.isprintable():
            problems.append(f"consent_source is longer than {LONGEST_SOURCE} characters, or cannot be printed")
        confirmed = None if at else self._confirmed(cells)
        if confirmed is not None:
            at, source, wording = confirmed, source or self._format.source, wording or WORDED_ELSEWHERE
        elif at is None and source and wording:
            at = self._past(cells.get(ListColumn.ASKED_AT, "")) or self._defaults.at
        if problems or at is None or not (source and wording):
            return None
        return _shared_consent(wording, in_language if in_language in self._choices.languages else language, source, at)

    def _consent_date(self, text: str, problems: list[str]) -> datetime | None:
        if not text:
            return None
        at = self._moment(text)
        if at is None:
            problems.append("consent_date is no day such as 2026-12-31")
        elif at > self._now:
            problems.append("consent_date is in the future")
        return at

    def _confirmed(self, cells: Cells) -> datetime | None:
        confirmed = self._past(cells.get(ListColumn.CONFIRMED_AT, ""))
        if confirmed is None or self._format.confirmation_alone:
            return confirmed
        asked = self._past(cells.get(ListColumn.ASKED_AT, ""))
        return confirmed if asked is not None and asked < confirmed else None

    def _past(self, text: str) -> datetime | None:
        """Read a moment that is over; None for one that is not, or is none."""
        at = self._moment(text.strip()) if text else None
        return at if at is not None and at <= self._now else None


@lru_cache(maxsize=4096)
def _shared_consent(wording: str, language: str, source: str, at: datetime) -> Consent:
    return Consent(wording=wording, language=language, source=source, at=at)


def _first_name(text: str, full_name: str) -> tuple[str, bool]:
    """Give the name, and whether one was left out: a person is not lost for a name that cannot stand in a mail."""
    try:
        name = parse_first_name(text or next(iter(full_name.split()), ""))
    except AddressError:
        return "", True
    return ("", True) if looks_like_a_link(name) else (name, False)


def _attributes(text: str) -> dict[ListColumn | None, str]:
    """Read what a JSON object says of language, first name and topics; nothing of one that is none."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    lower = {str(name).lower(): value for name, value in found.items()}
    read: dict[ListColumn | None, str] = {}
    for name, column in ATTRIBUTES.items():
        value = lower.get(name)
        if isinstance(value, list):
            value = ";".join(map(str, value))
        if isinstance(value, str):
            read[column] = value
    return read


ATTRIBUTES: Final = {
    "locale": ListColumn.LANGUAGE,
    "lang": ListColumn.LANGUAGE,
    "language": ListColumn.LANGUAGE,
    "first_name": ListColumn.FIRST_NAME,
    "topics": ListColumn.TOPICS,
}
"""Names in a JSON object, and what they mean; of two that mean the same the later one counts."""
