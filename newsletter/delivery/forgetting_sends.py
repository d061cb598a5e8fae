"""Forgetting, after a time, who got which issue and what was reported of each mail: the counts stay.

Everything goes in short transactions, so that a send beside it is never kept waiting, and killed anywhere it goes on where it
ended: the counts of a send are stored before its first delivery is deleted, and from then on its report is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from newsletter.delivery import statements
from newsletter.delivery.bounces.counting import count_bounces
from newsletter.delivery.correcting import OVER
from newsletter.delivery.gone_addresses import gone_readers
from newsletter.delivery.models import Batch, Delivery, Event, Handover, KeptCounts, Progress, Send
from newsletter.delivery.report.aftermath import count_aftermath, write_aftermath
from newsletter.delivery.reporting import sum_deliveries
from newsletter.subscribers.sealing import Sealer

AT_ONCE: Final = 500
"""Rows deleted in one transaction."""

SETTLED: Final = (Handover.ACCEPTED, Handover.EXCLUDED)
"""Handovers that no event is needed for any more. Whether the failed may be tried again is told by theirs."""


def sends_to_forget(before: datetime) -> QuerySet[Send]:
    """Give the sends that were over before that moment and whose deliveries are still there.

    One with unknown deliveries is kept until they are settled, and so is one whose correction is not over: it goes to whoever
    got the issue.
    """
    unknown = Delivery.objects.filter(batch__send=OuterRef("pk"), handover=Handover.UNKNOWN)
    corrected = Send.objects.filter(corrects=OuterRef("pk")).exclude(state__in=OVER)
    over = Send.objects.filter(state__in=OVER, finished_at__lt=before, kept_counts__emptied_at=None)
    return over.filter(~Exists(unknown), ~Exists(corrected)).order_by("pk")


def sends_in_doubt(before: datetime) -> list[str]:
    """Give the issues that were over before that moment and are kept only because deliveries of them are unknown."""
    unknown = Delivery.objects.filter(batch__send=OuterRef("pk"), handover=Handover.UNKNOWN)
    over = Send.objects.filter(Exists(unknown), state__in=OVER, finished_at__lt=before, kept_counts=None)
    return list(over.order_by("pk").values_list("issue", flat=True))


def deliveries_of(sends: QuerySet[Send]) -> QuerySet[Delivery]:
    """Give all deliveries of these sends."""
    return Delivery.objects.filter(send__in=sends.order_by())


def forget_sends(before: datetime, sealer: Sealer, *, now: datetime) -> Iterator[int]:
    """Forget who got the issues that were over before that moment; give after each transaction how many deliveries went."""
    for send in sends_to_forget(before):
        if _keep_counts(send, sealer, now=now):
            yield from _empty(send, now=now)


def _keep_counts(send: Send, sealer: Sealer, *, now: datetime) -> bool:
    """Store the counts of a send, unless that was done before; say whether they are those of the send as it is."""
    if KeptCounts.objects.filter(send=send).exists():
        return True
    counts = _count(send, sealer, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.LOCK_SEND, [send.pk])
        if not Send.objects.filter(pk=send.pk, state=send.state, finished_at=send.finished_at).exists():
            # Somebody has tried the failed again since it was counted.
            return False
        KeptCounts.objects.get_or_create(send=send, defaults={"counts": counts, "made_at": now})
    return True


def _count(send: Send, sealer: Sealer, *, now: datetime) -> dict[str, Any]:
    gone = gone_readers(send)
    bounced = [one for one in count_bounces(issues=Send.objects.count()) if one.issue == send.issue]
    return {
        "sums": [list(row) for row in sum_deliveries(send.pk)],
        "statuses": [[one.kind.value, one.status, one.mails] for one in bounced],
        "gone": {"suppressed": gone.suppressed, "why_nobody": gone.why_nobody},
        **write_aftermath(count_aftermath(send, sealer, now=now)),
    }


def _empty(send: Send, *, now: datetime) -> Iterator[int]:
    for batch_id in Batch.objects.filter(send=send).order_by("pk").values_list("pk", flat=True):
        # By the batch, which an index finds: a send may have a million.
        while found := list(Delivery.objects.filter(batch=batch_id).values_list("pk", flat=True)[:AT_ONCE]):
            with transaction.atomic():
                Event.objects.filter(delivery__in=found).delete()
                gone, _ = Delivery.objects.filter(pk__in=found).delete()
            yield gone
    with transaction.atomic():
        Progress.objects.filter(send=send).delete()
        KeptCounts.objects.filter(send=send).update(emptied_at=now)


def events_to_forget(before: datetime) -> QuerySet[Event]:
    """Give the events that were received before that moment and from which everything that follows is in the delivery.

    A bounce keeps the one that says why, and a failed delivery those that say whether it may be tried again, until it is
    forgotten itself.
    """
    old = Event.objects.filter(received_at__lt=before).exclude(kind__startswith="bounce")
    return old.filter(delivery__handover__in=SETTLED) | old.filter(delivery=None)
