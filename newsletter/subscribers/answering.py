"""What becomes of a request from a public form: who is mailed what, and who is not mailed at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.confirming import CONFIRM, FORM, SENT_WITHIN, Asked, post_question
from newsletter.subscribers.installation import config, page_design, reader_links, sealer
from newsletter.subscribers.models import LinkPurpose, MailedLink, Subscriber, Subscription, Suppression
from newsletter.subscribers.reader_mails import post_to_reader
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.suppressing import LIFTED

ALREADY, LINK = "already", "link"
"""The kinds of service mails to somebody who is a reader."""

CAUSED_BY_FORMS: Final = (CONFIRM, ALREADY, LINK)
"""The kinds of service mails that anybody can have sent to anybody's address: so many of them a day, and no more."""

A_DAY: Final = timedelta(days=1)


def answer_sign_up(address: str, first_name: str, wording: str, *, lookup: bytes, language: str, now: datetime) -> None:
    """Mail a link to confirm; to somebody who is a reader already, the link to their page. Call it in a transaction.

    Nothing new is mailed within minutes of the last time, or more than so often a day, or to an address that must not be mailed.
    Somebody who asked to be forgotten, or left where a list came from, is asked like anybody else: their own press lifts that.
    """
    if Suppression.objects.filter(lookup=lookup).exclude(reason__in=LIFTED).exists():
        return
    if _enough_for_today(lookup, now=now):
        return
    reader = _find_subscription(lookup)
    if reader is not None:
        _mail_own_link(ALREADY, reader, now=now)
    elif not _was_asked_just_now(lookup, now=now):
        asked = Asked(Contact(address, first_name), wording, FORM)
        post_question(CONFIRM, asked, lookup=lookup, language=language, now=now)


def answer_lost_link(*, lookup: bytes, now: datetime) -> None:
    """Mail a reader the link to their own page; nobody else is mailed anything. Call it in a transaction."""
    reader = _find_subscription(lookup)
    if reader is not None and not _enough_for_today(lookup, now=now):
        _mail_own_link(LINK, reader, now=now)


def mails_caused(*, since: datetime) -> int:
    """Count the mails that public forms have caused, to whomever."""
    return ServiceMail.objects.filter(kind__in=CAUSED_BY_FORMS, created_at__gt=since).count()


def _mail_own_link(kind: str, reader: Subscription, *, now: datetime) -> None:
    """Mail it to the address as it is stored: what was typed may be written otherwise, and a server may tell the two apart."""
    subscriber = reader.subscriber
    lookup = bytes(subscriber.lookup)
    just_now = ServiceMail.objects.filter(lookup=lookup, kind__in=(ALREADY, LINK), created_at__gt=now - _between())
    if just_now.exists():
        return
    contact = sealer().open_contact(subscriber.contact, lookup=lookup)
    values = {
        "first_name": contact.first_name,
        "url": reader_links().manage_url(bytes(reader.public_id)),
        "paused": _paused(subscriber, now=now),
    }
    language = subscriber.language
    post_to_reader(kind, address=contact.address, language=language, values=values, now=now, lasts=SENT_WITHIN)


def _paused(subscriber: Subscriber, *, now: datetime) -> str:
    """Say until when the newsletter is paused: that may be why somebody signs up a second time."""
    today = now.astimezone(ZoneInfo(config().cadence.timezone)).date()
    until = subscriber.snoozed_until
    if until is None or until <= today:
        return ""
    words = page_design().words_for(subscriber.language, "")
    return words.say("sign_up", "paused_until", day=words.day(until))


def _find_subscription(lookup: bytes) -> Subscription | None:
    open_ones = Subscription.objects.select_related("subscriber").filter(subscriber__lookup=lookup, ended_at__isnull=True)
    return open_ones.first()


def _enough_for_today(lookup: bytes, *, now: datetime) -> bool:
    caused = ServiceMail.objects.filter(lookup=lookup, kind__in=CAUSED_BY_FORMS, created_at__gt=now - A_DAY)
    return caused.count() >= config().sign_up.per_address_a_day


def _was_asked_just_now(lookup: bytes, *, now: datetime) -> bool:
    """Say whether there is a link that was made minutes ago and still works: a mail with it is there or on its way."""
    links = MailedLink.objects.filter(lookup=lookup, purpose=LinkPurpose.CONFIRM, used_at__isnull=True, expires_at__gt=now)
    return links.filter(made_at__gt=now - _between()).exists()


def _between() -> timedelta:
    return timedelta(minutes=config().sign_up.minutes_between)
