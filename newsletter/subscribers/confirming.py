"""Double opt-in: somebody is asked by mail whether they want the newsletter, and the press of a button on that page says yes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from newsletter.errors import SettingsError
from newsletter.subscribers.installation import choices, config, page_design, reader_links, sealer
from newsletter.subscribers.mailed_links import LIVES, FoundLink, bind_to_page, find_link, make_link
from newsletter.subscribers.models import LinkPurpose, MailedLink, Subscriber, Subscription, Suppression
from newsletter.subscribers.reader_mails import post_to_reader
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent, SubscribeKind, subscribe
from newsletter.subscribers.suppressing import LIFTED

CONFIRM, CONFIRM_IMPORT, WELCOME = "confirm", "confirm-import", "welcome"
"""The kinds of service mails."""

FORM: Final = "form"
"""The consent's source of whoever signed up by themselves."""

SENT_WITHIN: Final = timedelta(days=2)
"""Later than this a mail surprises more than it helps."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody says yes to when they confirm, sealed in their link; ``source`` says how their address came to us."""

    contact: Contact = field(repr=False)
    wording: str
    source: str
    topics: frozenset[str] = field(repr=False, default=frozenset())

    def sealed_values(self) -> list[str]:
        """Give it as the values to be sealed."""
        return [self.contact.address, self.contact.first_name, self.wording, self.source, *sorted(self.topics)]

    @classmethod
    def of(cls, values: Sequence[str]) -> Asked:
        """Read the values that ``sealed_values`` gave."""
        address, first_name, wording, source, *topics = values
        return cls(Contact(address, first_name), wording, source, frozenset(topics))


class Standing(StrEnum):
    """Where a link to confirm stands."""

    OPEN = "open"
    """Its button may be pressed."""
    SUBSCRIBED = "subscribed"
    """Whoever it was mailed to is a reader already."""
    OVER = "over"
    """It has expired, or was used by somebody who has left since."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A link to confirm that exists, and where it stands; ``asked`` is what it asks, while it is open."""

    link: FoundLink
    standing: Standing
    asked: Asked | None


class ConfirmKind(StrEnum):
    """What became of a press."""

    DONE = "done"
    """They are a reader now."""
    ALREADY = "already"
    """They were one before this press."""
    OVER = "over"
    """The link did not work any more; nothing was changed."""
    REFUSED = "refused"
    """The address must not be mailed, which was found out after the link was; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of a press; ``manage_url`` leads to the page of a reader who is new, and is empty for everybody else."""

    kind: ConfirmKind
    manage_url: str = field(repr=False, default="")


def ask_to_confirm(contact: Contact, *, language: str, topics: Collection[str], source: str, now: datetime) -> bool:
    """Ask somebody whose consent we cannot show, such as a person of an imported list, whether we may write to them.

    Posts one mail (``confirm-import``) with a link that lives seven days and says whether it did; nobody is subscribed by it.
    Their consent will name ``source`` ("import", "paper") and the moment of their press. Nobody is asked twice as long as a
    trace of the first time is kept ([retention] links), and nobody who must not be mailed, is a reader, or was one. ``contact``
    is as ``parse_address`` and ``parse_first_name`` give it, ``language`` one that is offered.

    Call it in the transaction of what the question follows from. Two processes that ask the same person in the same moment may
    both ask: an import is one process.
    """
    lookup = sealer().lookup(contact.address)
    if (
        Suppression.objects.filter(lookup=lookup).exists()
        or Subscriber.objects.filter(lookup=lookup).exists()
        or MailedLink.objects.filter(lookup=lookup, purpose=LinkPurpose.CONFIRM).exists()
    ):
        return False
    asked = Asked(contact, choices().current_wording, source, frozenset(topics))
    return post_question(CONFIRM_IMPORT, asked, lookup=lookup, language=language, now=now)


def post_question(kind: str, asked: Asked, *, lookup: bytes, language: str, now: datetime) -> bool:
    """Make a link to confirm and post the mail that carries it; says whether the address may be mailed.

    Somebody who asked to be forgotten, or left where a list came from, may: they are asked here whether they want to come back.
    Call it in a transaction.
    """
    token = make_link(LinkPurpose.CONFIRM, lookup=lookup, content=asked.sealed_values(), language=language, now=now)
    words = page_design().words_for(language, "")
    values = {
        "url": f"{config().web.base_url}/confirm/{token}",
        "until": words.day((now + LIVES[LinkPurpose.CONFIRM]).astimezone(ZoneInfo(config().cadence.timezone)).date()),
    }
    posted = post_to_reader(
        kind,
        address=asked.contact.address,
        language=language,
        values=values,
        now=now,
        lasts=SENT_WITHIN,
        although=LIFTED,
    )
    return posted is not None


def find_confirmation(token: str, *, now: datetime) -> Confirmation | None:
    """Find what a link asks; looking changes nothing. Raises SealError."""
    link = find_link(token, LinkPurpose.CONFIRM, now=now)
    if link is None:
        return None
    if _is_subscribed(link.lookup):
        return Confirmation(link, Standing.SUBSCRIBED, None)
    if link.used or link.expired or not link.content:
        return Confirmation(link, Standing.OVER, None)
    return Confirmation(link, Standing.OPEN, Asked.of(link.content))


def confirm(confirmation: Confirmation, page: str, *, now: datetime) -> Confirmed:
    """Open the subscription that an open link asks about, because its button was pressed on this page.

    In one transaction: the link is spent, and with it every other one that asks this person the same; a suppression that only
    says that they asked to be forgotten, or left where a list came from, is lifted; the welcome is posted.
    """
    link, asked = confirmation.link, confirmation.asked
    if asked is None:
        return Confirmed(ConfirmKind.ALREADY if confirmation.standing is Standing.SUBSCRIBED else ConfirmKind.OVER)
    with transaction.atomic():
        _wait_for_others(link.lookup)
        if not bind_to_page(link, page, now=now):
            return Confirmed(ConfirmKind.ALREADY if _is_subscribed(link.lookup) else ConfirmKind.OVER)
        Suppression.objects.filter(lookup=link.lookup, reason__in=LIFTED).delete()
        consent = Consent(asked.wording, link.language, asked.source, now)
        topics = asked.topics & choices().topic_keys
        result = subscribe(asked.contact, language=link.language, topics=topics, consent=consent, now=now)
        MailedLink.objects.filter(lookup=link.lookup, purpose=LinkPurpose.CONFIRM).update(expires_at=now, content=b"")
        if result.kind is SubscribeKind.SUPPRESSED:
            return Confirmed(ConfirmKind.REFUSED)
        if result.kind is SubscribeKind.KNOWN:
            return Confirmed(ConfirmKind.ALREADY)
        assert result.subscription_id is not None
        return Confirmed(ConfirmKind.DONE, _welcome(asked.contact, result.subscription_id, link.language, now=now))


def _wait_for_others(lookup: bytes) -> None:
    """Lock, in one order, what another press about the same person changes as well: on two links, or on one to move."""
    list(MailedLink.objects.select_for_update().filter(lookup=lookup, purpose=LinkPurpose.CONFIRM).order_by("pk"))
    list(Subscriber.objects.select_for_update().filter(lookup=lookup))


def wording_of(asked: Asked, language: str) -> str:
    """Give the text that somebody says yes to. Raises SettingsError for a wording that was taken out of consent.toml."""
    wordings = choices().wordings
    if asked.wording not in wordings:
        raise SettingsError(
            f'subscribers/consent.toml has no [wording."{asked.wording}"] any more, which people are being asked to agree to. '
            "Put it back: a wording is never taken out."
        )
    texts = wordings[asked.wording]
    return texts.get(language) or texts[choices().languages[0]]


def _welcome(contact: Contact, subscription_id: int, language: str, *, now: datetime) -> str:
    public_id = bytes(Subscription.objects.values_list("public_id", flat=True).get(pk=subscription_id))
    url = reader_links().manage_url(public_id)
    values = {"first_name": contact.first_name, "url": url}
    post_to_reader(WELCOME, address=contact.address, language=language, values=values, now=now, lasts=SENT_WITHIN)
    return url


def _is_subscribed(lookup: bytes) -> bool:
    return Subscription.objects.filter(subscriber__lookup=lookup, ended_at__isnull=True).exists()
