from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.errors import NotAllowedError
from newsletter.subscribers.erasing import UNDONE_WITHIN, ask_erasure, say_died, undo_death
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.models import (
    EndReason,
    Erasure,
    ErasureReason,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from newsletter.subscribers.suppressing import suppress
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
