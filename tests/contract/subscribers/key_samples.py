"""A value in every sealed column, and another key to seal them with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.conf import settings

from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse
from newsletter.postbox.models import ServiceMail
from newsletter.sealing import RowSeal
from newsletter.subscribers.models import (
    Erasure,
    ErasureReason,
    ErasureStep,
    LinkPurpose,
    MailedLink,
    ReaderRequest,
    RequestKind,
    Subscriber,
)
from newsletter.subscribers.sealing import Contact, Sealer
from tests.readers import NOVEMBER


def rotated(version: int = 9) -> RingInUse:
    """Give the ring of the test database with a newer seal key, as it is after ``newsletter keys rotate`` made one."""
    ring: KeyRing = settings.KEY_RING
    return RingInUse(replace(ring, seal={**ring.seal, version: bytes([version]) * 32}))


def fill(people: int = 1, *, first: int = 0) -> None:
    """Store invented people, and one row of every other table with a sealed column."""
    ring: KeyRing = settings.KEY_RING
    sealer, seal = Sealer(ring), RowSeal(ring.seal)
    made = []
    for number in range(first, first + people):
        lookup = sealer.lookup(f"reader{number}@example.org")
        contact = sealer.seal_contact(Contact(f"reader{number}@example.org", f"Name{number}"), lookup=lookup)
        topics = sealer.seal_topics([f"topic{number}"], lookup=lookup)
        made.append(Subscriber(lookup=lookup, contact=contact, topics=topics, language="en", created_at=NOVEMBER))
    Subscriber.objects.bulk_create(made, batch_size=500)
    key, digest, later = f"{first:032x}", first.to_bytes(32, "big"), NOVEMBER + timedelta(days=1)

    def value(purpose: bytes, row: bytes) -> bytes:
        return seal.seal(["eva@example.org"], purpose=purpose, row=row)

    ReaderRequest.objects.create(
        key=key,
        kind=RequestKind.SIGN_UP,
        lookup=digest,
        network=digest,
        content=value(b"reader request", key.encode()),
        asked_at=NOVEMBER,
    )
    MailedLink.objects.create(
        digest=digest,
        purpose=LinkPurpose.FRESH,
        lookup=digest,
        content=value(b"mailed link", digest),
        made_at=NOVEMBER,
        expires_at=later,
    )
    erasure = Erasure.objects.create(lookup=digest, reason=ErasureReason.ASKED, asked_at=NOVEMBER, due_at=later)
    ErasureStep.objects.create(erasure=erasure, name="x", key=key, content=value(b"erasure step", key.encode()), due_at=later)
    ServiceMail.objects.create(
        key=key, kind="alert", content=value(b"service mail", key.encode()), created_at=NOVEMBER, due_at=later, expires_at=later
    )
