"""Killed anywhere while it forgets, or done by two at once: the same in the end as when nothing had happened."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections, models

from newsletter.delivery.models import Delivery
from newsletter.project.retention.keeping import what_is_kept
from newsletter.project.retention.purging import purge
from newsletter.settings import RetentionSettings
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.erasure_steps import TAKEN_FOR, run_erasures
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import make_link
from newsletter.subscribers.models import EndReason, ErasureReason, LinkPurpose, Subscriber, Subscription
from newsletter.subscribers.subscribing import end_subscription
from tests.contract.delivery.samples import NOW
from tests.contract.delivery.test_purging import MUCH_LATER, finished_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

Act = Callable[[datetime], object]

NAMES_AND_TIMES = (models.BinaryField, models.DateTimeField, models.ForeignKey, models.AutoField)
RANDOM = {"key", "dedupe", "attempts", "problem"}


def act_purge(now: datetime) -> object:
    kept = what_is_kept(RetentionSettings(), sealer(), now=now)
    return purge(kept, now=now, rest=lambda _: None)


def act_erase(now: datetime) -> object:
    lookups = [sealer().lookup(f"reader{number}@example.org") for number in (6, 7, 8)]
    for person in Subscriber.objects.filter(lookup__in=lookups).order_by("pk"):
        ask_erasure(person.pk, reason=ErasureReason.ASKED, now=now)
    return run_erasures(now=now)


ACTS = {"purge": act_purge, "erase": act_erase}


def prepare() -> None:
    call_command("flush", verbosity=0, interactive=False)
    finished_send(24)
    for subscription in Subscription.objects.order_by("pk")[:5]:
        end_subscription(subscription.pk, reason=EndReason.UNSUBSCRIBED, now=MUCH_LATER - timedelta(days=800))
    Subscriber.objects.update(created_at=NOW - timedelta(days=900))
    for person in Subscriber.objects.order_by("pk"):
        lookup = bytes(person.lookup)
        make_link(LinkPurpose.FRESH, lookup=lookup, content=["x"], language="en", now=NOW, subscriber_id=person.pk)


def stored() -> dict[str, Counter[tuple[Any, ...]]]:
    """Give every row of every table of ours, but for what differs from one time to the next."""
    found = {}
    for model in (one for one in apps.get_models() if one.__module__.startswith("newsletter.")):
        fields = [one for one in model._meta.concrete_fields if not isinstance(one, NAMES_AND_TIMES) and one.name not in RANDOM]
        hashes = [one.name for one in model._meta.concrete_fields if one.name == "lookup"]
        bound = [one.attname for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]
        rows = Counter[tuple[Any, ...]]()
        for row in model._default_manager.values():
            plain = [str(row[one.attname]) for one in fields]
            rows[(*plain, *(bytes(row[name]) for name in hashes), *(row[name] is None for name in bound))] += 1
        found[model.__name__] = rows
    return found


def finish(act: Act) -> dict[str, Counter[tuple[Any, ...]]]:
    """Do it until nothing is left to do, as the scheduler does."""
    act(MUCH_LATER + TAKEN_FOR)
    run_erasures(now=MUCH_LATER + 2 * TAKEN_FOR)
    return stored()


def statements(act: Act, now: datetime, *, kill_at: int = 0) -> int:
    """Do it, and give how many statements that took; killed before one of them it takes the whole process with it."""
    counted = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal counted
        counted += 1
        if counted == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    with connection.execute_wrapper(count):
        act(now)
    return counted


def in_another_process(act: Act, *, kill_at: int = 0) -> int:
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            statements(act, MUCH_LATER, kill_at=kill_at)
        finally:
            os._exit(0)  # whatever happened: the test itself goes on in its parent only
    return child


@pytest.mark.parametrize("name", ACTS)
def test_killed_at_any_statement_it_ends_in_the_same(name: str) -> None:
    act = ACTS[name]
    prepare()
    before = stored()
    number = statements(act, MUCH_LATER)
    expected = finish(act)
    assert expected != before
    chosen = random.Random(name).sample(range(1, number + 1), 6)  # noqa: S311 - nobody guesses them
    for kill_at in (*chosen, number):
        prepare()
        assert stored() == before
        os.waitpid(in_another_process(act, kill_at=kill_at), 0)
        assert finish(act) == expected, f"killed at statement {kill_at} of {number}"


@pytest.mark.parametrize("name", ACTS)
def test_two_at_once_end_in_the_same(name: str) -> None:
    act = ACTS[name]
    prepare()
    act(MUCH_LATER)
    expected = finish(act)
    prepare()
    children = [in_another_process(act) for _ in range(2)]
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert finish(act) == expected
    assert Delivery.objects.filter(subscription__subscriber=None, subscription__isnull=False).count() == 0
