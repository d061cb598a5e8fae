"""Which readers leave because of what was reported: by their own word, or since mail to them comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol

from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.models import BounceKind, Send
from newsletter.delivery.reports import Farewell, Report
from newsletter.delivery.statements import among
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.reported_ends import ReportedEnd, end_as_reported

REASONS: Final[Mapping[Farewell, EndReason]] = {
    Farewell.BOUNCED: EndReason.BOUNCED,
    Farewell.UNSUBSCRIBED: EndReason.UNSUBSCRIBED,
    Farewell.COMPLAINED: EndReason.COMPLAINED,
}


class OfSomebody(Protocol):
    """A delivery, and whose it is."""

    @property
    def subscription_id(self) -> int | None:
        """Who was mailed; None once they are erased."""

    @property
    def send_id(self) -> int:
        """In which send."""


def say_farewell(
    cursor: CursorWrapper, reports: Sequence[Report], about: Mapping[str, OfSomebody], *, soft_in_a_row: int, now: datetime
) -> None:
    """End and suppress whom new reports, already applied to the ledger, speak of."""
    said: list[tuple[int, int, EndReason, datetime]] = []
    soft = set()
    for report in reports:
        whose = about[report.key]
        if whose.subscription_id is None:
            continue
        if report.farewell is not Farewell.NONE:
            said.append((whose.subscription_id, whose.send_id, REASONS[report.farewell], report.at))
        elif report.bounce is BounceKind.SOFT:
            soft.add((whose.subscription_id, whose.send_id))
    begun = dict(Send.objects.filter(pk__in={send_id for _, send_id, _, _ in said}).values_list("pk", "created_at"))
    ends = {ReportedEnd(reader, reason, at, mailed_since=begun[send_id]) for reader, send_id, reason, at in said}
    if soft:
        # Of now: which of the bounces was reported last must make no difference.
        readers = _too_many_in_a_row(cursor, soft, most=soft_in_a_row)
        ends.update(ReportedEnd(reader, EndReason.BOUNCED, now, mailed_since=now) for reader in readers)
    end_as_reported(ends, now=now)


def _too_many_in_a_row(cursor: CursorWrapper, bounced: Collection[tuple[int, int]], *, most: int) -> Iterator[int]:
    """Give the readers of those soft bounces (reader and send) that stand among so many issues in a row that all bounced softly.

    Corrections are no issues, and an issue that a reader was left out of, or that went to their former address, says nothing.
    A mail that did not bounce begins the count anew. That is told of the run a bounce is in, and not of the last few mails, so
    that late reports end in the same.
    """
    readers = sorted({reader for reader, _ in bounced})
    cursor.execute(statements.FIND_BOUNCES_OF_READERS.format(ids=among(len(readers))), readers)
    for reader, deliveries in groupby(cursor.fetchall(), key=itemgetter(0)):
        for is_soft, run in groupby(deliveries, key=lambda row: row[2] == BounceKind.SOFT):
            sends = [send_id for _, send_id, _ in run]
            if is_soft and len(sends) >= most and any((reader, send_id) in bounced for send_id in sends):
                yield reader
