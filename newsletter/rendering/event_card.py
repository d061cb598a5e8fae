"""What a card says of an event: when it is, in words, and where its calendar file lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.rendering.moments_in_words import moment_in_words, span_in_words
from newsletter.rendering.pictures import PictureShelf
from newsletter.rendering.words import Words


@dataclass(frozen=True, slots=True)
class EventCard:
    """A card, every value ready to print. ``starts`` is for machines (ISO 8601, with the offset)."""

    when: str
    starts: str
    calendar_url: str


def event_card(fields: Mapping[str, object], *, issue: str, shelf: PictureShelf, words: Words) -> EventCard:
    """Lay out an event from the fields of its block: ``start``, and ``until``, ``title``, ``place`` and ``url`` if there are."""
    # A quarter of the cold start of `newsletter check`; most issues have no event.
    from newsletter.rendering.calendar_files import MEDIA_TYPE, CalendarEvent, calendar_file  # noqa: PLC0415

    start, until = fields["start"], fields.get("until")
    assert isinstance(start, datetime)
    end = until if isinstance(until, datetime) else None
    entry = CalendarEvent(
        title=str(fields.get("title") or ""),
        start=start,
        until=end,
        place=str(fields.get("place") or ""),
        url=str(fields.get("url") or ""),
        issue=f"{shelf.base_url}/issues/{issue}/",
        stamped=_first_day(issue),
    )
    return EventCard(
        when=span_in_words(start, end, words) if end else moment_in_words(start, words),
        starts=start.isoformat(),
        calendar_url=shelf.publish(calendar_file(entry), MEDIA_TYPE),
    )


def _first_day(issue: str) -> datetime:
    """Give the first day of the month that an issue is named after: the same at every build, and before it goes out."""
    year, month = issue.split("-")[:2]
    return datetime(int(year), int(month), 1, tzinfo=UTC)
