"""From a link to the person behind it, and what their page may show of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Subscription
from newsletter.subscribers.sealing import Contact

FIND_LEAVER = """
SELECT COALESCE(open_one.id, named.id), open_one.id, subscriber.language, subscriber.lookup
  FROM subscribers_subscription named
  JOIN subscribers_subscriber subscriber ON subscriber.id = named.subscriber_id
  LEFT JOIN subscribers_subscription open_one ON open_one.subscriber_id = named.subscriber_id AND open_one.ended_at IS NULL
 WHERE named.public_id = %s"""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who was found by a link.

    ``subscription_id`` is that of their open subscription, else (``ended``) of the one the link was made for: a link of an old
    issue is still this person's, and when they leave with it, they mean all mail.
    """

    subscription_id: int
    ended: bool
    language: str
    snoozed_until: date | None
    lookup: bytes = field(repr=False)
    contact: Contact = field(repr=False)
    topics: frozenset[str] = field(repr=False)


def find_reader(public_id: bytes) -> Reader | None:
    """Find the person whose subscription, open or ended, has this public id."""
    named = Subscription.objects.select_related("subscriber").filter(public_id=public_id).first()
    if named is None:
        return None
    subscriber = named.subscriber
    lookup = bytes(subscriber.lookup)
    open_id = _open_id(named)
    return Reader(
        subscription_id=named.pk if open_id is None else open_id,
        ended=open_id is None,
        language=subscriber.language,
        snoozed_until=subscriber.snoozed_until,
        lookup=lookup,
        contact=sealer().open_contact(subscriber.contact, lookup=lookup),
        topics=sealer().readable_topics(subscriber.topics, lookup=lookup) or frozenset(),
    )


@dataclass(frozen=True, slots=True)
class Leaver:
    """What a goodbye needs to know: which subscription to end, whether it is over already, in which language to answer.

    ``lookup`` is the hash of their address.
    """

    subscription_id: int
    ended: bool
    language: str
    lookup: bytes = field(repr=False)


def find_leaver(public_id: bytes) -> Leaver | None:
    """Find whom a goodbye is for without opening anything sealed: a wish to leave is granted whatever became of a key.

    One statement: mail programs post by the hundred in the minutes after a send.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_LEAVER, [public_id])
        row = cursor.fetchone()
    return None if row is None else Leaver(row[0], ended=row[1] is None, language=row[2], lookup=bytes(row[3]))


def _open_id(named: Subscription) -> int | None:
    if named.ended_at is None:
        return named.pk
    others = Subscription.objects.filter(subscriber_id=named.subscriber_id, ended_at__isnull=True)
    return others.values_list("pk", flat=True).first()
