"""A restore that is killed leaves the old database or the new one with everything held, on every database."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from newsletter.config import Config
from newsletter.delivery.models import Send, SendState
from newsletter.project.backup.restoring import RestoreStep
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.subscribers.models import Subscription
from tests.contract.backup.restoring import add_slot, back_up, put_back
from tests.contract.delivery.samples import NOW, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def _killed(file: Path, config: Config, *, after: RestoreStep, delay: float = 0.0) -> None:
    """Restore in another process, which is killed as soon as a step is done, or a little later."""
    done = os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:

        def tell(step: RestoreStep) -> None:
            if step is after:
                os.write(done[1], b".")
                if not delay:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            put_back(file, config, done=tell)
        finally:
            os._exit(0)  # whatever happened: the test itself goes on in its parent only
    os.close(done[1])
    os.read(done[0], 1)
    if delay:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(done[0])


def _is_old_or_held() -> str:
    """Say which of the two the database is, having looked that it is nothing between."""
    slots = set(Slot.objects.values_list("issue", "held_for"))
    sends = set(Send.objects.values_list("state", flat=True))
    if ("since", HeldFor.NOTHING) in slots:
        assert slots == {("2027-02", HeldFor.NOTHING), ("since", HeldFor.NOTHING), ("2026-12", HeldFor.NOTHING)}
        assert sends == {SendState.RUNNING}
        return "old"
    assert slots == {("2027-02", HeldFor.RESTORE), ("2026-12", HeldFor.NOTHING)}
    assert sends == {SendState.PAUSED}
    return "held"


@pytest.mark.parametrize("step", list(RestoreStep))
def test_killed_after_any_step_it_leaves_the_old_database_or_the_new_one_held(
    tmp_path: Path, config: Config, step: RestoreStep
) -> None:
    prepared_send(3)
    add_slot()
    file = back_up(tmp_path, config)
    add_slot("since")
    _killed(file, config, after=step)
    assert _is_old_or_held() == ("held" if step is RestoreStep.IN_PLACE else "old")
    put_back(file, config)
    assert _is_old_or_held() == "held"
    assert _unpacked() == []


def _unpacked() -> list[str]:
    """Name what restores have unpacked and not put in place."""
    if connection.vendor == "sqlite":
        return [left.name for left in Path(connection.settings_dict["NAME"]).parent.glob(".restoring-*")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE '%restoring%'")
        return [row[0] for row in cursor.fetchall()]


def test_killed_while_it_is_put_in_place_it_leaves_one_of_the_two(tmp_path: Path, config: Config) -> None:
    prepared_send(3_000)
    add_slot()
    file = back_up(tmp_path, config)
    chance = random.Random(4)  # noqa: S311 - nothing secret
    for _ in range(5 if connection.vendor == "sqlite" else 2):
        Slot.objects.get_or_create(issue="since", defaults={"at": NOW + timedelta(days=99)})
        Slot.objects.filter(issue="2027-02").update(state=SlotState.SCHEDULED, held_for=HeldFor.NOTHING)
        Send.objects.update(state=SendState.RUNNING)
        _killed(file, config, after=RestoreStep.CARRIED, delay=chance.uniform(0.001, 0.03))
        assert _is_old_or_held() in {"old", "held"}
        assert Subscription.objects.count() == 3_000
