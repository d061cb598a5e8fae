"""What a reader asked for on their page: one form field set → one wish, or a problem that names what to do."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.http import QueryDict

from newsletter.subscribers.choices import Choices
from newsletter.subscribers.upcoming import day_after, first_issue

PAUSES_IN_MONTHS = (2, 4, 6)

LONGEST_PAUSE_IN_MONTHS = 24

_PAUSES = {str(months): months for months in PAUSES_IN_MONTHS}


@dataclass(frozen=True, slots=True)
class ChooseWish:
    """These topics and this language from now on."""

    topics: frozenset[str]
    language: str


@dataclass(frozen=True, slots=True)
class PauseWish:
    """No mail before this day."""

    until: date


@dataclass(frozen=True, slots=True)
class ResumeWish:
    """The pause is over."""


@dataclass(frozen=True, slots=True)
class StoredWish:
    """A link by mail, to see, change or erase what is stored."""


@dataclass(frozen=True, slots=True)
class GoodbyeWish:
    """No mail any more."""


class Problem(Enum):
    """Why a form is no wish; the value names the sentence on the page."""

    UNREADABLE = "unreadable"
    """A form that our page cannot have sent."""
    DAY = "choose_a_day"
    """A day that is missing, in the past or too far away."""
    NEXT_ISSUE = "next_issue_moved"
    """The next issue goes out on another day than the button said."""


Wish = ChooseWish | PauseWish | ResumeWish | StoredWish | GoodbyeWish


def read_wish(
    form: QueryDict, *, choices: Choices, today: date, issue_days: Sequence[date], paused_until: date | None
) -> Wish | Problem:
    """Read the form of the manage page of somebody who is paused, or not; ``issue_days`` are those of the next issues.

    Only a form that the page could have sent is a wish.
    """
    topics = form.getlist("topic")
    fields = {name: str(form[name]) for name in form if name != "topic"}
    wish: Wish | Problem = Problem.UNREADABLE
    if any(len(values) != 1 for name, values in form.lists() if name != "topic"):
        return wish
    match fields.pop("action", ""), tuple(sorted(fields)):
        case "choices", ("language",):
            wish = _choose(topics, fields["language"], choices)
        case "pause", ("months",) if not topics and fields["months"] in _PAUSES:
            wish = PauseWish(months_after(today, _PAUSES[fields["months"]]))
        case "pause", ("next",) if not topics:
            wish = _pass_over(fields["next"], issue_days, paused_until)
        case "pause", ("until",) if not topics:
            wish = _pause_until(fields["until"], today)
        case "resume", () if not topics:
            wish = ResumeWish()
        case "stored", () if not topics:
            wish = StoredWish()
        case "goodbye", () if not topics:
            wish = GoodbyeWish()
    return wish


def months_after(day: date, months: int) -> date:
    """Give the same day of a later month, or its last one where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _choose(topics: list[str], language: str, choices: Choices) -> Wish | Problem:
    if language not in choices.languages or not choices.topic_keys.issuperset(topics):
        return Problem.UNREADABLE
    return ChooseWish(frozenset(topics), language)


def _pass_over(text: str, issue_days: Sequence[date], paused_until: date | None) -> Wish | Problem:
    """Read the day that the button named. The same day once more is a second press, and changes nothing."""
    passed = {day_after(day): day.isoformat() for day in issue_days}
    if paused_until is not None and passed.get(paused_until) == text:
        return PauseWish(paused_until)
    first = first_issue(issue_days, paused_until=paused_until)
    return PauseWish(day_after(first)) if first is not None and text == first.isoformat() else Problem.NEXT_ISSUE


def _pause_until(text: str, today: date) -> Wish | Problem:
    try:
        until = date.fromisoformat(text)
    except ValueError:
        return Problem.DAY
    return PauseWish(until) if today < until <= months_after(today, LONGEST_PAUSE_IN_MONTHS) else Problem.DAY
