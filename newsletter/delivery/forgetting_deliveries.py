"""What the ledger forgets of somebody who is erased: whose a delivery was. That there was one stays, since the sums count it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from newsletter.delivery.handovers import lock_deliveries
from newsletter.delivery.models import Delivery, Event, Handover
from newsletter.delivery.preparing import KEY_BYTES
from newsletter.subscribers.erasure_steps import Forgotten
from newsletter.subscribers.models import Subscription

AT_ONCE: Final = 500
"""Deliveries in one transaction; hardly anybody has so many."""

IN_DOUBT: Final = (Handover.SENDING, Handover.UNKNOWN)
"""Of these it is not known whether they left. The key stays: by it, and by nothing of the reader, evidence settles them."""

FORGET_WHOSE: Final = """
    UPDATE delivery_delivery
    SET subscription_id = NULL, key = CASE WHEN handover IN (%s, %s) THEN key ELSE %s END
    WHERE id = %s
"""

FORGET_REPORT: Final = "UPDATE delivery_event SET dedupe = %s WHERE id = %s"


def forget_deliveries(person: Forgotten, now: datetime) -> None:
    """Take the reader from their deliveries, in every send, also in one that runs.

    What is queued is excluded as "erased" when its turn comes, and what is on the wire is recorded: both go by the delivery. The
    key goes too, since it stands as the Message-ID in the reader's mailbox and in a provider's log, and so does what tells
    reports apart, which is made of it.
    """
    del now
    if person.subscriber_id is None:
        return
    theirs = Subscription.objects.filter(subscriber=person.subscriber_id, ended_at__isnull=False)
    subscriptions = list(theirs.values_list("pk", flat=True))
    while _forget_some(subscriptions):
        pass


def _forget_some(subscriptions: list[int]) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        found = Delivery.objects.filter(subscription__in=subscriptions).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
        deliveries = list(found)
        if not deliveries:
            return False
        lock_deliveries(cursor, deliveries)
        doubt = [handover.value for handover in IN_DOUBT]
        cursor.executemany(FORGET_WHOSE, [(*doubt, secrets.token_hex(KEY_BYTES), delivery) for delivery in deliveries])
        events = Event.objects.filter(delivery__in=deliveries).order_by("pk").values_list("pk", "delivery")
        cursor.executemany(FORGET_REPORT, [(f"{of:010x}{secrets.token_hex(24)}", pk) for pk, of in events])
        return True
