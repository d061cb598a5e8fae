"""Forgetting a person, second half: one step for each place that keeps something of them, each tried again until it is done.

A step is a row before it is begun. Whoever takes one puts it off first, so that two processes do not do it at once and a step
whose process died is due again soon. A step can be done twice with the same end.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from newsletter.errors import ErasureStepError, KeyMissingError, NewsletterError, SealError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.postbox.posting import row_seal
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Erasure, ErasureStep, MailedLink, ReaderRequest, Subscriber, Subscription

log = structlog.get_logger()

PURPOSE: Final = b"erasure step"

TAKEN_FOR: Final = timedelta(minutes=5)
"""A step is due again after this when nobody said what became of it: longer than its calls may take."""

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""After a first failure, a second …; the last one goes on for ever."""

AT_A_TIME: Final = 200
"""People and steps that one look takes on."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Who is to be forgotten. ``address`` is empty for a step that does not need it, or when it could not be read."""

    erasure_id: int
    subscriber_id: int | None
    asked_at: datetime
    lookup: bytes = field(repr=False)
    address: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Step:
    """What forgets people in one place.

    ``forget`` can be done twice with the same end. It raises ErasureStepError, which names nobody, when it has to be tried
    again. ``wanted`` says whether this installation has that place.
    ``by_subscriptions``: they are found by these, which are kept until it is done.
    """

    name: str
    forget: Callable[[Forgotten, datetime], None]
    needs_address: bool = False
    by_subscriptions: bool = False
    wanted: Callable[[], bool] = lambda: True


_steps: dict[str, Step] = {}


def register_step(step: Step) -> None:
    """Have a step done whenever somebody is erased; for higher rooms, at start-up. They are done in this order."""
    _steps[step.name] = step


def run_erasures(*, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Begin the erasures that are due, do the steps that are due; give how many people are erased now who were not before.

    ``stopping`` ends it early, between two steps.
    """
    for erasure_id in list(_due_erasures(now)[:AT_A_TIME].values_list("pk", flat=True)):
        _begin(erasure_id, now=now)
    done = 0
    steps = ErasureStep.objects.filter(done_at__isnull=True, due_at__lte=now).order_by("pk")
    for step in steps.select_related("erasure")[: AT_A_TIME * len(_all_steps())]:
        if stopping():
            break
        done += _take(step, now=now)
    return done


def _due_erasures(now: datetime) -> QuerySet[Erasure]:
    return Erasure.objects.filter(done_at__isnull=True, due_at__lte=now, steps__isnull=True).order_by("due_at", "pk")


def _begin(erasure_id: int, *, now: datetime) -> None:
    """Write down the steps of an erasure, with what they need to know: from here on it cannot be undone."""
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().filter(pk=erasure_id, done_at__isnull=True, due_at__lte=now).first()
        if erasure is None or erasure.steps.exists():
            return
        try:
            address = _address(erasure)
        except KeyMissingError as error:
            log.warning("erasure waits for its key", erasure=erasure.pk, problem=str(error))
            Erasure.objects.filter(pk=erasure.pk).update(due_at=now + PAUSES[1])
            return
        ErasureStep.objects.bulk_create(
            _row(erasure, step, address if step.needs_address else "", now=now) for step in _all_steps() if step.wanted()
        )


def _row(erasure: Erasure, step: Step, address: str, *, now: datetime) -> ErasureStep:
    key = secrets.token_hex(16)
    content = row_seal().seal([address], purpose=PURPOSE, row=key.encode()) if address else b""
    return ErasureStep(erasure=erasure, name=step.name, key=key, content=content, due_at=now)


def _address(erasure: Erasure) -> str:
    if erasure.subscriber is None:
        return ""
    try:
        return sealer().open_contact(erasure.subscriber.contact, lookup=bytes(erasure.subscriber.lookup)).address
    except KeyMissingError:
        raise
    except SealError:
        return ""


def _take(row: ErasureStep, *, now: datetime) -> bool:
    """Do a step if it is still to be done; say whether its erasure is done with it."""
    mine = ErasureStep.objects.filter(pk=row.pk, done_at__isnull=True, due_at__lte=now)
    if not mine.update(due_at=now + TAKEN_FOR, attempts=F("attempts") + 1):
        return False
    erasure = row.erasure
    try:
        step = _step(row.name)
        address = row_seal().open(row.content, purpose=PURPOSE, row=row.key.encode())[0] if row.content else ""
        step.forget(Forgotten(erasure.pk, erasure.subscriber_id, erasure.asked_at, bytes(erasure.lookup), address), now)
    except (ErasureStepError, SealError) as error:
        _put_off(row, error, now=now)
        return False
    except (IntegrityError, OperationalError) as error:
        # Somebody writes about the same person at this moment; what the database says of it quotes rows.
        _put_off(row, ErasureStepError(f"the database did not do its part ({type(error).__name__})"), now=now)
        return False
    return _record_done(row, now=now)


def _record_done(row: ErasureStep, *, now: datetime) -> bool:
    erasure = row.erasure
    with transaction.atomic():
        Erasure.objects.select_for_update().filter(pk=erasure.pk).first()
        if not ErasureStep.objects.filter(pk=row.pk).update(done_at=now, content=b"", problem=""):
            return False
        open_ones = ErasureStep.objects.filter(erasure=erasure, done_at__isnull=True)
        if open_ones.exists():
            return False
        return Erasure.objects.filter(pk=erasure.pk, done_at__isnull=True).update(done_at=now, lookup=b"") == 1


def _put_off(row: ErasureStep, error: NewsletterError, *, now: datetime) -> None:
    pause, problem = PAUSES[min(row.attempts, len(PAUSES) - 1)], str(error)[:200]
    waiting = ErasureStep.objects.filter(name=row.name, done_at__isnull=True)
    if isinstance(error, ErasureStepError) and error.everybody_waits is not None:
        waiting.filter(due_at__lte=now + error.everybody_waits).update(due_at=now + error.everybody_waits)
        pause = max(pause, error.everybody_waits)
    waiting.filter(pk=row.pk).update(due_at=now + pause, problem=problem)
    log.warning("erasure step waits", erasure=row.erasure_id, step=row.name, problem=problem)


def _step(name: str) -> Step:
    for step in _all_steps():
        if step.name == name:
            return step
    raise ErasureStepError(f"this version of the program has no step “{name}”")


def _forget_mails(person: Forgotten, now: datetime) -> None:
    """Forget that mails were posted to them. What is on the wire is recorded first."""
    del now
    theirs = ServiceMail.objects.filter(lookup=person.lookup, created_at__lte=person.asked_at)
    theirs.exclude(state=PostState.SENDING).delete()
    if theirs.exists():
        raise ErasureStepError("a service mail to them is on the wire")


def _forget_links(person: Forgotten, now: datetime) -> None:
    del now
    theirs = Q(lookup=person.lookup) | Q(subscriber_id=person.subscriber_id, subscriber_id__isnull=False)
    MailedLink.objects.filter(theirs, made_at__lte=person.asked_at).delete()


def _forget_requests(person: Forgotten, now: datetime) -> None:
    del now
    ReaderRequest.objects.filter(lookup=person.lookup, asked_at__lte=person.asked_at).delete()


def _forget_subscriptions(person: Forgotten, now: datetime) -> None:
    """Forget the person and that they ever asked; but not somebody who came back since, by their own confirmation."""
    del now
    if person.subscriber_id is None:
        return
    first = [step.name for step in _all_steps() if step.by_subscriptions]
    if waiting := ErasureStep.objects.filter(erasure=person.erasure_id, name__in=first, done_at__isnull=True).first():
        raise ErasureStepError(f"first comes “{waiting.name}”")
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(pk=person.subscriber_id).first()
        if subscriber is None:
            return
        Subscription.objects.filter(subscriber=subscriber, ended_at__isnull=False).delete()
        if not Subscription.objects.filter(subscriber=subscriber).exists():
            subscriber.delete()


_OWN_STEPS: Final = (
    Step("service mails", _forget_mails),
    Step("mailed links", _forget_links),
    Step("requests", _forget_requests),
    Step("subscriptions", _forget_subscriptions),
)
"""Those of this room, done last."""


def _all_steps() -> tuple[Step, ...]:
    return (*_steps.values(), *_OWN_STEPS)
