"""Carrying into a restored database who has said no since: read from the database that was there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from newsletter.delivery.kept_counts import kept_handovers
from newsletter.delivery.models import Delivery, Handover, KeptCounts, Send
from newsletter.project.backup.erased_since import carry_open_erasures, drop_undone_deaths, erase_again, knows_table
from newsletter.project.backup.moved_since import carry_moves
from newsletter.publishing.models import Slot, SlotState
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, Suppression
from newsletter.subscribers.suppressing import LIFTED

AT_ONCE: Final = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SentSince:
    """An issue of which the other database knows so many more mails to have been accepted."""

    issue: str
    accepted: int

    def __str__(self) -> str:
        return f"{self.issue} ({self.accepted:,} accepted since)"


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """How many of each were carried over, how many people came since and are not in the backup, and what was sent since.

    ``moves`` are readers who have another address since.
    """

    suppressions: int = 0
    goodbyes: int = 0
    moves: int = 0
    snoozes: int = 0
    erased: int = 0
    newcomers: int = 0
    sent_since: tuple[SentSince, ...] = ()

    def plus(self, later: CarriedOver | None) -> CarriedOver:
        """Add what a second look found; people are compared anew, so that its other numbers stand."""
        if later is None:
            return self
        return replace(
            later,
            suppressions=self.suppressions + later.suppressions,
            goodbyes=self.goodbyes + later.goodbyes,
            moves=self.moves + later.moves,
            snoozes=self.snoozes + later.snoozes,
        )


def carry_over(before: str, *, now: datetime) -> CarriedOver:
    """Bring suppressions, ended subscriptions, moves and pauses of the database with the alias ``before`` into the default one.

    Who is no longer there at all was erased since, and is ended and erased here; unless hardly anybody of this database is in the
    other, which then is not its later self. Everything is found by keyed hash or public id: nothing is opened. Doing it twice
    changes nothing.
    """
    with transaction.atomic():
        # First, since being erased is the weakest reason for a suppression.
        suppressions = _carry_suppressions(before)
        erased, newcomers = _compare_people(before, now=now)
        goodbyes = _carry_goodbyes(before)
        # Before whatever finds people by the keyed hash of their address.
        moves = carry_moves(before)
        drop_undone_deaths(before)
        carry_open_erasures(before)
        return CarriedOver(
            suppressions=suppressions,
            goodbyes=goodbyes,
            moves=moves,
            snoozes=_carry_snoozes(before),
            erased=erased,
            newcomers=newcomers,
            sent_since=tuple(_sent_since(before)),
        )


def _carry_suppressions(before: str) -> int:
    carried = 0
    for page in _pages(Suppression.objects.using(before).values_list("lookup", "reason", "created_at")):
        here = Suppression.objects.filter(lookup__in=[row[0] for row in page]).values_list("lookup", "reason")
        known = {bytes(lookup): reason for lookup, reason in here}
        new = [Suppression(lookup=bytes(row[0]), reason=row[1], created_at=row[2]) for row in page if bytes(row[0]) not in known]
        Suppression.objects.bulk_create(new)
        carried += len(new)
        for lookup, reason, _ in page:
            if reason not in LIFTED and known.get(bytes(lookup)) in LIFTED:
                Suppression.objects.filter(lookup=lookup).update(reason=reason)
                carried += 1
    return carried


def _carry_goodbyes(before: str) -> int:
    carried = 0
    ended = Subscription.objects.using(before).filter(ended_at__isnull=False)
    for page in _pages(ended.values_list("public_id", "ended_at", "end_reason")):
        still_open = Subscription.objects.filter(public_id__in=[row[0] for row in page], ended_at__isnull=True)
        found = {bytes(one.public_id): one for one in still_open}
        for public_id, ended_at, reason in page:
            if (one := found.get(bytes(public_id))) is not None:
                one.ended_at, one.end_reason = ended_at, reason
        Subscription.objects.bulk_update(found.values(), ["ended_at", "end_reason"])
        carried += len(found)
    return carried


def _carry_snoozes(before: str) -> int:
    carried = 0
    snoozed = Subscriber.objects.using(before).filter(snoozed_until__isnull=False)
    for page in _pages(snoozed.values_list("lookup", "snoozed_until")):
        until = {bytes(lookup): day for lookup, day in page if day is not None}
        here = Subscriber.objects.filter(lookup__in=list(until)).only("lookup", "snoozed_until")
        changed = [one for one in here if one.snoozed_until is None or one.snoozed_until < until[bytes(one.lookup)]]
        for one in changed:
            one.snoozed_until = until[bytes(one.lookup)]
        Subscriber.objects.bulk_update(changed, ["snoozed_until"])
        carried += len(changed)
    return carried


def _compare_people(before: str, *, now: datetime) -> tuple[int, int]:
    here = Subscription.objects.count()
    missing: list[int] = []
    for page in _pages(Subscription.objects.values_list("public_id", "pk", "ended_at")):
        others = Subscription.objects.using(before).filter(public_id__in=[row[0] for row in page])
        known = _bytes(others.values_list("public_id", flat=True))
        missing += [row[1] for row in page if bytes(row[0]) not in known]
        if len(missing) > here // 2:
            return 0, 0
    for start in range(0, len(missing), AT_ONCE):
        gone = Subscription.objects.filter(pk__in=missing[start : start + AT_ONCE], ended_at__isnull=True)
        gone.update(ended_at=now, end_reason=EndReason.STAFF)
    erase_again(before, missing, now=now)
    both = here - len(missing)
    return len(missing), Subscription.objects.using(before).count() - both


def _sent_since(before: str) -> Iterator[SentSince]:
    """Find the issues of which more went out, and say so where a person decides whether they go out again."""
    for send in Send.objects.using(before).order_by("pk"):
        there, here = _accepted(before, send.issue), _accepted(DEFAULT_DB_ALIAS, send.issue)
        if there > here:
            found = SentSince(send.issue, there - here)
            _warn(found)
            yield found


def _accepted(alias: str, issue: str) -> int:
    """Count who got an issue, also where it is forgotten who that was; a database of before this program has no such counts."""
    if knows_table(KeptCounts, alias):
        for handovers in kept_handovers(using=alias, issue=issue).values():
            return handovers[Handover.ACCEPTED]
    return Delivery.objects.using(alias).filter(send__issue=issue, handover=Handover.ACCEPTED).count()


def _warn(found: SentSince) -> None:
    warning = f"{found.accepted:,} MORE MAILS OF IT WERE ACCEPTED SINCE, so it must not go out again: "
    for held in (Slot.objects.filter(issue=found.issue, state=SlotState.HELD), Send.objects.filter(issue=found.issue)):
        held.exclude(reason="").exclude(reason__startswith=warning).update(reason=Concat(Value(warning), F("reason")))


def _bytes(values: models.QuerySet[Any, Any]) -> set[bytes]:
    return {bytes(value) for value in values}


def _pages(rows: models.QuerySet[Any, T]) -> Iterator[Sequence[T]]:
    """Give the rows of a query in pages that an IN list takes, without holding all of them."""
    iterator = rows.order_by("pk").iterator(chunk_size=AT_ONCE)
    while page := list(islice(iterator, AT_ONCE)):
        yield page
