"""Events: readers can still go, and know where to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from newsletter.authoring.issue import Block
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity


@rule("event-past", Severity.WARNING, Group.STRUCTURE)
def no_event_is_over_when_the_issue_goes_out(draft: Draft) -> Iterator[Remark]:
    """Announce only events that begin on the day of the send or later, as the calendar of their own time zone counts.

    A talk that was last week is a disappointment, and a reader who sees it does not trust the other dates.

    Mend: Take the event out, or write about what was said there. An issue that was put off needs a look at all its dates.

    Wrong:
        ::: event 2026-11-20T18:00 "Living room talk" zone=America/New_York

    Right:
        ::: event 2026-12-10T18:00 "Living room talk" zone=America/New_York
    """
    for block, start in _events(draft):
        if start.date() < draft.sent_on:
            yield Remark(
                f"this event begins on {start:%Y-%m-%d}, and the issue goes out on {draft.sent_on}",
                block.place,
                "Take it out, or correct its day.",
            )


@rule("event-without-place", Severity.WARNING, Group.STRUCTURE)
def every_event_says_where_it_is(draft: Draft) -> Iterator[Remark]:
    """Say of every event where it is, or link to a page that does.

    A day and a time alone bring nobody to the door.

    Mend: Add `place="…"`, `url=https://…` or both to the first line of the block. Of an event by video, `place="Online"` and the
    page where people sign up.
    """
    for block, _ in _events(draft):
        if not block.fields.get("place") and not block.fields.get("url"):
            yield Remark("this event does not say where it is", block.place, 'Add place="…" or url=https://… to its first line.')


def _events(draft: Draft) -> Iterator[tuple[Block, datetime]]:
    for block in draft.issue.blocks:
        start = block.fields.get("start")
        if isinstance(start, datetime):
            yield block, start
