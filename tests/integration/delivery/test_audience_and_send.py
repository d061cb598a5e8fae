"""What an audience says beforehand comes out of the send by group; whoever leaves in between is explained."""

from __future__ import annotations

import pytest

from newsletter.delivery.models import Handover
from newsletter.delivery.reporting import send_report
from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.models import EndReason, Subscription, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, prepared_send
from tests.integration.delivery.scripted import ScriptedTransport, deliver
from tests.readers import sign_up

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_leaves_between_the_count_and_the_wire_stands_in_the_report_with_the_reason() -> None:
    """One leaves in each way after the audience is frozen: the groups differ by just those three."""
    barred = sign_up("barred@example.org", language="es")
    suppress(barred.subscriber(), reason=SuppressionReason.BOUNCED, now=NOW)
    prepared_send(6, languages=("en", "es"))
    before = count_audience(TODAY)
    assert (before.to_be_mailed, before.excluded) == (6, {"suppressed": 1})
    goodbye, pause, complaint = Subscription.objects.exclude(pk=barred.subscription_id).order_by("pk")[:3]
    end_subscription(goodbye.pk, reason=EndReason.UNSUBSCRIBED, now=NOW)
    snooze(pause.pk, until=TODAY.replace(year=TODAY.year + 1), today=TODAY)
    suppress(complaint.subscriber, reason=SuppressionReason.COMPLAINED, now=NOW)
    deliver(ScriptedTransport())
    report, after = send_report(ISSUE), count_audience(TODAY)
    assert report.excluded == {"suppressed": 2, "ended": 1, "snoozed": 1}
    assert report.status.handovers[Handover.ACCEPTED] == after.to_be_mailed == 3
    assert report.status.frozen == before.to_be_mailed + sum(before.excluded.values())
    assert after.excluded == {"suppressed": 2, "snoozed": 1}
    assert after.ended == {"unsubscribed": 1}
