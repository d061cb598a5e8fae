"""Goodbye: at once and without a question. For ten minutes it can be taken back, and whoever likes may say why they left.

A subscription is never rewritten: to take a goodbye back opens a new one with the consent of the one that ended.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

import structlog
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, QuerySet

from newsletter.errors import SealError, TemplateError
from newsletter.postbox.emptying import withdraw
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.subscribers.installation import config, sealer
from newsletter.subscribers.links import PUBLIC_ID_LENGTH
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    FarewellCount,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.reader_mails import post_to_reader, withdraw_mails
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.writing_together import write_together

log = structlog.get_logger()

KIND: Final = "goodbye"
"""Of the mail that says so, once it cannot be taken back any more."""

UNDONE_WITHIN: Final = timedelta(minutes=10)
"""For so long the page that said goodbye can take it back."""

SAME_PRESS: Final = timedelta(seconds=10)
"""A second press so soon after the first is the same person's, who sees only the answer to the second."""

MAIL_LASTS: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Farewell:
    """The last goodbye of somebody who is gone.

    ``died``: somebody told us that they have died. ``mail_waits``: a mail is yet to say that they have left.
    """

    subscription_id: int
    ended_at: datetime
    reason: str
    said_why: bool
    mail_waits: bool
    died: bool
    died_undone_until: datetime | None

    def just_said(self, now: datetime) -> bool:
        """Say whether this is the goodbye of the press that is being answered."""
        return self.reason == EndReason.UNSUBSCRIBED and now - self.ended_at <= SAME_PRESS

    def undone_until(self) -> datetime:
        """Give the moment until which it can be taken back."""
        return self.ended_at + UNDONE_WITHIN


def say_goodbye(subscription_id: int, *, lookup: bytes, now: datetime, mailed: bool) -> bool:
    """End a subscription as its reader wished, and withdraw what waits to be mailed to them; says whether it was open.

    ``lookup`` is the hash of their address. ``mailed``: a last mail says so once it cannot be taken back. That mail is left out
    where it cannot be written: nothing keeps a reader from leaving.
    """

    def write() -> bool:
        if not end_subscription(subscription_id, reason=EndReason.UNSUBSCRIBED, now=now):
            return False
        withdraw_mails(lookup, now=now)
        if mailed:
            _post_goodbye(subscription_id, now=now)
        return True

    return write_together(write)


def find_farewell(subscription_id: int) -> Farewell | None:
    """Find the last goodbye of the person with this subscription; None while they have an open one."""
    theirs = Subscription.objects.filter(subscriber__subscriptions=subscription_id).select_related("subscriber")
    last = theirs.order_by("-pk").first()
    if last is None or last.ended_at is None:
        return None
    lookup = bytes(last.subscriber.lookup)
    waiting = _open_erasures(lookup).filter(reason=ErasureReason.DIED).first()
    return Farewell(
        subscription_id=last.pk,
        ended_at=last.ended_at,
        reason=last.end_reason,
        said_why=last.gave_reason,
        mail_waits=_goodbye_mails(lookup).filter(state=PostState.QUEUED).exists(),
        died=waiting is not None or Suppression.objects.filter(lookup=lookup, reason=SuppressionReason.DIED).exists(),
        died_undone_until=waiting.due_at if waiting else None,
    )


def undo_mark(farewell: Farewell) -> str:
    """Give the value that takes this goodbye back. Only the page that said goodbye may hold it."""
    return _signer().sign(f"{farewell.subscription_id} {farewell.ended_at.isoformat()}")


class Returned(Enum):
    """What became of the wish to take a goodbye back."""

    DONE = "done"
    """The newsletter comes to them again."""
    ALREADY = "already"
    """It did already: the button was pressed twice, or they have signed up again."""
    TOO_LATE = "too_late"
    """The ten minutes are over."""
    NOT_POSSIBLE = "not_possible"
    """It is no goodbye of theirs, not their last one, or has become something weightier since."""


def bring_back(mark: str, *, public_id: bytes, now: datetime) -> Returned:
    """Take back the goodbye of ``mark``, which has to be the last one of the reader whose link has this public id."""
    named = _read_mark(mark)
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update(of=("self",)).filter(subscriptions__public_id=public_id).first()
        if named is None or subscriber is None:
            return Returned.NOT_POSSIBLE
        subscription_id, ended_at = named
        theirs = list(Subscription.objects.filter(subscriber=subscriber, pk__gte=subscription_id).order_by("pk"))
        if not theirs or (theirs[0].pk, theirs[0].ended_at) != (subscription_id, ended_at):
            return Returned.NOT_POSSIBLE
        ended, *later = theirs
        if any(one.ended_at is None for one in later):
            return Returned.ALREADY
        if later or ended.end_reason != EndReason.UNSUBSCRIBED or _is_stopped_for_good(bytes(subscriber.lookup)):
            return Returned.NOT_POSSIBLE
        if now >= ended_at + UNDONE_WITHIN:
            return Returned.TOO_LATE
        _open_again(ended, now=now)
        withdraw(_goodbye_mails(bytes(subscriber.lookup)), "its reader came back", now=now)
    return Returned.DONE


def give_reason(farewell: Farewell, reason: str, *, today: date) -> bool:
    """Count why somebody left, in the month of ``today``; says whether it counts, which it does once per subscription."""
    with transaction.atomic():
        silent = Subscription.objects.filter(pk=farewell.subscription_id, gave_reason=False, end_reason=EndReason.UNSUBSCRIBED)
        if silent.update(gave_reason=True) == 0:
            return False
        count, _ = FarewellCount.objects.get_or_create(reason=reason, month=today.replace(day=1))
        FarewellCount.objects.filter(pk=count.pk).update(number=F("number") + 1)
    return True


def count_reasons() -> list[tuple[date, str, int]]:
    """Give how many people gave which reason, by month: the latest month first, in it the reason of most people."""
    return list(FarewellCount.objects.order_by("-month", "-number", "reason").values_list("month", "reason", "number"))


def _post_goodbye(subscription_id: int, *, now: datetime) -> None:
    subscriber = Subscriber.objects.get(subscriptions=subscription_id)
    try:
        contact = sealer().open_contact(subscriber.contact, lookup=bytes(subscriber.lookup))
        post_to_reader(
            KIND,
            address=contact.address,
            language=subscriber.language,
            values={
                "first_name": contact.first_name,
                "subscribe_url": f"{config().web.base_url}/subscribe?lang={subscriber.language}",
            },
            now=now,
            lasts=MAIL_LASTS,
            due_at=now + UNDONE_WITHIN,
        )
    except (SealError, TemplateError) as error:
        log.warning("no goodbye mail could be written", subscription=subscription_id, problem=type(error).__name__)


def _open_again(ended: Subscription, *, now: datetime) -> None:
    Subscription.objects.create(
        subscriber_id=ended.subscriber_id,
        public_id=secrets.token_bytes(PUBLIC_ID_LENGTH),
        consent_wording=ended.consent_wording,
        consent_language=ended.consent_language,
        consent_source=ended.consent_source,
        consent_at=ended.consent_at,
        started_at=now,
    )


def _is_stopped_for_good(lookup: bytes) -> bool:
    return Suppression.objects.filter(lookup=lookup).exists() or _open_erasures(lookup).exists()


def _goodbye_mails(lookup: bytes) -> QuerySet[ServiceMail]:
    return ServiceMail.objects.filter(lookup=lookup, kind=KIND)


def _open_erasures(lookup: bytes) -> QuerySet[Erasure]:
    return Erasure.objects.filter(lookup=lookup, done_at__isnull=True)


def _read_mark(mark: str) -> tuple[int, datetime] | None:
    try:
        subscription_id, ended_at = _signer().unsign(mark).split(" ")
    except BadSignature:
        return None
    return int(subscription_id), datetime.fromisoformat(ended_at)


def _signer() -> Signer:
    return Signer(salt=__name__)
