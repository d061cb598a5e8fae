"""Service mails to readers: drawn in their language, posted in the caller's transaction, withdrawn when they have to be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from newsletter.postbox.drawing import draw_service_mail
from newsletter.postbox.emptying import withdraw_all_of
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import post
from newsletter.subscribers.installation import config, sealer
from newsletter.subscribers.models import Suppression, SuppressionReason


def post_to_reader(
    kind: str,
    *,
    address: str,
    language: str,
    values: Mapping[str, object],
    now: datetime,
    lasts: timedelta,
    due_at: datetime | None = None,
    although: Collection[SuppressionReason] = (),
) -> ServiceMail | None:
    """Post a mail to a reader, to be sent within ``lasts``; None where the address must not be mailed.

    ``kind`` names the templates, ``values`` are ready to print. ``although`` names reasons of a suppression that do not
    keep this one mail back. Call it in the transaction of what the mail is about.
    """
    lookup = sealer().lookup(address)
    if Suppression.objects.filter(lookup=lookup).exclude(reason__in=although).exists():
        return None
    content = draw_service_mail(kind, config=config(), address=address, language=language, values=values, foot="foot-for-readers")
    return post(kind, content, now=now, expires_at=(due_at or now) + lasts, due_at=due_at, lookup=lookup)


def withdraw_mails(lookup: bytes, *, now: datetime) -> int:
    """Send nothing of what waits for the reader with this lookup hash; give how many mails those were."""
    return withdraw_all_of(lookup, "its reader is to hear nothing more", now=now)
