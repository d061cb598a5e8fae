"""Moving to another address: asked for by a fresh link, told to the old address, confirmed at the new one.

Who asks learns nothing about the new address: for each the same rows are written, and one mail goes there, if any may. Only
whoever reads mail at both addresses can move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from newsletter.postbox.drawing import draw_service_mail
from newsletter.postbox.emptying import withdraw
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import post
from newsletter.subscribers.addresses import mask
from newsletter.subscribers.fresh_links import A_DAY, enough_were_mailed
from newsletter.subscribers.installation import config, reader_links, sealer
from newsletter.subscribers.mailed_links import LIVES, FoundLink, bind_to_page, living_links, make_link
from newsletter.subscribers.models import (
    LinkPurpose,
    MailedLink,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletter.subscribers.reader_mails import post_to_reader
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.suppressing import LIFTED

CONFIRM, KNOWN, ASKED, MOVED = "address-confirm", "address-known", "address-asked", "address-moved"
"""The kinds of service mails."""

TOLD_WITHIN: Final = timedelta(days=3)
"""The old address is told within this time, or not at all."""

NOT_MAILED: Final = "its address must not be mailed"

CALLED_OFF: Final = "its reader called the move off"


class AskKind(StrEnum):
    """What became of a wish to move."""

    ASKED = "asked"
    """It was taken, whatever the new address is."""
    SAME = "same"
    """It is the address that they have."""
    TOO_OFTEN = "too_often"
    """They have asked often enough for a day."""
    NOT_NOW = "not_now"
    """They get no mail: they have left, are being erased, or their address must not be mailed."""


class MoveKind(StrEnum):
    """What became of a press that moves."""

    MOVED = "moved"
    """Done, by this press or by an earlier one on the same page."""
    TAKEN = "taken"
    """The new address gets the newsletter by itself meanwhile; nothing was changed."""
    REFUSED = "refused"
    """One of the two must not be mailed, has left, or is being erased; nothing was changed."""
    OVER = "over"
    """The link does not work any more; nothing was changed."""


@dataclass(frozen=True, slots=True)
class WaitingMove:
    """A move that waits for its press at the new address."""

    address: str = field(repr=False)
    until: datetime


def ask_move(subscriber_id: int, address: str, *, now: datetime) -> AskKind:
    """Mail a link to the new address (as ``parse_address`` gives it), and tell the old one. Raises SealError."""
    lookup = sealer().lookup(address)
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None or not _gets_mail(subscriber):
            return AskKind.NOT_NOW
        if bytes(subscriber.lookup) == lookup:
            return AskKind.SAME
        asked = MailedLink.objects.filter(subscriber=subscriber, purpose=LinkPurpose.ADDRESS)
        if asked.filter(made_at__gt=now - A_DAY).count() >= config().sign_up.per_address_a_day:
            return AskKind.TOO_OFTEN
        if enough_were_mailed(lookup, LinkPurpose.ADDRESS, now=now):
            return AskKind.ASKED
        _end_moves(subscriber.pk, now=now)
        token = make_link(
            LinkPurpose.ADDRESS,
            lookup=lookup,
            content=[address],
            language=subscriber.language,
            now=now,
            subscriber_id=subscriber.pk,
        )
        _mail_new_address(address, lookup, token, language=subscriber.language, now=now)
        _tell_old_address(ASKED, subscriber, address, now=now)
        return AskKind.ASKED


def find_waiting_moves(subscriber_id: int, *, now: datetime) -> list[WaitingMove]:
    """Give where a reader could still move by a press. Raises SealError."""
    links = living_links(subscriber_id, LinkPurpose.ADDRESS, now=now)
    return [WaitingMove(link.content[0], link.expires_at) for link in links]


def call_off(subscriber_id: int, *, now: datetime) -> bool:
    """End every move of a reader that waits; says whether there was one."""
    with transaction.atomic():
        return _end_moves(subscriber_id, now=now) > 0


def move(link: FoundLink, page: str, *, now: datetime) -> MoveKind:
    """Move the reader of a link to the address that it was mailed to. Raises SealError.

    Subscriptions and their public ids stay, so that links in old mails go on working. Whoever left with the new address earlier
    is the same person, by their own press: what is stored of them becomes part of this reader. Every other link that waits
    for this reader ends.
    """
    try:
        with transaction.atomic():
            return _move(link, page, now=now)
    except IntegrityError:  # the new address signed up in this very moment
        return MoveKind.TAKEN


def _move(link: FoundLink, page: str, *, now: datetime) -> MoveKind:
    # In one order, so that two readers who move to each other's address do not wait for each other.
    both = Subscriber.objects.select_for_update().filter(Q(pk=link.subscriber_id) | Q(lookup=link.lookup)).order_by("pk")
    people = {person.pk: person for person in both}
    mover = people.pop(link.subscriber_id or 0, None)
    if mover is None or not link.content or not bind_to_page(link, page, now=now):
        return MoveKind.OVER
    if bytes(mover.lookup) == link.lookup:
        return MoveKind.MOVED
    if not _gets_mail(mover) or Suppression.objects.filter(lookup=link.lookup).exclude(reason__in=LIFTED).exists():
        return MoveKind.REFUSED
    for other in people.values():
        if _is_subscribed(other):
            return MoveKind.TAKEN
        if _is_being_erased(other):
            return MoveKind.REFUSED
        Subscription.objects.filter(subscriber=other).update(subscriber=mover)
        other.delete()
    Suppression.objects.filter(lookup=link.lookup, reason__in=LIFTED).delete()
    _reseal(mover, link.content[0], link.lookup, now=now)
    _tell_old_address(MOVED, mover, link.content[0], now=now)
    waiting = MailedLink.objects.filter(subscriber=mover)
    waiting.filter(expires_at__gt=now).update(expires_at=now)
    waiting.update(content=b"")
    return MoveKind.MOVED


def _reseal(mover: Subscriber, address: str, lookup: bytes, *, now: datetime) -> None:
    """Store a reader's sealed values for their new row hash. ``mover`` itself stays as it was."""
    seal, old = sealer(), bytes(mover.lookup)
    first_name = seal.open_contact(mover.contact, lookup=old).first_name
    topics = seal.readable_topics(mover.topics, lookup=old) or frozenset()
    Subscriber.objects.filter(pk=mover.pk).update(
        lookup=lookup,
        contact=seal.seal_contact(Contact(address, first_name), lookup=lookup),
        topics=seal.seal_topics(topics, lookup=lookup),
        address_since=now,
    )


def _mail_new_address(address: str, lookup: bytes, token: str, *, language: str, now: datetime) -> None:
    """Post the one mail to the new address. It names nobody: what was typed may be a stranger's address.

    The same work is done for an address that gets none, so that time does not tell which one it is: its mail is withdrawn in
    the transaction that posts it.
    """
    lasts = LIVES[LinkPurpose.ADDRESS]
    theirs = Subscription.objects.filter(subscriber__lookup=lookup, ended_at__isnull=True)
    open_one = theirs.select_related("subscriber").first()
    if open_one is None:
        kind, values = CONFIRM, {"url": f"{config().web.base_url}/address/{token}", "hours": lasts // timedelta(hours=1)}
    else:
        kind, values = KNOWN, {"url": reader_links().manage_url(bytes(open_one.public_id))}
        language = open_one.subscriber.language
    posted = post_to_reader(
        kind, address=address, language=language, values=values, now=now, lasts=lasts, although=() if open_one else LIFTED
    )
    if posted is None:
        content = draw_service_mail(
            kind, config=config(), address=address, language=language, values=values, foot="foot-for-readers"
        )
        mail = post(kind, content, now=now, expires_at=now, lookup=lookup)
        withdraw(ServiceMail.objects.filter(pk=mail.pk), NOT_MAILED, now=now)


def _tell_old_address(kind: str, subscriber: Subscriber, new: str, *, now: datetime) -> None:
    """Post a mail about the move to the address that is stored in ``subscriber``."""
    contact = sealer().open_contact(subscriber.contact, lookup=bytes(subscriber.lookup))
    public_id = Subscription.objects.filter(subscriber=subscriber).order_by("-pk").values_list("public_id", flat=True)[0]
    values = {"first_name": contact.first_name, "new": mask(new), "url": reader_links().manage_url(bytes(public_id))}
    post_to_reader(kind, address=contact.address, language=subscriber.language, values=values, now=now, lasts=TOLD_WITHIN)


def _end_moves(subscriber_id: int, *, now: datetime) -> int:
    living = MailedLink.objects.filter(subscriber=subscriber_id, purpose=LinkPurpose.ADDRESS, expires_at__gt=now)
    lookups = [bytes(lookup) for lookup in living.values_list("lookup", flat=True)]
    withdraw(ServiceMail.objects.filter(lookup__in=lookups, kind=CONFIRM), CALLED_OFF, now=now)
    return living.update(expires_at=now, content=b"")


def _gets_mail(subscriber: Subscriber) -> bool:
    suppressed = Suppression.objects.filter(lookup=bytes(subscriber.lookup)).exists()
    return _is_subscribed(subscriber) and not suppressed and not _is_being_erased(subscriber)


def _is_subscribed(subscriber: Subscriber) -> bool:
    return subscriber.subscriptions.filter(ended_at__isnull=True).exists()


def _is_being_erased(subscriber: Subscriber) -> bool:
    return subscriber.erasures.filter(done_at__isnull=True).exists()
