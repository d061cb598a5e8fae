"""Everything that is kept for a time, in one table: what it is, for how long, which rows those are, and how they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db.models import Model, Q, QuerySet

from newsletter.delivery.forgetting_sends import deliveries_of, events_to_forget, forget_sends, sends_to_forget
from newsletter.delivery.models import ProviderCall
from newsletter.delivery.provider_calls import KEPT, NO_CALL_YET, forget_old_calls
from newsletter.postbox.models import Notice, ServiceMail
from newsletter.publishing.models import AuditEntry
from newsletter.settings import RetentionSettings
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.leavers import ask_for_leavers, people_who_left
from newsletter.subscribers.models import Erasure, MailedLink, ReaderRequest
from newsletter.subscribers.sealing import Sealer

AT_ONCE: Final = 500
"""Rows deleted in one transaction: SQLite's one writer is held for some milliseconds."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the table. ``forget`` gives after each transaction how many rows went with it."""

    what: str
    days: int
    count: Callable[[], int]
    forget: Callable[[], Iterator[int]]


def what_is_kept(retention: RetentionSettings, sealer: Sealer, *, now: datetime) -> Sequence[Kept]:
    """Give the table for this moment, in the order in which things go: what is counted before the people in it."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    def rows(what: str, days: int, found: QuerySet[Any]) -> Kept:
        return Kept(what, days, found.count, partial(_delete, found))

    left, sent = before(retention.ended), before(retention.deliveries)
    return (
        rows(
            "requests from public forms",
            retention.requests,
            ReaderRequest.objects.filter(asked_at__lt=before(retention.requests)),
        ),
        rows("mailed links", retention.links, MailedLink.objects.filter(made_at__lt=before(retention.links))),
        rows(
            "service mails",
            retention.service_mails,
            ServiceMail.objects.filter(settled_at__lt=before(retention.service_mails)),
        ),
        rows("events", retention.events, events_to_forget(before(retention.events))),
        Kept(
            "deliveries",
            retention.deliveries,
            lambda: deliveries_of(sends_to_forget(sent)).count(),
            partial(forget_sends, sent, sealer, now=now),
        ),
        Kept("people who left", retention.ended, people_who_left(left).count, partial(_erase_leavers, left, now)),
        Kept("calls to providers", KEPT.days, _old_calls(now).count, partial(_forget_calls, now)),
        rows("notices", retention.deliveries, Notice.objects.filter(at__lt=sent)),
        rows("erasures that are done", retention.audit, Erasure.objects.filter(done_at__lt=before(retention.audit))),
        rows("audit entries", retention.audit, AuditEntry.objects.filter(at__lt=before(retention.audit))),
    )


def _delete(found: QuerySet[Model]) -> Iterator[int]:
    after = 0
    while page := list(found.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        after = page[-1]
        # By number alone: whatever became of a row since, it was old enough when it was found.
        found.model._default_manager.filter(pk__in=page).delete()  # noqa: SLF001 - Django's public name for it
        yield len(page)


def _erase_leavers(before: datetime, now: datetime) -> Iterator[int]:
    while asked := ask_for_leavers(before, now=now):
        run_erasures(now=now)
        yield asked


def _old_calls(now: datetime) -> QuerySet[ProviderCall]:
    return ProviderCall.objects.filter(~Q(ref=NO_CALL_YET), send_at__lt=(now - KEPT).timestamp())


def _forget_calls(now: datetime) -> Iterator[int]:
    number = _old_calls(now).count()
    forget_old_calls(now)
    yield number
