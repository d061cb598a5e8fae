"""What the ledger keeps about one reader, for their own eyes: which issues, what became of them, what was reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from newsletter.delivery.models import Delivery, Event, Handover, Outcome
from newsletter.publishing.models import FrozenEdition
from newsletter.subscribers.own_records import Became, MailedIssue, ReportedEvent

REPORTED: Final[Mapping[Outcome, Became]] = {
    Outcome.DEFERRED: Became.DELAYED,
    Outcome.DELIVERED: Became.ARRIVED,
    Outcome.BOUNCED: Became.CAME_BACK,
    Outcome.COMPLAINED: Became.SPAM,
}
"""What was reported says more than that it was handed over."""

HANDED_OVER: Final[Mapping[Handover, Became]] = {
    Handover.QUEUED: Became.WAITING,
    Handover.SENDING: Became.WAITING,
    Handover.ACCEPTED: Became.SENT,
    Handover.FAILED: Became.FAILED,
    Handover.UNKNOWN: Became.UNKNOWN,
    Handover.EXCLUDED: Became.LEFT_OUT,
}


def find_own_deliveries(subscription_ids: Collection[int], language: str) -> list[MailedIssue]:
    """Give every delivery to these subscriptions, in the order of the sends, in three queries."""
    deliveries = list(
        Delivery.objects.filter(subscription_id__in=subscription_ids).select_related("send").order_by("send_id", "pk")
    )
    titles = _titles({delivery.send.candidate_id for delivery in deliveries}, language)
    events: dict[int | None, list[ReportedEvent]] = defaultdict(list)
    for event in Event.objects.filter(delivery__in=deliveries).order_by("at", "pk") if deliveries else ():
        events[event.delivery_id].append(ReportedEvent(event.kind, event.at, event.reason))
    return [
        MailedIssue(
            issue=delivery.send.issue,
            title=titles.get(delivery.send.candidate_id, ""),
            day=delivery.send.created_at.date(),
            became=REPORTED.get(Outcome(delivery.outcome)) or HANDED_OVER[Handover(delivery.handover)],
            sent_at=delivery.handed_over_at,
            note=delivery.reason,
            events=tuple(events[delivery.pk]),
        )
        for delivery in deliveries
    ]


def _titles(candidates: Collection[int], language: str) -> dict[int, str]:
    """Give the title of each candidate in a language, else in the first that it has."""
    editions = FrozenEdition.objects.filter(candidate_id__in=candidates).order_by("pk")
    titles: dict[int, str] = {}
    for candidate_id, of, title in editions.values_list("candidate_id", "language", "title"):
        if of == language or candidate_id not in titles:
            titles[candidate_id] = title
    return titles
