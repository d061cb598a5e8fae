"""Bringing readers, in a restored database, to the address that they moved to after its backup was made.

Their former address may be somebody else's by now: mail there would tell them who reads us. Sealed values are bound to the
keyed hash beside them, so that they are brought over together and nothing is opened.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from django.db import connections

from newsletter.subscribers.models import Subscriber, Subscription

AT_ONCE: Final = 500

LOOKUP_LENGTH: Final = 32

BROUGHT: Final = ("lookup", "contact", "topics", "address_since")
"""Fields of a subscriber that belong to one address."""


def carry_moves(before: str) -> int:
    """Bring over who has another address in the database ``before``, found by the public ids of subscriptions; give how many.

    Who has that address here, and is not the same person there, was erased there since, and is removed.
    """
    if not _knows_moves(before):
        return 0
    moving: dict[int, dict[str, Any]] = {}
    for page in _pages(before):
        there = {row["pk"]: row for row in page}
        for pk, people in _same_people(before, list(there)).items():
            mover, *others = people
            Subscription.objects.filter(subscriber__in=others).update(subscriber=mover)
            Subscriber.objects.filter(pk__in=[other.pk for other in others]).delete()
            if bytes(mover.lookup) != bytes(there[pk]["lookup"]):
                moving[mover.pk] = {name: there[pk][name] for name in BROUGHT}
    # Two may have changed places: first everybody gives up their place.
    for pk in moving:
        Subscriber.objects.filter(pk=pk).update(lookup=secrets.token_bytes(LOOKUP_LENGTH))
    for pk, values in moving.items():
        Subscriber.objects.filter(lookup=values["lookup"]).exclude(pk=pk).delete()
        Subscriber.objects.filter(pk=pk).update(**values)
    return len(moving)


def _knows_moves(before: str) -> bool:
    """Say whether a database has the column: one that was there before may be of an older program."""
    connection = connections[before]
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, Subscriber._meta.db_table)  # noqa: SLF001 - documented
    return any(column.name == "address_since" for column in columns)


def _pages(before: str) -> Iterator[Sequence[dict[str, Any]]]:
    moved = Subscriber.objects.using(before).filter(address_since__isnull=False).order_by("pk")
    rows = moved.values("pk", *BROUGHT).iterator(chunk_size=AT_ONCE)
    while page := list(islice(rows, AT_ONCE)):
        yield page


def _same_people(before: str, there: Sequence[int]) -> dict[int, list[Subscriber]]:
    """Give who here are these people there: several where they became one since, the one who is left there first."""
    theirs = Subscription.objects.using(before).filter(subscriber__in=there)
    whose = {bytes(public_id): pk for public_id, pk in theirs.values_list("public_id", "subscriber")}
    here = Subscription.objects.filter(public_id__in=list(whose)).select_related("subscriber").order_by("pk")
    same: dict[int, list[Subscriber]] = {}
    for subscription in here:
        people = same.setdefault(whose[bytes(subscription.public_id)], [])
        if subscription.subscriber not in people:
            people.append(subscription.subscriber)
    return {pk: sorted(people, key=lambda person: person.pk != pk) for pk, people in same.items()}
