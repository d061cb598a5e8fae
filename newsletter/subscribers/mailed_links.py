"""Links that are mailed to one address, end soon and are good for one page: to confirm, to see what is stored, to move.

The token is 24 random bytes (32 characters of base64url); only its SHA-256 is kept. Opening a link changes nothing. The page
that it shows holds a random value, and the first press of its button binds the link to that page: a second press on it, or a
reload, is the same person, and anybody who finds the link later has another page.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from newsletter.postbox.posting import row_seal
from newsletter.subscribers.models import LinkPurpose, MailedLink

TOKEN_BYTES: Final = 24
PAGE_BYTES: Final = 16

PURPOSE: Final = b"mailed link"

LIVES: Final = {
    LinkPurpose.CONFIRM: timedelta(days=7),
    LinkPurpose.FRESH: timedelta(minutes=30),
    LinkPurpose.ADDRESS: timedelta(days=1),
}
"""How long a link works."""


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link that exists. ``content`` is what was sealed with it; empty once the link is settled."""

    link_id: int
    purpose: LinkPurpose
    subscriber_id: int | None
    lookup: bytes = field(repr=False)
    content: Sequence[str] = field(repr=False)
    language: str
    expires_at: datetime
    expired: bool
    used: bool


def make_link(
    purpose: LinkPurpose,
    *,
    lookup: bytes,
    content: Sequence[str],
    language: str,
    now: datetime,
    subscriber_id: int | None = None,
) -> str:
    """Store a link to be mailed to the address with this lookup hash; give its token, which is kept nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = _digest(token)
    MailedLink.objects.create(
        digest=digest,
        purpose=purpose,
        lookup=lookup,
        subscriber_id=subscriber_id,
        content=row_seal().seal(list(content), purpose=PURPOSE, row=digest),
        language=language,
        made_at=now,
        expires_at=now + LIVES[purpose],
    )
    return token


def find_link(token: str, purpose: LinkPurpose, *, now: datetime) -> FoundLink | None:
    """Find the link of a token that was made for ``purpose``, also one that has expired or was used. Raises SealError."""
    link = MailedLink.objects.filter(digest=_digest(token), purpose=purpose).first()
    return None if link is None else _found(link, now=now)


def living_links(subscriber_id: int, purpose: LinkPurpose, *, now: datetime) -> list[FoundLink]:
    """Give the links about a reader that work, the oldest first. Raises SealError."""
    links = MailedLink.objects.filter(subscriber=subscriber_id, purpose=purpose, expires_at__gt=now).order_by("pk")
    return [_found(link, now=now) for link in links]


def new_page() -> str:
    """Give the random value for a page that a link shows (32 hex digits); it stands in a hidden field of its forms."""
    return secrets.token_hex(PAGE_BYTES)


def bind_to_page(link: FoundLink, page: str, *, now: datetime) -> bool:
    """Say whether the press comes from the page that this link is good for; the first press decides which that is."""
    if len(page) != 2 * PAGE_BYTES:
        return False
    digest = _digest(page)
    open_to_it = Q(used_at__isnull=True) | Q(page=digest)
    living = MailedLink.objects.filter(open_to_it, pk=link.link_id, expires_at__gt=now)
    return living.update(used_at=now, page=digest) == 1


def is_bound_to_page(link: FoundLink, page: str) -> bool:
    """Say whether a link was pressed on this page, also when it has ended since: for a second press of the same button."""
    return MailedLink.objects.filter(pk=link.link_id, page=_digest(page)).exists()


def settle_link(link: FoundLink, *, now: datetime) -> None:
    """End a link that has done what it was for: nothing more can be done with it, and what was sealed with it is forgotten."""
    MailedLink.objects.filter(pk=link.link_id).update(expires_at=now, content=b"")


def _found(link: MailedLink, *, now: datetime) -> FoundLink:
    sealed = bytes(link.content)
    return FoundLink(
        link_id=link.pk,
        purpose=LinkPurpose(link.purpose),
        subscriber_id=link.subscriber_id,
        lookup=bytes(link.lookup),
        content=row_seal().open(sealed, purpose=PURPOSE, row=bytes(link.digest)) if sealed else (),
        language=link.language,
        expires_at=link.expires_at,
        expired=link.expires_at <= now,
        used=link.used_at is not None,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
