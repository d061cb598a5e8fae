"""Everything that is stored about one reader, opened: for their own page, and for what they take with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.models import Erasure, MailedLink, ReaderRequest, Subscriber, Subscription, Suppression
from newsletter.subscribers.own_records import MailedIssue, find_issues
from newsletter.subscribers.sealing import Contact


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """What a reader said yes to; ``text`` is the wording in full, empty where the site no longer has it."""

    wording: str
    language: str
    text: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """That a reader asked for the newsletter, and how it ended, if it did."""

    started_at: datetime
    consent: OwnConsent
    ended_at: datetime | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class OwnMail:
    """A service mail to a reader: its kind, when it was posted, where it stands. What it said is forgotten once it is gone."""

    kind: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link that was mailed to a reader: what for, when, until when it works, when it was used."""

    purpose: str
    at: datetime
    until: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """Something that was typed into a public form with this address."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnSuppression:
    """That the address is mailed no more."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnErasure:
    """That a reader is to be forgotten."""

    reason: str
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything that is stored about one reader. ``topics`` is None where the stored choice does not open."""

    contact: Contact = field(repr=False)
    language: str
    topics: frozenset[str] | None = field(repr=False)
    snoozed_until: date | None
    created_at: datetime
    address_since: datetime | None
    subscriptions: Sequence[OwnSubscription]
    issues: Sequence[MailedIssue] = field(repr=False)
    suppression: OwnSuppression | None
    mails: Sequence[OwnMail]
    links: Sequence[OwnLink]
    requests: Sequence[OwnRequest]
    erasure: OwnErasure | None

    @property
    def subscribed(self) -> bool:
        """Whether they get the newsletter, or would if they were not paused or suppressed."""
        return any(subscription.ended_at is None for subscription in self.subscriptions)


def find_own_data(subscriber_id: int) -> OwnData | None:
    """Collect what is stored about a reader; None when they are not stored any more. Raises SealError."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None:
        return None
    lookup = bytes(subscriber.lookup)
    subscriptions = list(Subscription.objects.filter(subscriber=subscriber).order_by("pk"))
    suppression = Suppression.objects.filter(lookup=lookup).first()
    erasure = Erasure.objects.filter(subscriber=subscriber, done_at__isnull=True).first()
    mails = ServiceMail.objects.filter(lookup=lookup).order_by("pk").values_list("kind", "created_at", "state")
    to_them = Q(lookup=lookup, subscriber__isnull=True) | Q(subscriber=subscriber)
    links = MailedLink.objects.filter(to_them).order_by("pk")
    requests = ReaderRequest.objects.filter(lookup=lookup).order_by("pk").values_list("kind", "asked_at")
    return OwnData(
        contact=sealer().open_contact(subscriber.contact, lookup=lookup),
        language=subscriber.language,
        topics=sealer().readable_topics(subscriber.topics, lookup=lookup),
        snoozed_until=subscriber.snoozed_until,
        created_at=subscriber.created_at,
        address_since=subscriber.address_since,
        subscriptions=tuple(map(_subscription, subscriptions)),
        issues=find_issues([subscription.pk for subscription in subscriptions], subscriber.language),
        suppression=OwnSuppression(suppression.reason, suppression.created_at) if suppression else None,
        mails=tuple(OwnMail(*row) for row in mails),
        links=tuple(OwnLink(*row) for row in links.values_list("purpose", "made_at", "expires_at", "used_at")),
        requests=tuple(OwnRequest(*row) for row in requests),
        erasure=OwnErasure(erasure.reason, erasure.asked_at, erasure.due_at) if erasure else None,
    )


def _subscription(stored: Subscription) -> OwnSubscription:
    wording = choices().wordings.get(stored.consent_wording, {})
    consent = OwnConsent(
        wording=stored.consent_wording,
        language=stored.consent_language,
        text=wording.get(stored.consent_language, ""),
        source=stored.consent_source,
        at=stored.consent_at,
    )
    return OwnSubscription(stored.started_at, consent, stored.ended_at, stored.end_reason)
