"""A correction at its hour: released like any issue, and sent to those who got the one that it corrects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from newsletter.delivery.correcting import correction_audience
from newsletter.delivery.models import Delivery, Handover, Send, SendState
from newsletter.delivery.sending import deliver_open_sends, start_due_sends
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.releasing import Held, Released, Waiting
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, edition, prepared_send
from tests.contract.publishing.samples import Files, approve_fully, make_issue

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

CORRECTION = f"{ISSUE}-correction-1"
HOUR = NOW + timedelta(days=1)


def approved_correction() -> Slot:
    """Put an approved correction of a send that is open on the calendar."""
    files = Files(
        issues=[make_issue(language, cards={}, name=CORRECTION) for language in ("en", "es")],
        editions=[edition(language, issue=CORRECTION) for language in ("en", "es")],
    ).with_issues(corrects=ISSUE)
    approve_fully(files)
    return Slot.objects.create(at=HOUR, issue=CORRECTION)


def tick(*, late: timedelta = timedelta(0)) -> Released | Held | Waiting:
    (found,) = start_due_sends(settings.NEWSLETTER, lambda: HOUR + late, ask_trials=lambda _: [])
    return found.result


def test_it_goes_to_the_readers_of_its_issue_and_to_nobody_who_came_later() -> None:
    prepared_send(5)
    deliver_open_sends(settings.NEWSLETTER, lambda: NOW, worker="first")
    add_readers(4, start=50)
    approved_correction()
    assert correction_audience(ISSUE, on=TODAY).by_language == {"en": 5}
    assert isinstance(tick(), Released)
    assert deliver_open_sends(settings.NEWSLETTER, lambda: HOUR, worker="second").finished
    correction = Send.objects.get(issue=CORRECTION)
    assert correction.corrects == Send.objects.get(issue=ISSUE)
    reached = Delivery.objects.filter(send=correction, handover=Handover.ACCEPTED).values_list("subscription_id", flat=True)
    assert set(reached) == set(Delivery.objects.filter(send__issue=ISSUE).values_list("subscription_id", flat=True))


@pytest.mark.parametrize(
    ("state", "said"), [(SendState.RUNNING, "is still being sent"), (SendState.PAUSED, "newsletter resume 2026-12")]
)
def test_it_waits_while_its_issue_is_on_its_way_and_is_held_when_that_takes_too_long(state: SendState, said: str) -> None:
    prepared_send(3)
    slot = approved_correction()
    Send.objects.update(state=state)
    waiting = tick()
    assert isinstance(waiting, Waiting)
    assert said in waiting.reasons[0]
    held = tick(late=timedelta(hours=7))
    assert isinstance(held, Held)
    assert said in held.reasons[1]
    slot.refresh_from_db()
    assert (slot.state, slot.held_for) == (SlotState.HELD, HeldFor.MISSED)
    assert not Send.objects.filter(issue=CORRECTION).exists()
