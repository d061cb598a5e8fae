"""The link to everything that is stored about a reader: mailed to their own address, since only they read mail there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from newsletter.subscribers.installation import config, sealer
from newsletter.subscribers.mailed_links import LIVES, make_link
from newsletter.subscribers.models import LinkPurpose, MailedLink, Subscriber, Suppression
from newsletter.subscribers.reader_mails import post_to_reader

KIND: Final = "my-data"

A_DAY: Final = timedelta(days=1)


def mail_fresh_link(subscription_id: int, *, now: datetime) -> bool:
    """Mail a link to their own page to the reader of this subscription; says whether a mail was posted.

    Also to somebody who has left, as long as something is stored about them. None goes to an address that must not be mailed,
    and none soon after another or after too many in a day. Raises SealError.
    """
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update(of=("self",)).filter(subscriptions=subscription_id).first()
        if subscriber is None:
            return False
        lookup = bytes(subscriber.lookup)
        if Suppression.objects.filter(lookup=lookup).exists() or enough_were_mailed(lookup, LinkPurpose.FRESH, now=now):
            return False
        contact = sealer().open_contact(subscriber.contact, lookup=lookup)
        language = subscriber.language
        token = make_link(LinkPurpose.FRESH, lookup=lookup, content=(), language=language, now=now, subscriber_id=subscriber.pk)
        lives = LIVES[LinkPurpose.FRESH]
        values = {
            "first_name": contact.first_name,
            "url": f"{config().web.base_url}/my-data/{token}",
            "minutes": lives // timedelta(minutes=1),
        }
        post_to_reader(KIND, address=contact.address, language=language, values=values, now=now, lasts=lives)
        return True


def enough_were_mailed(lookup: bytes, purpose: LinkPurpose, *, now: datetime) -> bool:
    """Say whether this address was mailed a link for this purpose a moment ago, or too many of them in a day."""
    settings = config().sign_up
    lately = MailedLink.objects.filter(lookup=lookup, purpose=purpose, made_at__gt=now - A_DAY)
    a_moment_ago = lately.filter(made_at__gt=now - timedelta(minutes=settings.minutes_between))
    return a_moment_ago.exists() or lately.count() >= settings.per_address_a_day
