"""Forgetting a person, first half: at once they are mailed no more, and a row says that they are to be erased, and when.

The second half (``erasure_steps``) takes them from every place where something of them is kept. Afterwards only the keyed hash
of their address is left, so that nobody takes them in again by a list.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from newsletter.errors import NotAllowedError
from newsletter.subscribers.links import PUBLIC_ID_LENGTH
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.reader_mails import withdraw_mails
from newsletter.subscribers.suppressing import LIFTED

UNDONE_WITHIN: Final = timedelta(days=30)
"""For so long staff can undo that a reader was said to have died."""

ENDS: Final = {
    ErasureReason.ASKED: EndReason.UNSUBSCRIBED,
    ErasureReason.DIED: EndReason.DIED,
    ErasureReason.STAFF: EndReason.STAFF,
    ErasureReason.RETENTION: EndReason.STAFF,
}
"""As what a subscription ends whose reader is to be erased."""


def ask_erasure(subscriber_id: int, *, reason: ErasureReason, now: datetime, due_at: datetime | None = None) -> None:
    """Mail a person no more, from this moment on, and erase them from ``due_at`` on (now, where not given).

    Asking twice changes nothing, but that the earlier moment counts. A suppression that weighs more than ERASED stays. Who came
    back while they were still being erased, and asks again, is erased from the beginning.
    """
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            return
        lookup = bytes(subscriber.lookup)
        open_one = Subscription.objects.filter(subscriber=subscriber, ended_at__isnull=True)
        was_open = open_one.update(ended_at=now, end_reason=ENDS[reason]) > 0
        _suppress(lookup, SuppressionReason.DIED if reason is ErasureReason.DIED else SuppressionReason.ERASED, now=now)
        withdraw_mails(lookup, now=now)
        wanted = {"subscriber": subscriber, "reason": reason, "asked_at": now, "due_at": due_at or now}
        open_erasures = Erasure.objects.select_for_update()
        erasure, made = open_erasures.get_or_create(lookup=lookup, done_at=None, defaults=wanted)
        if made:
            return
        if was_open or erasure.subscriber_id != subscriber.pk:
            erasure.steps.all().delete()
            Erasure.objects.filter(pk=erasure.pk).update(**wanted)
        else:
            Erasure.objects.filter(pk=erasure.pk, due_at__gt=due_at or now).update(due_at=due_at or now)


def ask_erasure_of_stranger(lookup: bytes, *, now: datetime) -> None:
    """Erase what may be stored of an address whose owner is no subscriber, such as a sign-up that was never confirmed."""
    with transaction.atomic():
        _suppress(lookup, SuppressionReason.ERASED, now=now)
        withdraw_mails(lookup, now=now)
        wanted = {"reason": ErasureReason.STAFF, "asked_at": now, "due_at": now}
        Erasure.objects.get_or_create(lookup=lookup, done_at=None, defaults=wanted)


def lift_suppression(lookup: bytes) -> SuppressionReason | None:
    """Let an address be mailed again if its owner signs up; give why it was not, None when it was allowed to.

    Raises NotAllowedError for somebody who was said to have died and can still be brought back as they were.
    """
    with transaction.atomic():
        found = Suppression.objects.select_for_update().filter(lookup=lookup).first()
        if found is None:
            return None
        if found.reason == SuppressionReason.DIED and Erasure.objects.filter(lookup=lookup, done_at=None).exists():
            raise NotAllowedError(
                "Their reader was said to have died, which can still be undone, subscription and all: newsletter subscribers "
                "revive ADDRESS --as PERSON"
            )
        found.delete()
        return SuppressionReason(found.reason)


def say_died(subscription_id: int, *, now: datetime) -> None:
    """End and suppress the reader of a subscription, open or ended, at once; erase them when it can no longer be undone."""
    whose = Subscription.objects.filter(pk=subscription_id).values_list("subscriber_id", flat=True).first()
    if whose is not None:
        ask_erasure(whose, reason=ErasureReason.DIED, now=now, due_at=now + UNDONE_WITHIN)


def undo_death(lookup: bytes, *, now: datetime) -> bool:
    """Take back that the reader with this lookup hash has died; say whether they are subscribed again.

    They are when they were before: with a new subscription, and the consent of the one that ended. Raises NotAllowedError
    when nobody said so, or the thirty days are over.
    """
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().filter(lookup=lookup, reason=ErasureReason.DIED, done_at=None).first()
        if erasure is None or erasure.subscriber_id is None or erasure.due_at <= now or erasure.steps.exists():
            raise NotAllowedError(
                "Nobody with this address waits to be erased because they were said to have died: nothing was changed."
            )
        Suppression.objects.filter(lookup=lookup, reason=SuppressionReason.DIED).delete()
        ended = Subscription.objects.filter(
            subscriber_id=erasure.subscriber_id, end_reason=EndReason.DIED, ended_at=erasure.asked_at
        ).first()
        erasure.delete()
        if ended is None:
            return False
        ended.pk = None
        ended.public_id = secrets.token_bytes(PUBLIC_ID_LENGTH)
        ended.started_at, ended.ended_at, ended.end_reason, ended.gave_reason = now, None, "", False
        ended.save(force_insert=True)
        return True


def _suppress(lookup: bytes, reason: SuppressionReason, *, now: datetime) -> None:
    _, made = Suppression.objects.get_or_create(lookup=lookup, defaults={"reason": reason, "created_at": now})
    if not made and reason is SuppressionReason.DIED:
        Suppression.objects.filter(lookup=lookup, reason__in=LIFTED).update(reason=reason)
