"""What staff type about somebody who has died, or wants no mail whoever asks for it; and what stands in the audit log then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.cli.forgetting import lift, revive, suppress
from newsletter.clock import system_clock
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.models import AuditEntry
from newsletter.subscribers.erasing import say_died
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import SubscribeKind, end_subscription, subscribe
from tests.readers import CONSENT, SignedUp

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


def test_an_address_that_is_suppressed_by_hand_is_mailed_no_more_whoever_types_it(reader: SignedUp) -> None:
    suppress(ADDRESS, "ada", "gets mails that others ask for")
    assert Subscription.objects.get(pk=reader.subscription_id).end_reason == EndReason.STAFF
    again = subscribe(Contact(ADDRESS), language="en", topics=(), consent=CONSENT, now=system_clock())
    assert again.kind is SubscribeKind.SUPPRESSED
    entry = AuditEntry.objects.get(act="suppress")
    assert (entry.subject, entry.person, entry.note) == ("an address", "ada", "gets mails that others ask for")


@pytest.mark.django_db
def test_a_stranger_is_suppressed_by_hand_and_lifted_again() -> None:
    suppress("stranger@example.org", "ada", "gets mails that others ask for")
    found = Suppression.objects.get()
    assert (bytes(found.lookup), found.reason) == (sealer().lookup("stranger@example.org"), SuppressionReason.STAFF)
    lift("stranger@example.org", "ada", "they wrote")
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_nobody_is_suppressed_without_a_reason() -> None:
    with pytest.raises(UsageError, match="--note"):
        suppress(ADDRESS, "ada", " ")
    assert not Suppression.objects.exists()
