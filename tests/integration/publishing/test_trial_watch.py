"""The scheduler's look at trials, against a server that speaks the registry's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest
from django.conf import settings
from django.test import Client

from newsletter.authoring.lock import TrialLock
from newsletter.cli.ticking import Ticking
from newsletter.config import Config
from newsletter.delivery.generations import generation_file
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Candidate, Slot, SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.settings import Person
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, TRIAL, Files, approve_fully
from tests.one_look import take_look

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
SAM = Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",))


class Scheduler:
    """A scheduler whose day a test sets."""

    def __init__(self, base_url: str) -> None:
        known: Config = settings.NEWSLETTER
        trials = known.trials.model_copy(update={"base_url": base_url, "timeout_seconds": 2})
        self.config = known.model_copy(update={"trials": trials, "people": {"sam": SAM}})
        self.now = NOW
        self._ticking = Ticking(self.config, lambda: self.now)

    def look(self, now: datetime) -> str:
        """Look at trials, and then for what there is to tell; give what kept the first from its work."""
        self.now = now
        problem = take_look(self._ticking, "trials")
        take_look(self._ticking, "alerts")
        return problem


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Let this machine have seen nothing of the database: each test has a new one in the place of the last."""
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)


@pytest.fixture
def registry() -> Iterator[PracticeRegistry]:
    config: Config = settings.NEWSLETTER
    with PracticeRegistry(config.path("issues/practice-trials.json")) as registry:
        yield registry


def approve_what_it_says(base_url: str) -> Slot:
    """Approve and schedule an issue whose lock is what this registry says today."""
    config: Config = settings.NEWSLETTER
    asked = TrialRegistry(config.trials.model_copy(update={"base_url": base_url}))
    locked = {answer.nct_id: answer.found for answer in asked.ask([TRIAL]) if answer.found}
    lock = TrialLock(MappingProxyType(locked))
    files = Files()
    approve_fully(replace(files, issues=tuple(replace(issue, lock=lock) for issue in files.issues)))
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def mails() -> list[str]:
    return [open_content(mail.key, mail.content).text for mail in ServiceMail.objects.filter(kind="alert-trials").order_by("pk")]


def test_a_trial_that_closes_before_the_slot_is_mailed_once(registry: PracticeRegistry) -> None:
    approve_what_it_says(registry.base_url)
    scheduler = Scheduler(registry.base_url)
    assert scheduler.look(NOW + DAY) == ""
    assert mails() == []
    registry.change_status(TRIAL, "ACTIVE_NOT_RECRUITING")
    for day in (2, 3, 4):
        assert scheduler.look(NOW + day * DAY + timedelta(minutes=day)) == ""
    [mail] = mails()
    assert TRIAL in mail
    assert "Active, not recruiting" in mail
    assert f"newsletter trials close {ISSUE} {TRIAL}" in mail


def test_a_trial_that_closes_after_the_send_is_said_on_its_page_and_mailed_to_nobody(
    registry: PracticeRegistry, client: Client
) -> None:
    slot = approve_what_it_says(registry.base_url)
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=Candidate.objects.get())
    page = f"/issues/{ISSUE}/en/"
    scheduler = Scheduler(registry.base_url)
    scheduler.look(SLOT_AT + DAY)
    assert b"<aside" not in client.get(page).content
    registry.change_status(TRIAL, "TERMINATED", why_stopped="Slow recruitment")
    scheduler.look(SLOT_AT + 9 * DAY)
    assert f"On December 10, 2026 the registry said that this trial was stopped early and takes nobody new: {TRIAL}" in (
        client.get(page).content.decode()
    )
    registry.change_status(TRIAL, "RECRUITING")
    scheduler.look(SLOT_AT + 17 * DAY)
    assert b"<aside" not in client.get(page).content
    assert mails() == []


def test_a_registry_that_cannot_be_reached_is_said_until_it_answers(registry: PracticeRegistry) -> None:
    approve_what_it_says(registry.base_url)
    scheduler = Scheduler("http://127.0.0.1:9/api/v2")
    said = scheduler.look(NOW + DAY)
    assert said.startswith("1 of 1 trials could not be checked")
    assert scheduler.look(NOW + DAY + timedelta(minutes=10)) == said
    assert (TrialStanding.objects.get().status, mails()) == ("", [])
    again = Scheduler(registry.base_url)
    assert again.look(NOW + DAY + timedelta(hours=5)) == ""
    assert TrialStanding.objects.get().status == "RECRUITING"
