"""Endings that others report: mail to an address came back for good, or its owner complained to a provider.

Reports come late, several at once and in any order, so that of several the weightiest is kept, whichever came first.

Somebody may have moved since. That mail to their former address came back says nothing about the one they have now. That it was
reported as spam, or that they left by it, is still their word: they leave, and the new address may sign up again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.suppressing import LIFTED, SUPPRESSING

WEIGHT: Final = (EndReason.BOUNCED, EndReason.UNSUBSCRIBED, EndReason.COMPLAINED)
"""Reasons that can be reported, the weightiest last: what a person said outranks what a server said."""

WEAKER: Final = {
    SuppressionReason.BOUNCED: LIFTED,
    SuppressionReason.COMPLAINED: (*LIFTED, SuppressionReason.BOUNCED),
}
"""What each replaces."""


@dataclass(frozen=True, slots=True)
class ReportedEnd:
    """What was reported of one mail: whose it was, why they leave, and when that happened.

    ``mailed_since`` is a moment after which the mail's address was looked up, such as the beginning of its send.
    """

    subscription_id: int
    reason: EndReason
    at: datetime
    mailed_since: datetime


def end_as_reported(ends: Collection[ReportedEnd], *, now: datetime) -> None:
    """End and suppress, in a few statements however many there are. Call it in the transaction of the report.

    By a mail of a subscription that is over, they mean the one they came back with, if they had come back by then.
    """
    if not ends:
        return
    named = Subscription.objects.filter(pk__in={end.subscription_id for end in ends})
    # Nobody moves, comes back or is erased meanwhile; in one order, as whoever else locks several.
    whose = Subscriber.objects.select_for_update(no_key=True).filter(pk__in=named.values("subscriber")).order_by("pk")
    list(whose.values_list("pk", flat=True))
    people = {pk: (subscriber_id, bytes(lookup), moved_at) for pk, subscriber_id, lookup, moved_at in named.values_list(
        "pk", "subscriber_id", "subscriber__lookup", "subscriber__address_since"
    )}  # fmt: skip
    since = defaultdict(list)
    theirs = Subscription.objects.filter(subscriber_id__in={subscriber_id for subscriber_id, _, _ in people.values()})
    for pk, subscriber_id, started_at in theirs.values_list("pk", "subscriber_id", "started_at"):
        since[subscriber_id].append((pk, started_at))
    ending: dict[EndReason, set[int]] = defaultdict(set)
    suppressing: dict[SuppressionReason, set[bytes]] = defaultdict(set)
    for end in ends:
        if end.subscription_id not in people:
            continue
        subscriber_id, lookup, moved_at = people[end.subscription_id]
        to_former_address = moved_at is not None and end.mailed_since < moved_at
        if to_former_address and end.reason is EndReason.BOUNCED:
            continue
        later = (pk for pk, started_at in since[subscriber_id] if pk > end.subscription_id and started_at <= end.at)
        ending[end.reason].update((end.subscription_id, *later))
        if end.reason in SUPPRESSING and not to_former_address:
            suppressing[SUPPRESSING[end.reason]].add(lookup)
    for reason in (one for one in WEIGHT if one in ending):
        _end(ending[reason], reason, now=now)
    for suppression in (one for one in SUPPRESSING.values() if one in suppressing):
        _suppress(suppressing[suppression], suppression, now=now)


def _end(subscription_ids: Iterable[int], reason: EndReason, *, now: datetime) -> None:
    named = Subscription.objects.filter(pk__in=sorted(subscription_ids))
    named.filter(ended_at__isnull=True).update(ended_at=now, end_reason=reason)
    named.filter(end_reason__in=WEIGHT[: WEIGHT.index(reason)]).update(end_reason=reason)


def _suppress(lookups: Iterable[bytes], reason: SuppressionReason, *, now: datetime) -> None:
    # In one order, so that two who suppress the same addresses at once do not wait for each other.
    rows = [Suppression(lookup=lookup, reason=reason, created_at=now) for lookup in sorted(lookups)]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    weaker = Suppression.objects.filter(lookup__in=[row.lookup for row in rows], reason__in=WEAKER.get(reason, ()))
    weaker.update(reason=reason)
