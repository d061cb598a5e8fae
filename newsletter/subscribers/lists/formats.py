"""The programs whose lists are understood: by which headings each is known, what its columns mean, what its words stand for.

A new one is a new entry of ``FORMATS`` and nothing else. The first that fits is taken, so that the plain one stands last.

Headings were read in exports that people published: Mailchimp's audience export (a ZIP of ``subscribed_…``, ``unsubscribed_…``,
``cleaned_…`` and sometimes ``nonsubscribed_…``), Constant Contact's contact export, and listmonk's ``cmd/subscribers.go``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from newsletter.subscribers.models import EndReason


class ListColumn(StrEnum):
    """What a column of a list means."""

    EMAIL = "email"
    FIRST_NAME = "first_name"
    FULL_NAME = "full_name"
    """Of which the first word is the first name."""
    LANGUAGE = "language"
    TOPICS = "topics"
    CONSENT_DATE = "consent_date"
    CONSENT_SOURCE = "consent_source"
    CONSENT_WORDING = "consent_wording"
    CONSENT_LANGUAGE = "consent_language"
    ASKED_AT = "asked_at"
    """When they filled in a form there: a consent only by the publisher's word, for anybody may type any address."""
    CONFIRMED_AT = "confirmed_at"
    """When they pressed the link in a mail; together with an earlier ``asked_at`` it proves a consent."""
    STATUS = "status"
    PERMISSION = "permission"
    """A second status; of the two the one that forbids more counts."""
    SNOOZED_UNTIL = "snoozed_until"
    ENDED_REASON = "ended_reason"
    LEFT_AT = "left_at"
    """When they left there; whoever has a moment here has left, whatever else is said."""
    CLEANED_AT = "cleaned_at"
    """When mail to them was given up there."""
    STARTED_AT = "started_at"
    ENDED_AT = "ended_at"
    ATTRIBUTES = "attributes"
    """A JSON object, of which language, first_name and topics are read."""


class ListStanding(StrEnum):
    """How somebody who has not left stands in the system that a list comes from."""

    ACTIVE = "active"
    SNOOZED = "snoozed"
    ENDED = "ended"
    """Has left; the reason stands in another column."""
    NEVER_ASKED_FOR_IT = "never asked for it"
    """Is known there and never said yes: bought something, came to an event, did not confirm."""


Status = ListStanding | EndReason

WEIGHT: Final[tuple[Status, ...]] = (
    ListStanding.ACTIVE,
    ListStanding.SNOOZED,
    ListStanding.NEVER_ASKED_FOR_IT,
    ListStanding.ENDED,
    EndReason.IMPORTED,
    EndReason.STAFF,
    EndReason.UNSUBSCRIBED,
    EndReason.BOUNCED,
    EndReason.COMPLAINED,
    EndReason.DIED,
)
"""What counts where a list says several things about somebody: the later one."""

REASONS: Final[Mapping[str, EndReason]] = {reason.value: reason for reason in EndReason}

LEFT: Final[Mapping[str, Status]] = {
    "unsubscribed": EndReason.UNSUBSCRIBED,
    "cleaned": EndReason.BOUNCED,
    "bounced": EndReason.BOUNCED,
    "complained": EndReason.COMPLAINED,
}
"""Words that say everywhere that somebody has left."""


@dataclass(frozen=True, slots=True)
class ListFormat:
    """The lists of one program.

    ``signature``: headings that must all be there. ``columns``: what each heading that is used means. ``statuses`` and
    ``reasons``: what is written in the columns for status (and permission) and for the reason of an end. ``parts``: what the
    beginning of a file's name says about everybody in it. ``source`` is how a proven consent came.
    """

    name: str
    signature: frozenset[str]
    columns: Mapping[str, ListColumn]
    statuses: Mapping[str, Status]
    reasons: Mapping[str, EndReason] = field(default_factory=lambda: REASONS)
    parts: Mapping[str, Status] = field(default_factory=dict)
    source: str = ""
    lenient: bool = False
    """Whether a date that cannot be read is no proof rather than a mistake: nobody can mend the export of another program."""
    confirmation_alone: bool = False
    """Whether a moment of confirming is a proof without one of asking: then the program writes it for nothing else."""
    guarded: bool = False
    """Whether an apostrophe stands before cells that a spreadsheet would take for a formula."""

    def fits(self, headings: frozenset[str]) -> bool:
        """Say whether a file with these headings comes from this program."""
        return self.signature <= headings


def heading(text: str) -> str:
    """Give a heading as the tables here have it: ``E-Mail Address`` is ``e_mail_address``."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def recognise(headings: frozenset[str]) -> ListFormat:
    """Find the program that wrote a file with these headings."""
    return next((one for one in FORMATS if one.fits(headings)), PLAIN)


EMAIL_NAMES: Final = (
    "email",
    "e_mail",
    "email_address",
    "e_mail_address",
    "address",
    "correo",
    "correo_electronico",
    "correo_electrónico",
)

COMMON: Final[Mapping[str, ListColumn]] = {
    **dict.fromkeys(EMAIL_NAMES, ListColumn.EMAIL),
    **dict.fromkeys(("first_name", "firstname", "given_name", "nombre", "fname"), ListColumn.FIRST_NAME),
    **dict.fromkeys(("language", "lang", "idioma"), ListColumn.LANGUAGE),
    **dict.fromkeys(("topics", "temas"), ListColumn.TOPICS),
}

OWN_COLUMNS: Final = (
    ListColumn.EMAIL,
    ListColumn.FIRST_NAME,
    ListColumn.LANGUAGE,
    ListColumn.TOPICS,
    ListColumn.CONSENT_DATE,
    ListColumn.CONSENT_SOURCE,
    ListColumn.CONSENT_WORDING,
    ListColumn.CONSENT_LANGUAGE,
    ListColumn.STATUS,
    ListColumn.SNOOZED_UNTIL,
    ListColumn.ENDED_REASON,
    ListColumn.STARTED_AT,
    ListColumn.ENDED_AT,
)

OWN_STATUSES: Final[Mapping[str, Status]] = {
    "active": ListStanding.ACTIVE,
    "snoozed": ListStanding.SNOOZED,
    "ended": ListStanding.ENDED,
}

OWN: Final = ListFormat(
    name="this newsletter's own export",
    signature=frozenset(OWN_COLUMNS),
    columns={column.value: column for column in OWN_COLUMNS},
    statuses=OWN_STATUSES,
    guarded=True,
)

MAILCHIMP: Final = ListFormat(
    name="Mailchimp audience export",
    signature=frozenset({"leid", "euid"}),
    columns={
        **COMMON,
        "optin_time": ListColumn.ASKED_AT,
        "confirm_time": ListColumn.CONFIRMED_AT,
        "unsub_time": ListColumn.LEFT_AT,
        "clean_time": ListColumn.CLEANED_AT,
        "unsub_reason": ListColumn.ENDED_REASON,
        "status": ListColumn.STATUS,
        "email_marketing_status": ListColumn.STATUS,
    },
    statuses={
        "": ListStanding.ACTIVE,
        "subscribed": ListStanding.ACTIVE,
        "pending": ListStanding.NEVER_ASKED_FOR_IT,
        "non_subscribed": ListStanding.NEVER_ASKED_FOR_IT,
        "nonsubscribed": ListStanding.NEVER_ASKED_FOR_IT,
        "transactional": ListStanding.NEVER_ASKED_FOR_IT,
        "archived": EndReason.IMPORTED,
        **LEFT,
    },
    reasons={"spam": EndReason.COMPLAINED, "abuse": EndReason.COMPLAINED},
    parts={
        "subscribed": ListStanding.ACTIVE,
        "unsubscribed": EndReason.UNSUBSCRIBED,
        "cleaned": EndReason.BOUNCED,
        "nonsubscribed": ListStanding.NEVER_ASKED_FOR_IT,
        "archived": EndReason.IMPORTED,
    },
    source="import:mailchimp",
    lenient=True,
)

CONSTANT_CONTACT: Final = ListFormat(
    name="Constant Contact contact export",
    signature=frozenset({"email_address", "email_status"}),
    columns={
        **COMMON,
        "email_status": ListColumn.STATUS,
        "email_permission_status": ListColumn.PERMISSION,
        "confirmed_opt_in_date": ListColumn.CONFIRMED_AT,
        "email_optin_date": ListColumn.ASKED_AT,
        "created_at": ListColumn.ASKED_AT,
        "date_added": ListColumn.ASKED_AT,
        "confirmed_opt_out_date": ListColumn.LEFT_AT,
        "email_optout_date": ListColumn.LEFT_AT,
        "unsubscribed_at": ListColumn.LEFT_AT,
        "bounced_at": ListColumn.CLEANED_AT,
        "confirmed_opt_out_reason": ListColumn.ENDED_REASON,
        "email_optout_reason": ListColumn.ENDED_REASON,
        "unsubscribed_reason": ListColumn.ENDED_REASON,
    },
    statuses={
        "": ListStanding.NEVER_ASKED_FOR_IT,
        "active": ListStanding.ACTIVE,
        "confirmed": ListStanding.ACTIVE,
        "express": ListStanding.ACTIVE,
        "explicit": ListStanding.ACTIVE,
        "implied": ListStanding.ACTIVE,
        "implicit": ListStanding.ACTIVE,
        "awaiting confirmation": ListStanding.NEVER_ASKED_FOR_IT,
        "pending confirmation": ListStanding.NEVER_ASKED_FOR_IT,
        "pending_confirmation": ListStanding.NEVER_ASKED_FOR_IT,
        "temp_hold": ListStanding.NEVER_ASKED_FOR_IT,
        "not set": ListStanding.NEVER_ASKED_FOR_IT,
        "not_set": ListStanding.NEVER_ASKED_FOR_IT,
        "no permissions set": ListStanding.NEVER_ASKED_FOR_IT,
        "no_permissions_set": ListStanding.NEVER_ASKED_FOR_IT,
        "opt out": EndReason.UNSUBSCRIBED,
        "opted out": EndReason.UNSUBSCRIBED,
        "opt-out": EndReason.UNSUBSCRIBED,
        "removed": EndReason.IMPORTED,
        "do not mail": EndReason.IMPORTED,
        **LEFT,
    },
    reasons={"spam": EndReason.COMPLAINED, "spam complaint": EndReason.COMPLAINED},
    source="import:constant-contact",
    lenient=True,
    confirmation_alone=True,
)

LISTMONK: Final = ListFormat(
    name="listmonk subscriber export",
    signature=frozenset({"uuid", "email", "attributes", "status"}),
    columns={
        "email": ListColumn.EMAIL,
        "name": ListColumn.FULL_NAME,
        "attributes": ListColumn.ATTRIBUTES,
        "status": ListColumn.STATUS,
        "created_at": ListColumn.ASKED_AT,
    },
    statuses={
        "enabled": ListStanding.ACTIVE,
        "disabled": EndReason.IMPORTED,
        "blocklisted": EndReason.IMPORTED,
        "blacklisted": EndReason.IMPORTED,
        "unconfirmed": ListStanding.NEVER_ASKED_FOR_IT,
        **LEFT,
    },
    source="import:listmonk",
    lenient=True,
)

PLAIN: Final = ListFormat(
    name="plain list",
    signature=frozenset(),
    columns={
        **COMMON,
        "name": ListColumn.FIRST_NAME,
        **{
            column.value: column
            for column in OWN_COLUMNS
            if column not in (ListColumn.EMAIL, ListColumn.FIRST_NAME, ListColumn.LANGUAGE, ListColumn.TOPICS)
        },
    },
    statuses={"": ListStanding.ACTIVE, "subscribed": ListStanding.ACTIVE, **OWN_STATUSES, **LEFT},
)

FORMATS: Final = (OWN, MAILCHIMP, CONSTANT_CONTACT, LISTMONK, PLAIN)
