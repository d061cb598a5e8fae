"""Which issues went to somebody, as far as it is still stored: known above this room, and told to it by a function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Became(StrEnum):
    """What became of a mail to a reader; the values name words on pages."""

    WAITING = "waiting"
    """It has not left yet."""
    SENT = "sent"
    """It was handed over; nothing was reported since."""
    DELAYED = "delayed"
    """The server of the address asked to wait."""
    ARRIVED = "arrived"
    """The server of the address took it."""
    CAME_BACK = "came_back"
    """It came back."""
    SPAM = "spam"
    """It was reported as spam."""
    FAILED = "failed"
    """It could not be handed over."""
    UNKNOWN = "unknown"
    """It may have been sent: that was lost sight of."""
    LEFT_OUT = "left_out"
    """It was not sent to them."""


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """One thing that a provider or a mail server reported, to the hour; ``note`` is what it gave as a reason."""

    kind: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class MailedIssue:
    """One issue and one reader: ``day`` is when it was released, ``sent_at`` when theirs left us (to the hour), where it did.

    ``note`` is the reason why it was left out or failed, as the program notes it.
    """

    issue: str
    title: str
    day: date
    became: Became
    sent_at: datetime | None = None
    note: str = ""
    events: Sequence[ReportedEvent] = ()


FindIssues = Callable[[Collection[int], str], Sequence[MailedIssue]]
"""From subscriptions and the reader's language to what is stored of mail to them, in the order it was sent."""

_finders: list[FindIssues] = []


def register_issues(find: FindIssues) -> None:
    """Have ``find`` asked for the issues that went to a reader; for the room that keeps them, at start-up."""
    if find not in _finders:
        _finders.append(find)


def find_issues(subscription_ids: Collection[int], language: str) -> list[MailedIssue]:
    """Give what is stored of mail to these subscriptions; ``language`` is that of the titles."""
    return [issue for find in _finders for issue in find(subscription_ids, language)]
