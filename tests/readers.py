"""Invented readers and keys, for every test that needs somebody to write to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.keys import KeyRing
from newsletter.subscribers.installation import link_signer
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.models import Subscriber, Subscription, Suppression
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent, subscribe

NOVEMBER = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)

CONSENT = Consent("2026-11", "en", "form", NOVEMBER)


def invented_ring(*, seal: Collection[int] = (1,), link: Collection[int] = (1,), retired: Collection[int] = ()) -> KeyRing:
    """Make a key ring whose keys follow from their versions; nothing real was ever sealed with it."""
    return KeyRing(
        seal={version: bytes([version]) * 32 for version in seal},
        lookup=b"l" * 32,
        link={version: bytes([128 + version]) * 32 for version in link},
        retired_links=frozenset(retired),
        django="invented",
    )


@dataclass(frozen=True)
class SignedUp:
    """A reader of the test database, and the tokens in their mail."""

    subscription_id: int
    manage: str
    unsubscribe: str

    def subscription(self) -> Subscription:
        """Read the subscription as it is stored now."""
        return Subscription.objects.get(pk=self.subscription_id)

    def subscriber(self) -> Subscriber:
        """Read the subscriber as they are stored now."""
        return self.subscription().subscriber


def sign_up(
    address: str = "ana.perez@example.org",
    *,
    first_name: str = "Ana",
    language: str = "en",
    topics: Collection[str] = ("tnbc",),
    now: datetime = NOVEMBER,
) -> SignedUp:
    """Subscribe somebody who has given their consent."""
    result = subscribe(Contact(address, first_name), language=language, topics=topics, consent=CONSENT, now=now)
    assert result.subscription_id is not None
    public_id = bytes(Subscription.objects.get(pk=result.subscription_id).public_id)
    return SignedUp(
        result.subscription_id,
        manage=link_signer().token(public_id, Purpose.MANAGE),
        unsubscribe=link_signer().token(public_id, Purpose.UNSUBSCRIBE),
    )


def is_suppressed(lookup: bytes) -> bool:
    """Say whether the address with this lookup hash must not be mailed."""
    return Suppression.objects.filter(lookup=lookup).exists()
