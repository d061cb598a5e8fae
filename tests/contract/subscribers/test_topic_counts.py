"""Whom a part for a topic would reach, said so that nobody's own choice can be read from it."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from newsletter.subscribers.topic_counts import NO_PART, count_topics, roughly
from tests.readers import NOVEMBER, sign_up

SEND_DAY = date(2026, 12, 1)


@pytest.mark.parametrize(("number", "said"), [(0, None), (9, None), (10, 10), (14, 10), (15, 20), (1_004, 1_000)])
def test_small_groups_are_not_said_and_others_are_rounded(number: int, said: int | None) -> None:
    assert roughly(number) == said


@pytest.mark.django_db
@pytest.mark.database
def test_only_people_who_are_mailed_and_parts_that_their_mail_has_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.subscribers.topic_counts.PAGE", 7)
    for number in range(12):
        sign_up(f"reader{number}@example.org", topics=("tnbc", "living"))
    for number in range(11):
        sign_up(f"lector{number}@example.org", language="es", topics=("trials",))
    paused, left, barred = (sign_up(f"{name}@example.org") for name in ("paused", "left", "barred"))
    snooze(paused.subscription_id, until=date(2027, 1, 1), today=NOVEMBER.date())
    end_subscription(left.subscription_id, reason=EndReason.UNSUBSCRIBED, now=NOVEMBER)
    suppress(barred.subscriber(), reason=SuppressionReason.STAFF, now=NOVEMBER)
    counted = count_topics(SEND_DAY, offered={"en": ["tnbc", "trials"], "es": ["trials"]})
    assert counted == {"tnbc": 10, "trials": 10, NO_PART: None}
    assert count_topics(SEND_DAY, offered={"en": ["tnbc"], "es": []}) == {"tnbc": 10, NO_PART: 10}


@pytest.mark.django_db
@pytest.mark.database
def test_the_suppressed_are_parted_by_why_they_are() -> None:
    for number, reason in enumerate([SuppressionReason.COMPLAINED, SuppressionReason.BOUNCED, SuppressionReason.BOUNCED]):
        suppress(sign_up(f"barred{number}@example.org").subscriber(), reason=reason, now=NOVEMBER)
    count = count_audience(SEND_DAY)
    assert count.excluded == {"suppressed": 3}
    assert count.suppressed == {"bounced": 2, "complained": 1}
