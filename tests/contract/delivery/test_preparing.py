"""What starting a send and freezing its audience promise, on every database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import connection

from newsletter.delivery import preparing, statements
from newsletter.delivery.audiences import FreezingMember, next_page
from newsletter.delivery.ledger import claim_batch
from newsletter.delivery.models import Batch, Delivery, Handover, Send, SendState
from newsletter.delivery.preparing import AudienceMismatchError, find_preparing_sends, freeze_audience, start_send
from newsletter.delivery.reporting import send_report
from newsletter.publishing.models import Slot
from newsletter.subscribers.audience import AudienceMember
from newsletter.subscribers.models import EndReason, Subscriber, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription, snooze
from newsletter.subscribers.suppressing import suppress
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send, handovers, prepared_send

DOUBLED = "(SELECT * FROM delivery_delivery UNION ALL SELECT * FROM delivery_delivery) AS doubled"

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_second_send_of_an_issue_or_slot_is_not_started() -> None:
    send_id = begin_send()
    send = Send.objects.get(pk=send_id)
    other = Slot.objects.create(at=NOW + timedelta(days=60), issue="2027-02")
    again = [(send.slot_id, "2027-02"), (other.pk, ISSUE), (send.slot_id, ISSUE)]
    for slot_id, issue in again:
        assert start_send(slot_id=slot_id, issue=issue, candidate_id=send.candidate_id, transport="smtp", now=NOW) is None
    assert Send.objects.count() == 1


def test_an_audience_is_frozen_in_batches_of_one_language_and_at_most_a_thousand() -> None:
    send_id = prepared_send(1_203, languages=("en", "en", "es"))
    sizes = sorted((batch.language, batch.deliveries.count()) for batch in Batch.objects.filter(send=send_id))
    assert sizes == [("en", 802), ("es", 401)]
    send = Send.objects.get()
    assert (send.state, send.frozen, send.prepared_at) == (SendState.RUNNING, 1_203, NOW)


def test_a_batch_never_holds_more_than_a_thousand() -> None:
    prepared_send(1_001)
    assert sorted(batch.deliveries.count() for batch in Batch.objects.all()) == [1, 1_000]


def test_freezing_goes_on_where_it_was_interrupted() -> None:
    add_readers(25)
    send_id = begin_send()
    preparing._freeze_chunk(send_id, on=TODAY, chunk=10)
    assert Send.objects.get().state == SendState.PREPARING
    assert find_preparing_sends() == [send_id]
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=10)
    assert Delivery.objects.count() == Send.objects.get().frozen == 25
    assert Delivery.objects.values("subscription").distinct().count() == 25
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=10)
    assert Delivery.objects.count() == 25


def test_of_two_who_prepare_a_send_one_freezes_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one froze the chunk between our look at the send and our update of it."""
    readers = add_readers(10)
    send_id = begin_send()

    def overtaken(send: Send, *, limit: int, on: date) -> Sequence[FreezingMember]:
        found = next_page(send, limit=limit, on=on)
        Send.objects.update(through=readers[4])
        return found

    monkeypatch.setattr(preparing, "next_page", overtaken)
    assert preparing._freeze_chunk(send_id, on=TODAY, chunk=5) is True
    assert Delivery.objects.count() == Send.objects.get().frozen == 0


def test_nothing_is_sent_when_the_sum_of_the_frozen_does_not_hold() -> None:
    add_readers(3)
    send_id = begin_send()
    Send.objects.update(frozen=1)
    with pytest.raises(AudienceMismatchError, match="Nothing was sent"):
        freeze_audience(send_id, on=TODAY, now=NOW)
    assert Send.objects.get().state == SendState.PREPARING
    assert claim_batch("one", lease_seconds=10, now=NOW) is None


def test_nothing_is_sent_when_a_chunk_is_not_whom_counting_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a page leaves somebody out, or takes a person who pauses for one who does not."""
    readers = add_readers(6, languages=("en",))
    snooze(readers[2], until=TODAY + timedelta(days=9), today=TODAY)
    send_id = begin_send()
    whole = next_page

    def forgetful(send: Send, *, limit: int, on: date) -> Sequence[FreezingMember]:
        return [AudienceMember(member.position, member.language, "") for member in whole(send, limit=limit, on=on)]

    monkeypatch.setattr(preparing, "next_page", forgetful)
    with pytest.raises(AudienceMismatchError, match=r"frozen 6 en; counted 5 en, 1 en snoozed.* Nothing was sent"):
        freeze_audience(send_id, on=TODAY, now=NOW)
    assert Delivery.objects.count() == Send.objects.get().frozen == 0


def test_who_leaves_while_a_chunk_is_frozen_is_no_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = add_readers(6, languages=("en",))
    send_id = begin_send()
    whole = next_page

    def overtaken(send: Send, *, limit: int, on: date) -> Sequence[FreezingMember]:
        page = whole(send, limit=limit, on=on)
        monkeypatch.setattr(preparing, "next_page", whole)
        end_subscription(readers[3], reason=EndReason.UNSUBSCRIBED, now=NOW)
        return page

    monkeypatch.setattr(preparing, "next_page", overtaken)
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert Delivery.objects.count() >= 5
    assert Send.objects.get().state == SendState.RUNNING


def test_nothing_is_sent_when_somebody_is_frozen_twice() -> None:
    send_id = prepared_send(3)
    with connection.cursor() as cursor:
        statement = statements.FIND_FROZEN_TWICE.replace("delivery_delivery", DOUBLED)
        cursor.execute(statement, [send_id])
        assert cursor.fetchone() is not None
        cursor.execute(statements.FIND_FROZEN_TWICE, [send_id])
        assert cursor.fetchone() is None


@pytest.mark.parametrize("chunk", [3, 1_000])
def test_a_spread_send_is_due_in_the_order_of_its_audience(chunk: int) -> None:
    add_readers(11, languages=("en", "es"))
    send_id = begin_send()
    Send.objects.update(spread_seconds=100)
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=chunk)
    due = [round(at - NOW.timestamp()) for at in Delivery.objects.order_by("subscription").values_list("due_at", flat=True)]
    assert due == list(range(0, 101, 10))


def test_who_subscribes_after_the_start_is_not_in_the_audience() -> None:
    add_readers(2)
    send_id = begin_send()
    add_readers(1, start=3)
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert Delivery.objects.count() == 2


def test_a_send_to_nobody_is_done_at_once() -> None:
    prepared_send(0)
    report = send_report(ISSUE)
    assert report.status.state == SendState.DONE
    assert report.sum_holds


def test_every_key_is_a_different_one_and_32_hex_digits_long() -> None:
    """Those who are left out are written by a statement of their own."""
    readers = add_readers(1_100, languages=("en", "es"))
    Subscriber.objects.filter(subscriptions__in=readers[::7]).update(snoozed_until=TODAY + timedelta(days=30))
    freeze_audience(begin_send(), on=TODAY, now=NOW, chunk=500)
    keys = [str(key) for key in Delivery.objects.values_list("key", flat=True)]
    assert all(re.fullmatch(r"[0-9a-f]{32}", key) for key in keys)
    assert len({key[-24:] for key in keys}) == len(keys) == len(readers), "what is not shared by a chunk differs for each"


def test_the_snoozed_and_suppressed_are_frozen_as_excluded_with_the_reason() -> None:
    readers = add_readers(3, languages=("en",))
    snooze(readers[0], until=TODAY + timedelta(days=1), today=TODAY)
    suppress(Subscriber.objects.get(subscriptions=readers[1]), reason=SuppressionReason.BOUNCED, now=NOW)
    send_id = begin_send()
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert send_report(ISSUE).excluded == {"snoozed": 1, "suppressed": 1}
    assert handovers() == {"excluded": 2, "queued": 1}


@pytest.mark.parametrize("chunk", [3, 1_000])
def test_a_spread_correction_is_spread_over_all_of_its_window(chunk: int) -> None:
    corrected = prepared_send(11)
    Delivery.objects.update(handover=Handover.ACCEPTED)
    send_id = begin_send(issue="2026-12-correction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM delivery_delivery")
        last = cursor.fetchone()[0]
    Send.objects.filter(pk=send_id).update(spread_seconds=100, corrects=corrected, last=last)
    freeze_audience(send_id, on=TODAY, now=NOW, chunk=chunk)
    due = Delivery.objects.filter(send=send_id).order_by("subscription").values_list("due_at", flat=True)
    assert [round(at - NOW.timestamp()) for at in due] == list(range(0, 101, 10))
