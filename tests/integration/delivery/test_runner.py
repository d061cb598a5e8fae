"""The runner with its ledger thread, against transports that do what a test tells them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from newsletter.delivery import ledger_thread
from newsletter.delivery.ledger import Claim, Step, take_step
from newsletter.delivery.ledger_thread import LedgerUnavailableError
from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Batch, Delivery, Handover, SendState
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import deliver_open_sends
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.errors import SettingsError, TransportError
from newsletter.publishing.models import FrozenEdition
from newsletter.subscribers.models import Subscriber
from newsletter.subscribers.sealing import Contact, Sealer
from tests.contract.delivery.samples import ISSUE, NOW, handovers
from tests.integration.delivery.scripted import (
    HeldClock,
    ScriptedTransport,
    config,
    deliver,
    in_a_thread,
    open_send,
    with_connection,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.database
def test_everybody_is_delivered_to_once_and_the_sum_holds() -> None:
    open_send(120)
    transport = ScriptedTransport()
    summary = deliver(transport)
    assert Counter(transport.seen).most_common(1)[0][1] == 1
    assert (summary.prepared, summary.run.batches_closed, summary.finished, summary.problem) == (1, 2, True, "")
    assert send_report(ISSUE).the_sum == "120 = 120 accepted + 0 failed + 0 unknown + 0 excluded"
    assert send_report(ISSUE).status.state == SendState.DONE


@pytest.mark.parametrize("lanes", [1, 7])
def test_never_more_than_the_window_is_in_doubt(lanes: int) -> None:
    open_send(200)
    transport = ScriptedTransport(lanes=lanes, delay=0.001)
    deliver(transport)
    assert 0 < transport.most_marked <= lanes + 20


def test_a_transport_of_groups_gets_groups() -> None:
    open_send(150)
    transport = ScriptedTransport(lanes=2, group=1_000, batches_at_once=2)
    deliver(transport)
    assert handovers() == {"accepted": 150}
    assert transport.most_marked <= 150


def test_a_retryable_refusal_is_tried_again_when_it_is_due_and_fails_after_the_last_attempt() -> None:
    open_send(5)
    clock = HeldClock()
    transport = ScriptedTransport(lambda _: Answer(AnswerKind.RETRYABLE, "450 4.2.1"))
    for attempt in range(1, 5):
        summary = deliver(transport, clock=clock)
        assert len(transport.seen) == 5 * attempt
        if attempt < 4:
            assert summary.next_due is not None
            assert summary.next_due > clock.now.timestamp()
            deliver(transport, clock=clock)
            assert len(transport.seen) == 5 * attempt, "nothing is tried before it is due"
            clock.now = datetime.fromtimestamp(summary.next_due + 1, NOW.tzinfo)
    assert summary.finished
    assert send_report(ISSUE).failed == {"450 4.2.1 (attempt 4)": 5}


def test_a_throttled_letter_waits_as_long_as_it_is_told_and_the_attempt_does_not_count() -> None:
    open_send(1)
    clock = HeldClock()
    summary = deliver(ScriptedTransport(lambda _: Answer(AnswerKind.THROTTLED, "429", retry_after=90)), clock=clock)
    assert summary.next_due == NOW.timestamp() + 90
    assert Delivery.objects.get().attempts == 0
    clock.now += timedelta(seconds=91)
    assert deliver(ScriptedTransport(), clock=clock).finished


def test_refusals_and_lost_answers_are_written_down_with_their_reasons() -> None:
    open_send(10)
    answers = [Answer(AnswerKind.FINAL, "550 5.1.1"), Answer(AnswerKind.UNKNOWN, "lost"), Answer(AnswerKind.ACCEPTED)]
    summary = deliver(ScriptedTransport(lambda letter: answers[letter.delivery_id % 3]))
    report = send_report(ISSUE)
    assert report.sum_holds
    assert summary.finished
    assert set(report.failed) == {"550 5.1.1"}
    assert len(report.unknown_keys) == report.status.handovers[Handover.UNKNOWN] > 0
    again = ScriptedTransport()
    deliver(again)
    assert again.seen == [], "neither the failed nor the unknown are sent again"


def test_a_transport_that_cannot_work_blames_no_delivery_and_leaves_no_lease() -> None:
    open_send(60)

    def broken(_: Letter) -> Answer:
        raise TransportError("No connection to the mail server. It is tried again later.")

    summary = deliver(ScriptedTransport(broken))
    assert "No connection" in summary.problem
    assert handovers() == {"queued": 60}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    assert not Batch.objects.filter(leased_at__isnull=False).exists()
    assert deliver(ScriptedTransport()).finished


def test_one_broken_lane_does_not_stop_the_others() -> None:
    open_send(60)
    broken: list[int] = []

    def one_breaks(letter: Letter) -> Answer:
        if not broken:
            broken.append(letter.delivery_id)
            raise TransportError("too many connections")
        return Answer(AnswerKind.ACCEPTED)

    summary = deliver(ScriptedTransport(one_breaks))
    assert (summary.problem, handovers()) == ("", {"accepted": 60})


def test_a_stop_finishes_what_is_in_flight_and_leaves_nothing_unknown() -> None:
    open_send(300)
    stop = threading.Event()

    def stop_after_forty(letter: Letter) -> Answer:
        if len(transport.seen) == 40:
            stop.set()
        return Answer(AnswerKind.ACCEPTED)

    transport = ScriptedTransport(stop_after_forty, delay=0.001)
    summary = deliver(transport, stop=stop)
    assert not summary.finished
    assert handovers() == {"accepted": len(transport.seen), "queued": 300 - len(transport.seen)}
    assert deliver(ScriptedTransport()).finished


def test_slow_answers_do_not_cost_the_lease() -> None:
    """A second worker looks for work while the first one waits longer than the lease for its answers."""
    open_send(3)
    slow = ScriptedTransport(delay=1.2)
    rival = ScriptedTransport()
    quick = config(lease_seconds=0.4)
    thread = threading.Thread(
        target=in_a_thread, args=(lambda: deliver_open_sends(quick, HeldClock(), worker="slow", transport=slow),)
    )
    try:
        thread.start()
        time.sleep(0.9)
        deliver_open_sends(quick, HeldClock(), worker="rival", transport=rival)
    finally:
        thread.join()
    assert len(slow.seen) + len(rival.seen) == 3
    assert len(slow.seen) >= 1
    assert handovers() == {"accepted": 3}


@pytest.mark.database
def test_a_worker_that_lost_its_fence_records_nothing_and_goes_on() -> None:
    open_send(60)

    def steal(letter: Letter) -> Answer:
        if len(transport.seen) == 10:
            with_connection(lambda: Batch.objects.update(fence=99))
        return Answer(AnswerKind.ACCEPTED)

    transport = ScriptedTransport(steal, lanes=1, delay=0.001)
    deliver(transport)
    marked = set(Delivery.objects.filter(handover=Handover.SENDING).values_list("pk", flat=True))
    assert len(marked) <= 2 * 21
    assert handovers().get("accepted", 0) < len(transport.seen)


def test_nothing_of_an_edition_that_was_changed_in_the_database_goes_out() -> None:
    open_send(5)
    FrozenEdition.objects.update(html="<p>Buy now</p>")
    transport = ScriptedTransport()
    summary = deliver(transport)
    assert "not what was approved" in summary.faults[ISSUE]
    assert not summary.finished
    assert transport.seen == []
    assert handovers() == {"queued": 5}
    assert not Batch.objects.filter(leased_at__isnull=False).exists(), "nobody has to wait for a lease when it is mended"


def test_settings_that_cannot_stand_in_a_mail_are_found_before_anybody_is_marked() -> None:
    """Found on the wire they would cost twenty readers at every attempt, until all of them were unknown."""
    open_send(5)
    known = config()
    letterhead = known.newsletter.model_copy(update={"home_page": "https://bücher.example"})
    with pytest.raises(SettingsError, match="bücher"):
        deliver_open_sends(known.model_copy(update={"newsletter": letterhead}), HeldClock(), worker="test")
    assert handovers() == {"queued": 5}
    assert not Batch.objects.filter(leased_at__isnull=False).exists()


def test_an_address_that_no_mail_can_go_to_fails_alone() -> None:
    open_send(3)
    reader = Subscriber.objects.order_by("pk").first()
    assert reader is not None
    lookup = bytes(reader.lookup)
    reader.contact = Sealer(settings.KEY_RING).seal_contact(Contact("a@b\r\nRCPT TO:<c@d>", ""), lookup=lookup)
    reader.save()
    deliver(ScriptedTransport())
    assert handovers() == {"accepted": 2, "failed": 1}


def test_with_nothing_open_no_transport_is_opened() -> None:
    summary = deliver_open_sends(config(transport="sendgrid"), HeldClock(), worker="test")
    assert summary.finished
    assert summary.problem == ""


def test_a_transport_that_is_not_set_up_says_so_and_changes_nothing() -> None:
    open_send(2, transport="smtp")
    summary = deliver_open_sends(config(transport="sendgrid"), HeldClock(), worker="test")
    assert "NEWSLETTER_DELIVERY__SENDGRID__API_KEY" in summary.problem
    assert handovers() == {"queued": 2}


def test_the_configured_outbox_gets_one_file_each() -> None:
    open_send(8)
    deliver_open_sends(config(), HeldClock(), worker="test")
    folder = config().path(config().delivery.outbox) / "new"
    keys = set(Delivery.objects.values_list("key", flat=True))
    assert keys <= {file.name for file in folder.iterdir()}


def test_a_database_that_fails_is_reported_in_one_line_and_mails_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    open_send(60)
    steps: list[Claim] = []

    def locked_at_the_third(claim: Claim, **arguments: Any) -> Step:
        steps.append(claim)
        if len(steps) == 3:
            raise OperationalError("database is locked")
        return take_step(claim, **arguments)

    monkeypatch.setattr(ledger_thread, "take_step", locked_at_the_third)
    transport, again = ScriptedTransport(), ScriptedTransport()
    with pytest.raises(LedgerUnavailableError, match="sending goes on by itself"):
        deliver(transport)
    Batch.objects.update(lease_epoch="an earlier boot")
    assert deliver(again).finished
    assert not set(transport.seen) & set(again.seen)
    assert send_report(ISSUE).sum_holds
