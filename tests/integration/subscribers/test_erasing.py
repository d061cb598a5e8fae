from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError

from newsletter.errors import ErasureStepError, NotAllowedError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.postbox.posting import ServiceContent, post
from newsletter.subscribers import erasure_steps
from newsletter.subscribers.erasing import UNDONE_WITHIN, ask_erasure, say_died, undo_death
from newsletter.subscribers.erasure_steps import PAUSES, TAKEN_FOR, Forgotten, Step, run_erasures
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    ErasureStep,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.suppressing import LIFTED, suppress
from tests.readers import NOVEMBER, SignedUp

pytestmark = pytest.mark.database

LATER = NOVEMBER + timedelta(days=2)


def asked(reader: SignedUp, reason: ErasureReason = ErasureReason.ASKED) -> None:
    ask_erasure(reader.subscriber().pk, reason=reason, now=NOVEMBER)


def test_who_asks_to_be_erased_is_mailed_no_more_from_that_moment_on(reader: SignedUp) -> None:
    asked(reader)
    assert reader.subscription().end_reason == EndReason.UNSUBSCRIBED
    assert Suppression.objects.get().reason == SuppressionReason.ERASED


def test_only_the_keyed_hash_is_left_of_somebody_who_was_erased(reader: SignedUp) -> None:
    asked(reader)
    assert run_erasures(now=NOVEMBER) == 1
    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    assert Erasure.objects.get().done_at == NOVEMBER


def test_asking_twice_erases_once(reader: SignedUp) -> None:
    asked(reader)
    asked(reader)
    assert Erasure.objects.count() == 1
    assert run_erasures(now=NOVEMBER) == 1
    assert run_erasures(now=LATER) == 0


@pytest.mark.parametrize("weightier", [reason for reason in SuppressionReason if reason is not SuppressionReason.ERASED])
def test_a_suppression_that_their_own_sign_up_would_not_lift_stays(reader: SignedUp, weightier: SuppressionReason) -> None:
    suppress(reader.subscriber(), reason=weightier, now=NOVEMBER)
    asked(reader)
    run_erasures(now=NOVEMBER)
    assert Suppression.objects.get().reason == weightier


def test_a_death_ends_and_suppresses_at_once_and_erases_after_thirty_days(reader: SignedUp) -> None:
    say_died(reader.subscription().pk, now=NOVEMBER)
    assert reader.subscription().end_reason == EndReason.DIED
    assert Suppression.objects.get().reason == SuppressionReason.DIED
    assert run_erasures(now=NOVEMBER + UNDONE_WITHIN - timedelta(seconds=1)) == 0
    assert Subscriber.objects.exists()
    assert run_erasures(now=NOVEMBER + UNDONE_WITHIN) == 1
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("before", LIFTED)
def test_nobodys_sign_up_lifts_that_they_died(reader: SignedUp, before: SuppressionReason) -> None:
    suppress(reader.subscriber(), reason=before, now=NOVEMBER)
    say_died(reader.subscription().pk, now=NOVEMBER)
    assert Suppression.objects.get().reason == SuppressionReason.DIED


def test_a_death_that_was_a_mistake_is_undone_with_the_consent_there_was(reader: SignedUp) -> None:
    before = reader.subscription()
    say_died(before.pk, now=NOVEMBER)
    assert undo_death(bytes(reader.subscriber().lookup), now=LATER)
    assert not Suppression.objects.exists()
    assert not Erasure.objects.exists()
    after = Subscription.objects.get(ended_at__isnull=True)
    assert (after.consent_at, after.consent_wording) == (before.consent_at, before.consent_wording)
    assert bytes(after.public_id) != bytes(before.public_id)
    assert run_erasures(now=NOVEMBER + UNDONE_WITHIN) == 0


def test_a_death_is_not_undone_after_its_thirty_days(reader: SignedUp) -> None:
    say_died(reader.subscription().pk, now=NOVEMBER)
    with pytest.raises(NotAllowedError, match="Nobody with this address"):
        undo_death(bytes(reader.subscriber().lookup), now=NOVEMBER + UNDONE_WITHIN)


Failing = Callable[[Exception], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Add a step that raises what it is given."""

    def add(error: Exception) -> None:
        def forget(person: Forgotten, now: datetime) -> None:
            del person, now
            raise error

        monkeypatch.setitem(erasure_steps._steps, "elsewhere", Step("elsewhere", forget))

    return add


@pytest.mark.parametrize("error", [ErasureStepError("it is closed"), IntegrityError("(3, ana@example.org) is there")])
def test_a_step_that_fails_is_tried_later_and_later_and_keeps_no_other_from_being_done(
    reader: SignedUp, failing: Failing, error: Exception
) -> None:
    failing(error)
    asked(reader)
    now = NOVEMBER
    for pause in (*PAUSES, PAUSES[-1]):
        assert run_erasures(now=now) == 0
        [waiting] = ErasureStep.objects.filter(done_at=None)
        assert waiting.due_at == now + pause
        assert waiting.problem
        assert "ana" not in waiting.problem
        assert run_erasures(now=now + pause - timedelta(seconds=1)) == 0
        assert ErasureStep.objects.get(done_at=None).attempts == waiting.attempts
        now += pause
    assert not Subscriber.objects.exists()


def test_a_step_whose_process_died_is_due_again_soon(reader: SignedUp, failing: Failing) -> None:
    failing(KeyboardInterrupt())  # type: ignore[arg-type]
    asked(reader)
    with pytest.raises(KeyboardInterrupt):
        run_erasures(now=NOVEMBER)
    assert ErasureStep.objects.get(name="elsewhere").due_at == NOVEMBER + TAKEN_FOR
    erasure_steps._steps.pop("elsewhere")
    run_erasures(now=NOVEMBER + TAKEN_FOR)
    [unknown] = ErasureStep.objects.filter(done_at=None)
    assert unknown.problem == "this version of the program has no step “elsewhere”"


def test_mails_that_wait_are_withdrawn_at_once_and_one_on_the_wire_is_waited_for(reader: SignedUp) -> None:
    lookup = bytes(reader.subscriber().lookup)
    content = ServiceContent("ana.perez@example.org", "en", "Hello", "Ana", "<p>Ana</p>")
    queued, sending = (post("link", content, now=NOVEMBER, expires_at=LATER, lookup=lookup) for _ in range(2))
    ServiceMail.objects.filter(pk=sending.pk).update(state=PostState.SENDING)
    asked(reader)
    assert bytes(ServiceMail.objects.get(pk=queued.pk).content) == b""
    assert run_erasures(now=NOVEMBER) == 0
    assert list(ServiceMail.objects.values_list("pk", flat=True)) == [sending.pk]
    ServiceMail.objects.update(state=PostState.UNKNOWN)
    assert run_erasures(now=NOVEMBER + PAUSES[0]) == 1
    assert not ServiceMail.objects.exists()
