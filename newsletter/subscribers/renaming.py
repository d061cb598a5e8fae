"""What we call a reader: the one change of a person that no subscription is asked about."""

from __future__ import annotations

from django.db import transaction

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Subscriber
from newsletter.subscribers.sealing import Contact


def change_first_name(subscriber_id: int, first_name: str) -> bool:
    """Store a reader's first name (as ``parse_typed_name`` gives it); says whether they are still stored. Raises SealError."""
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            return False
        lookup = bytes(subscriber.lookup)
        address = sealer().open_contact(subscriber.contact, lookup=lookup).address
        contact = sealer().seal_contact(Contact(address, first_name), lookup=lookup)
        return Subscriber.objects.filter(pk=subscriber_id).update(contact=contact) == 1
