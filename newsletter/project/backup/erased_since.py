"""Forgetting again, in a restored database, whoever was forgotten after its backup was made.

A backup knows people who were erased since. Their suppression in the database that was there before is the proof: only the keyed
hash is compared, and nothing is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connections
from django.db.models import Model

from newsletter.subscribers.erasing import ENDS, ask_erasure
from newsletter.subscribers.models import (
    Erasure,
    ErasureReason,
    ErasureStep,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)

AT_ONCE: Final = 500


def erase_again(before: str, missing: Sequence[int], *, now: datetime) -> int:
    """Ask that those be erased whose subscriptions, ``missing``, the database ``before`` does not know any more; give how many.

    Who is not suppressed there was not erased by this program, and is only ended. Who came back there is a newcomer.
    """
    asked = 0
    for start in range(0, len(missing), AT_ONCE):
        subscriptions = Subscription.objects.filter(pk__in=missing[start : start + AT_ONCE])
        people = {bytes(lookup): pk for pk, lookup in subscriptions.values_list("subscriber", "subscriber__lookup")}
        there = Subscriber.objects.using(before).filter(lookup__in=list(people)).values_list("lookup", flat=True)
        suppressed = Suppression.objects.using(before).filter(lookup__in=list(people)).values_list("lookup", flat=True)
        for lookup in sorted(set(map(bytes, suppressed)) - set(map(bytes, there))):
            ask_erasure(people[lookup], reason=ErasureReason.STAFF, now=now)
            asked += 1
    return asked


def carry_open_erasures(before: str) -> int:
    """Bring over the erasures that were not done yet in the database ``before``; give how many.

    Of somebody who is still in the backup every step is done again; of somebody who is not, those that were left.
    """
    if not knows_table(Erasure, before):
        return 0
    carried = 0
    for erasure in Erasure.objects.using(before).filter(done_at__isnull=True).order_by("pk").iterator(chunk_size=AT_ONCE):
        lookup = bytes(erasure.lookup)
        subscriber = Subscriber.objects.filter(lookup=lookup).first()
        wanted = {
            "subscriber": subscriber,
            "reason": erasure.reason,
            "asked_at": erasure.asked_at,
            "due_at": erasure.due_at,
        }
        here, made = Erasure.objects.get_or_create(lookup=lookup, done_at=None, defaults=wanted)
        if not made:
            continue
        carried += 1
        if subscriber is not None:
            open_one = subscriber.subscriptions.filter(ended_at__isnull=True)
            open_one.update(ended_at=erasure.asked_at, end_reason=ENDS[ErasureReason(erasure.reason)])
        else:
            left = ErasureStep.objects.using(before).filter(erasure_id=erasure.pk, done_at__isnull=True)
            ErasureStep.objects.bulk_create(
                ErasureStep(erasure=here, **row) for row in left.values("name", "key", "content", "due_at", "problem")
            )
    return carried


def drop_undone_deaths(before: str) -> int:
    """Drop the erasures of readers who, by the database ``before``, have not died after all; give how many."""
    undone = 0
    pending = Erasure.objects.filter(done_at__isnull=True, reason=ErasureReason.DIED).order_by("pk")
    for erasure in list(pending):
        lookup = bytes(erasure.lookup)
        alive = Subscription.objects.using(before).filter(subscriber__lookup=lookup, ended_at__isnull=True)
        if alive.exists() and not Suppression.objects.using(before).filter(lookup=lookup).exists():
            erasure.delete()
            Suppression.objects.filter(lookup=lookup, reason=SuppressionReason.DIED).delete()
            undone += 1
    return undone


def knows_table(model: type[Model], alias: str) -> bool:
    """Say whether a database has the table: one that was there before may be of an older program."""
    return model._meta.db_table in connections[alias].introspection.table_names()  # noqa: SLF001 - Django's documented name
