"""Whom a correction goes to, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from newsletter.delivery import preparing
from newsletter.delivery.handovers import put_back
from newsletter.delivery.models import Delivery, Handover, Send, SendState
from newsletter.delivery.preparing import AudienceMismatchError, freeze_audience, start_send
from newsletter.delivery.reporting import send_report
from newsletter.delivery.statements import CORRECTED_PAGE, COUNT_CORRECTED
from newsletter.delivery.trying_again import try_failed_again
from newsletter.errors import NotAllowedError
from newsletter.publishing.models import Slot, SlotState
from newsletter.subscribers.models import EndReason, Subscriber, Subscription, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, freeze_candidate, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CORRECTION = f"{ISSUE}-correction-1"


def settle(*handovers: Handover, issue: str = ISSUE) -> None:
    """Give the deliveries of a send these handovers, in turn, and finish it."""
    for number, delivery in enumerate(Delivery.objects.filter(send__issue=issue).order_by("pk")):
        Delivery.objects.filter(pk=delivery.pk).update(handover=handovers[number % len(handovers)])
    Send.objects.filter(issue=issue).update(state=SendState.DONE, finished_at=NOW)


def begin_correction(issue: str = CORRECTION, *, corrects: str = ISSUE) -> int:
    candidate = freeze_candidate(issue=issue)
    at = NOW + timedelta(days=1 + Slot.objects.count())
    slot = Slot.objects.create(at=at, issue=issue, state=SlotState.RELEASED, candidate=candidate)
    corrected = Send.objects.get(issue=corrects).pk
    send_id = start_send(slot_id=slot.pk, issue=issue, candidate_id=candidate.pk, transport="outbox", corrects=corrected, now=NOW)
    assert send_id is not None
    return send_id


def to_be_mailed(send_id: int) -> set[int]:
    return set(Delivery.objects.filter(send=send_id, handover=Handover.QUEUED).values_list("subscription_id", flat=True))


def test_it_goes_to_those_who_got_the_issue_or_may_have_got_it_and_to_nobody_who_came_later() -> None:
    prepared_send(8)
    settle(Handover.ACCEPTED, Handover.UNKNOWN, Handover.FAILED, Handover.EXCLUDED)
    got = set(Delivery.objects.filter(handover__in=["accepted", "unknown"]).values_list("subscription_id", flat=True))
    add_readers(3, start=100)
    send_id = begin_correction()
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=3)
    assert to_be_mailed(send_id) == got
    assert len(got) == 4
    assert (Send.objects.get(pk=send_id).frozen, Send.objects.get(pk=send_id).state) == (4, SendState.RUNNING)


def test_who_left_since_is_counted_with_the_reason() -> None:
    prepared_send(6)
    settle(Handover.ACCEPTED)
    ended, suppressed, snoozed, erased, *_ = Subscription.objects.order_by("pk")
    end_subscription(ended.pk, reason=EndReason.UNSUBSCRIBED, now=NOW)
    suppress(bytes(suppressed.subscriber.lookup), reason=SuppressionReason.COMPLAINED, now=NOW)
    snooze(snoozed.pk, until=TODAY + timedelta(days=30), today=TODAY)
    Subscriber.objects.filter(pk=erased.subscriber_id).delete()
    send_id = begin_correction()
    freeze_audience(send_id, on=TODAY, now=NOW)
    report = send_report(CORRECTION)
    assert report.excluded == {"ended": 1, "suppressed": 1, "snoozed": 1, "erased": 1}
    assert report.the_sum == "6 = 2 queued + 0 accepted + 0 failed + 0 unknown + 4 excluded"


def test_everybody_gets_it_in_the_language_that_they_read_now() -> None:
    prepared_send(3)
    settle(Handover.ACCEPTED)
    Subscriber.objects.filter(pk=Subscription.objects.order_by("pk")[0].subscriber_id).update(language="es")
    send_id = begin_correction()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert sorted(Delivery.objects.filter(send=send_id).values_list("batch__language", flat=True)) == ["en", "en", "es"]


def test_freezing_goes_on_where_it_was_interrupted() -> None:
    prepared_send(9)
    settle(Handover.ACCEPTED, Handover.ACCEPTED, Handover.FAILED)
    send_id = begin_correction()
    preparing._freeze_chunk(send_id, on=TODAY, chunk=4)
    assert (len(to_be_mailed(send_id)), Send.objects.get(pk=send_id).state) == (4, SendState.PREPARING)
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=4)
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=4)
    assert len(to_be_mailed(send_id)) == Delivery.objects.filter(send=send_id).count() == 6


def test_a_correction_of_a_correction_goes_to_whoever_got_that_one() -> None:
    prepared_send(4)
    settle(Handover.ACCEPTED)
    end_subscription(Subscription.objects.order_by("pk")[0].pk, reason=EndReason.UNSUBSCRIBED, now=NOW)
    freeze_audience(begin_correction(), on=TODAY, now=NOW)
    Delivery.objects.filter(send__issue=CORRECTION, handover=Handover.QUEUED).update(handover=Handover.ACCEPTED)
    Send.objects.filter(issue=CORRECTION).update(state=SendState.DONE)
    again = begin_correction(f"{CORRECTION}-correction-1", corrects=CORRECTION)
    freeze_audience(again, on=TODAY, now=NOW)
    assert (len(to_be_mailed(again)), Send.objects.get(pk=again).frozen) == (3, 3)


def test_several_corrections_of_one_issue_go_to_the_same_readers() -> None:
    prepared_send(4)
    settle(Handover.ACCEPTED, Handover.FAILED)
    first, second = begin_correction(), begin_correction(f"{ISSUE}-correction-2")
    for send_id in (first, second):
        freeze_audience(send_id, on=TODAY, now=NOW)
    assert to_be_mailed(first) == to_be_mailed(second) != set()


def test_nothing_is_sent_when_the_readers_are_not_those_that_counting_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared_send(4)
    settle(Handover.ACCEPTED)
    send_id = begin_correction()
    monkeypatch.setattr(preparing, "count_until", lambda *_, **__: {("en", ""): 5})
    with pytest.raises(AudienceMismatchError, match="Nothing was sent"):
        freeze_audience(send_id, on=TODAY, now=NOW)
    assert to_be_mailed(send_id) == set()


def test_an_issue_that_was_corrected_is_tried_again_with_nobody() -> None:
    """They would get the mistake, and the correction's readers are settled without them."""
    prepared_send(2)
    settle(Handover.ACCEPTED, Handover.FAILED)
    begin_correction()
    with pytest.raises(NotAllowedError, match="was corrected by 2026-12-correction-1"):
        try_failed_again(ISSUE, person="ada", now=NOW, system_user="tester", within=timedelta(days=3))


def test_a_page_of_a_corrections_audience_is_found_by_ids_and_not_by_reading_the_whole_send() -> None:
    if connection.vendor != "sqlite":
        return  # of a table that small PostgreSQL reads all, whatever the statement says
    of_a_page: list[tuple[str, list[int | str]]] = [
        (CORRECTED_PAGE, [1, 0, 9, 5]),
        (COUNT_CORRECTED, [TODAY.isoformat(), 1, 0, 9]),
    ]
    with connection.cursor() as cursor:
        for statement, values in of_a_page:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in str(cursor.fetchall())


@pytest.mark.parametrize("source", [Handover.FAILED, Handover.UNKNOWN])
def test_nobody_of_a_corrected_issue_is_queued_again(source: Handover) -> None:
    """They would get the mistake after its correction, or the mistake alone."""
    prepared_send(4)
    settle(Handover.ACCEPTED, source)
    begin_correction()
    again = list(Delivery.objects.filter(handover=source).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        assert put_back(cursor, again, source=source) == 0
    assert Delivery.objects.filter(handover=source).count() == 2
    assert Send.objects.get(issue=ISSUE).state == SendState.DONE
