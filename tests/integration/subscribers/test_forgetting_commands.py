"""What staff type about somebody who was said to have died, and what stands in the audit log after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.cli.forgetting import lift, revive
from newsletter.clock import system_clock
from newsletter.errors import NotAllowedError
from newsletter.publishing.models import AuditEntry
from newsletter.subscribers.erasing import say_died
from newsletter.subscribers.models import EndReason, Subscription
from newsletter.subscribers.subscribing import end_subscription
from tests.readers import SignedUp

pytestmark = pytest.mark.database

ADDRESS = "ana.perez@example.org"


def test_a_death_that_was_a_mistake_is_undone_and_written_down_without_the_address(
    reader: SignedUp, capsys: pytest.CaptureFixture[str]
) -> None:
    say_died(reader.subscription_id, now=system_clock())
    revive(ADDRESS, "ada")
    assert "they are subscribed again, as before" in capsys.readouterr().out
    assert Subscription.objects.filter(ended_at=None).count() == 1
    entry = AuditEntry.objects.get(act="revive")
    assert (entry.subject, entry.person, entry.note) == ("a reader", "ada", "")


def test_who_had_left_before_is_not_subscribed_by_it(reader: SignedUp, capsys: pytest.CaptureFixture[str]) -> None:
    now = system_clock()
    end_subscription(reader.subscription_id, reason=EndReason.UNSUBSCRIBED, now=now - timedelta(days=3))
    say_died(reader.subscription_id, now=now)
    revive(ADDRESS, "ada")
    assert "and are not now" in capsys.readouterr().out
    assert not Subscription.objects.filter(ended_at=None).exists()


def test_a_suppression_of_somebody_who_can_be_revived_is_not_lifted(reader: SignedUp) -> None:
    say_died(reader.subscription_id, now=system_clock())
    with pytest.raises(NotAllowedError, match="revive"):
        lift(ADDRESS, "ada", "they wrote")
    assert not AuditEntry.objects.exists()
