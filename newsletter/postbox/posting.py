"""Posting a service mail: one row in the caller's transaction, so that what happened and the mail about it are one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from newsletter.keys.in_use import MadeOfRing, RingInUse
from newsletter.postbox.models import ServiceMail
from newsletter.sealing import RowSeal

PURPOSE = b"service mail"


@dataclass(frozen=True, slots=True)
class ServiceContent:
    """To whom a service mail goes and what it says. ``language`` is that of its words."""

    address: str = field(repr=False)
    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


def post(
    kind: str,
    content: ServiceContent,
    *,
    now: datetime,
    expires_at: datetime,
    due_at: datetime | None = None,
    lookup: bytes = b"",
) -> ServiceMail:
    """Write a service mail into the postbox: it goes out from ``due_at`` (now, if not given), and never after ``expires_at``.

    ``lookup`` is the keyed hash of the reader whom it is for: by it the mail is withdrawn when they are to hear nothing more.
    Call it in the transaction of the act that it is about, and have the postbox emptied once that is committed.
    """
    key = secrets.token_hex(16)
    values = [content.address, content.language, content.subject, content.text, content.html]
    return ServiceMail.objects.create(
        key=key,
        kind=kind,
        lookup=lookup,
        content=row_seal().seal(values, purpose=PURPOSE, row=key.encode()),
        created_at=now,
        due_at=due_at or now,
        expires_at=expires_at,
    )


def open_content(key: str, sealed: bytes | memoryview) -> ServiceContent:
    """Open what ``post`` sealed for the row of this key; raises SealError."""
    return ServiceContent(*row_seal().open(sealed, purpose=PURPOSE, row=key.encode()))


def _rings() -> RingInUse:
    in_use: RingInUse = settings.RING_IN_USE
    return in_use


row_seal = MadeOfRing(_rings, RowSeal.of)
"""Gives the seal of this installation's key ring. Ask for it again for every mail: the ring may have changed."""
