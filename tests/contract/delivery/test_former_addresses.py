"""What is reported of mail to an address that its reader has moved away from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.delivery.evidence import take_reports
from newsletter.delivery.models import Delivery, Handover, Send
from newsletter.settings import BounceSettings, DeliverySettings
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.mailed_links import find_link, new_page
from newsletter.subscribers.models import EndReason, LinkPurpose, Subscription, Suppression
from newsletter.subscribers.moving import MoveKind, move
from newsletter.subscribers.reported_ends import ReportedEnd, end_as_reported
from tests.contract.delivery.samples import NOW
from tests.contract.delivery.test_reports import issues, report
from tests.mailed import move_token
from tests.readers import SignedUp, is_suppressed

pytestmark = [pytest.mark.database, pytest.mark.django_db]

SETTINGS = DeliverySettings(bounces=BounceSettings(soft_in_a_row=2))

NEW = "reader.new@example.net"
MOVED = NOW + timedelta(hours=2)
AFTERWARDS = NOW + timedelta(days=60)


def moved_after(sent: list[Delivery]) -> Subscription:
    """Let the first reader of an issue move to another address."""
    subscription = sent[0].subscription
    assert subscription is not None
    token = move_token(SignedUp(subscription.pk, "", ""), NEW, now=NOW)
    link = find_link(token, LinkPurpose.ADDRESS, now=MOVED)
    assert link is not None
    assert move(link, new_page(), now=MOVED) is MoveKind.MOVED
    return subscription


def end_of(subscription: Subscription) -> str:
    subscription.refresh_from_db()
    return subscription.end_reason


@pytest.mark.parametrize("meaning", ["hard", "dropped"])
def test_what_came_back_from_the_former_address_says_nothing_about_the_new_one(meaning: str) -> None:
    [sent] = issues(1, readers=1)
    reader = moved_after(sent)
    Delivery.objects.update(handover=Handover.ACCEPTED, handed_over_at=NOW)
    take_reports([report(sent[0].key, meaning, hours=3)], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == ""
    assert not Suppression.objects.exists()


def test_what_came_back_from_the_new_address_is_about_it() -> None:
    first, second = issues(2, readers=1)
    reader = moved_after(first)
    Send.objects.filter(pk=second[0].send_id).update(created_at=MOVED)
    take_reports([report(second[0].key, "hard", hours=9)], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == EndReason.BOUNCED
    assert is_suppressed(sealer().lookup(NEW))


def test_a_complaint_from_the_former_address_ends_and_lets_the_new_one_sign_up_again() -> None:
    [sent] = issues(1, readers=1)
    reader = moved_after(sent)
    take_reports([report(sent[0].key, "spamreport", hours=3)], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == EndReason.COMPLAINED
    assert not Suppression.objects.exists()


def test_who_leaves_by_a_mail_to_the_former_address_has_left() -> None:
    [sent] = issues(1, readers=1)
    reader = moved_after(sent)
    take_reports([report(sent[0].key, "unsubscribe", hours=3)], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == EndReason.UNSUBSCRIBED


def test_soft_bounces_of_the_former_address_are_not_counted_with_those_of_the_new_one() -> None:
    sent = issues(3, readers=1)
    reader = moved_after(sent[0])
    Send.objects.filter(pk__in=[sent[1][0].send_id, sent[2][0].send_id]).update(created_at=MOVED)
    for issue in sent[:2]:
        take_reports([report(issue[0].key, "soft")], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == ""
    take_reports([report(sent[2][0].key, "soft")], SETTINGS, now=AFTERWARDS)
    assert end_of(reader) == EndReason.BOUNCED


def test_both_orders_of_a_bounce_and_a_complaint_come_to_the_same() -> None:
    [sent] = issues(1, readers=2)
    moved = moved_after(sent)
    ends = [ReportedEnd(moved.pk, reason, AFTERWARDS, mailed_since=NOW) for reason in (EndReason.BOUNCED, EndReason.COMPLAINED)]
    for order in (ends, ends[::-1]):
        Subscription.objects.update(ended_at=None, end_reason="")
        for end in order:
            end_as_reported([end], now=AFTERWARDS)
        assert end_of(moved) == EndReason.COMPLAINED
        assert not Suppression.objects.exists()


def test_who_never_moved_is_suppressed_by_a_bounce_as_ever() -> None:
    [sent] = issues(1, readers=2)
    moved_after(sent)
    take_reports([report(sent[1].key, "hard")], SETTINGS, now=AFTERWARDS)
    assert Suppression.objects.count() == 1
