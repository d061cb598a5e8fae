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

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import parse_address
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.list_cells import listed_attributes, listed_first_name
from newsletter.subscribers.lists.formats import WEIGHT, ListColumn, ListFormat, ListStanding, Status
from newsletter.subscribers.lists.moments import any_moment, iso_moment
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent
from newsletter.subscribers.suppressing import SUPPRESSING

LONGEST_SOURCE: Final = 40

REMEMBERED: Final = 10_000
"""Different things that are said of people, such as a date with a source and a wording, and are looked at once."""

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
        # Few things are said of many people: each is looked at once.
        self._names = lru_cache(REMEMBERED)(listed_first_name)
        self._chosen = lru_cache(REMEMBERED)(self._choices_of)
        self._statuses = lru_cache(REMEMBERED)(self._judged)
        self._consents = lru_cache(REMEMBERED)(self._typed_consent)
        self._moment: Callable[[str], datetime | None] = any_moment if written_by.lenient else iso_moment

    def read(self, cells: Cells) -> ListedPerson:
        """Read one row; raises RowError with everything that is wrong with it."""
        if self._format.guarded:
            cells = {name: cell[1:] if GUARDED.match(cell) else cell for name, cell in cells.items()}
        problems: list[str] = []
        address = self._address(cells.get(ListColumn.EMAIL, ""), problems)
        status, wrong = self._status_of(cells)
        problems += wrong
        ended = status if isinstance(status, EndReason) else None
        if ListColumn.ATTRIBUTES in cells:
            cells = {**cells, **listed_attributes(cells[ListColumn.ATTRIBUTES])}
        get = cells.get
        name, nameless = self._names(get(ListColumn.FIRST_NAME, ""), get(ListColumn.FULL_NAME, ""))
        language, unknown_language, topics, unknown_topics = self._chosen(
            get(ListColumn.LANGUAGE, ""), get(ListColumn.TOPICS, "")
        )
        snoozed = None if ended else self._snoozed_until(cells, problems)
        consent, wrong = self._consent(cells, language)
        if ended is None:
            problems += wrong
        if status is ListStanding.NEVER_ASKED_FOR_IT:
            problems.append("this person is known where the list comes from, and never said yes there")
        if problems:
            raise RowError("; also: ".join(problems))
        started_at = ended_at = None
        if ListColumn.STARTED_AT in cells:
            started_at = self._past(cells[ListColumn.STARTED_AT])
        if ended is not None:
            ended_at = self._past(get(ListColumn.ENDED_AT) or get(ListColumn.LEFT_AT) or get(ListColumn.CLEANED_AT) or "")
        return ListedPerson(
            Contact(address, name),
            language,
            topics,
            consent,
            snoozed,
            ended,
            started_at,
            ended_at,
            unknown_language,
            unknown_topics,
            nameless,
        )

    def left(self, cells: Cells) -> bool:
        """Say whether a row says that somebody has left, whatever else is wrong with it."""
        return isinstance(self._status_of(cells)[0], EndReason)

    @staticmethod
    def _address(text: str, problems: list[str]) -> str:
        try:
            return parse_address(text)
        except AddressError as error:
            problems.append(str(error))
            return ""

    def _status_of(self, cells: Cells) -> tuple[Status, tuple[str, ...]]:
        """Find what is said about somebody; of several things the one that forbids most."""
        get = cells.get
        return self._statuses(
            get(ListColumn.STATUS),
            get(ListColumn.PERMISSION),
            get(ListColumn.ENDED_REASON, ""),
            get(ListColumn.LEFT_AT, "").strip()[:1],
            get(ListColumn.CLEANED_AT, "").strip()[:1],
        )

    def _judged(
        self,
        status: str | None,
        permission: str | None,
        reason: str,
        left_at: str,
        cleaned_at: str,
    ) -> tuple[Status, tuple[str, ...]]:
        problems: list[str] = []
        said: list[Status] = [self._status] if self._status is not None else []
        for column, text in ((ListColumn.STATUS, status), (ListColumn.PERMISSION, permission)):
            if text is None or (column is ListColumn.PERMISSION and not text.strip()):
                continue
            found = self._format.statuses.get(text.strip().lower())
            if found is None:
                problems.append(f"{column} is none of {', '.join(filter(None, self._format.statuses))}")
            else:
                said.append(found)
        if left_at:
            said.append(EndReason.UNSUBSCRIBED)
        if cleaned_at:
            said.append(EndReason.BOUNCED)
        judged = max(said, key=WEIGHT.index, default=ListStanding.ACTIVE)
        reason = reason.strip().lower()
        if reason or judged is ListStanding.ENDED:
            judged = self._with_reason(judged, reason, problems)
        return judged, tuple(problems)

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

    def _snoozed_until(self, cells: Cells, problems: list[str]) -> date | None:
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
        return until if until > self._now.date() else None

    def _choices_of(self, language: str, topics: str) -> tuple[str, bool, tuple[str, ...], int]:
        """Give the language and whether theirs is unknown, the topics and how many are unknown."""
        wanted = re.split(r"[-_]", language.strip().lower())[0]
        offered = wanted in self._choices.languages
        asked_for = {topic for topic in re.split(r"[;|,\s]+", topics.lower()) if topic}
        known = asked_for & self._topic_keys
        return (
            wanted if offered else self._choices.languages[0],
            bool(wanted) and not offered,
            tuple(sorted(known)),
            len(asked_for) - len(known),
        )

    def _consent(self, cells: Cells, language: str) -> tuple[Consent | None, tuple[str, ...]]:
        get, defaults = cells.get, self._defaults
        day, otherwise = get(ListColumn.CONSENT_DATE, ""), defaults.at
        if not day and ListColumn.CONFIRMED_AT in cells:
            confirmed = self._confirmed(cells)
            if confirmed is not None:
                source, wording = defaults.source or self._format.source, defaults.wording or WORDED_ELSEWHERE
                return Consent(wording, language, source, confirmed), ()
        if defaults.source and ListColumn.ASKED_AT in cells:
            otherwise = self._past(cells[ListColumn.ASKED_AT]) or otherwise
        in_language = get(ListColumn.CONSENT_LANGUAGE, "").strip()
        return self._consents(
            day,
            get(ListColumn.CONSENT_SOURCE, ""),
            get(ListColumn.CONSENT_WORDING, ""),
            in_language if in_language in self._choices.languages else language,
            otherwise,
        )

    def _typed_consent(
        self, day: str, source: str, wording: str, language: str, otherwise: datetime | None
    ) -> tuple[Consent | None, tuple[str, ...]]:
        """Read the consent that stands in the columns for it, with the publisher's word where one of them is empty."""
        problems = []
        source, wording = source.strip() or self._defaults.source, wording.strip() or self._defaults.wording
        at = self._moment(day.strip()) if day.strip() else None
        if day.strip() and at is None:
            problems.append("consent_date is no day such as 2026-12-31")
        elif at is not None and at > self._now:
            problems.append("consent_date is in the future")
        if wording and wording not in self._wordings:
            problems.append("consent_wording is not in subscribers/consent.toml")
        if len(source) > LONGEST_SOURCE or not source.isprintable():
            problems.append(f"consent_source is longer than {LONGEST_SOURCE} characters, or cannot be printed")
        at = at or otherwise
        if problems or at is None or not (source and wording):
            return None, tuple(problems)
        return Consent(wording, language, source, at), ()

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
