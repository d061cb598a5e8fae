"""People who left so long ago that nothing of them is kept but the keyed hash."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.models import Erasure, ErasureReason, Subscriber, Subscription

AT_ONCE: Final = 50
"""People asked for in one transaction."""


def people_who_left(before: datetime) -> QuerySet[Subscriber]:
    """Give whoever ended their last subscription before that moment, or never had one, and is not being erased already."""
    kept = Subscription.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=before), subscriber=OuterRef("pk"))
    being_erased = Erasure.objects.filter(subscriber=OuterRef("pk"), done_at__isnull=True)
    return Subscriber.objects.filter(~Exists(kept), ~Exists(being_erased), created_at__lt=before)


def ask_for_leavers(before: datetime, *, now: datetime) -> int:
    """Ask that some of them be erased, as if they had asked themselves; give how many, 0 when there is nobody left."""
    with transaction.atomic():
        # Again under the lock: somebody may have come back since they were found.
        found = list(people_who_left(before).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        locked = Subscriber.objects.select_for_update().filter(pk__in=found).order_by("pk")
        if not list(locked.values_list("pk", flat=True)):
            return 0
        still = people_who_left(before).filter(pk__in=found).order_by("pk").values_list("pk", flat=True)
        for subscriber_id in list(still):
            ask_erasure(subscriber_id, reason=ErasureReason.RETENTION, now=now)
        return len(found)
