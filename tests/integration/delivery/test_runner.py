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
from pydantic import SecretStr
from structlog.testing import capture_logs

from newsletter.delivery import ledger_thread
from newsletter.delivery.ledger import Claim, Step, take_step
from newsletter.delivery.ledger_thread import LedgerUnavailableError
from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Batch, Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.pausing import pause_send
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import deliver_open_sends
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import SettingsError, TransportError
from newsletter.publishing.models import AuditEntry, FrozenEdition
from newsletter.settings import SendgridSettings, SmtpSettings
from newsletter.subscribers.models import Subscriber, Subscription, Suppression
from newsletter.subscribers.sealing import Contact, Sealer
from tests.contract.delivery.samples import ISSUE, NOW, add_readers, begin_send, handovers
from tests.integration.delivery.recording_sendgrid import LOST, RecordingSendgrid, posting_to
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
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


def test_refusals_for_what_we_are_pause_the_send_and_fail_nobody() -> None:
    open_send(200)
    transport = ScriptedTransport(lambda _: Answer(AnswerKind.POLICY, "550 5.7.1 (policy)"), lanes=1)
    for _ in range(3):
        summary = deliver(transport)
        assert "refused for what we are" in summary.faults[ISSUE]
        assert "newsletter resume 2026-12" in summary.faults[ISSUE]
        assert not summary.finished
        assert handovers() == {"queued": 200}
        assert len(transport.seen) == 10
    send = Send.objects.get()
    assert (send.state, send.paused_for) == (SendState.PAUSED, PausedFor.ERRORS)
    noted = AuditEntry.objects.get()
    assert (noted.act, noted.subject, noted.person, noted.note) == ("pause", ISSUE, "", send.reason)


def test_when_one_after_the_other_is_refused_for_good_the_send_is_paused_for_a_person_to_look() -> None:
    """A relay that denies us without saying 5.7 would otherwise use up a whole list in a minute."""
    open_send(200)
    summary = deliver(ScriptedTransport(lambda _: Answer(AnswerKind.FINAL, "550"), lanes=1))
    assert "one after the other" in summary.faults[ISSUE]
    assert 30 <= handovers()["failed"] <= 51
    assert not Batch.objects.filter(leased_at__isnull=False).exists()


@pytest.mark.database
@pytest.mark.parametrize("verb", ["RCPT", "the final dot"])
def test_a_relay_that_says_of_everybody_that_they_do_not_exist_does_not_erase_the_list(verb: str) -> None:
    open_send(12)
    no = "550 5.1.1 no such user"
    relay = RecordingSmtp(
        refuse=lambda line: no if line.startswith(verb) else "", after_message=lambda _: no if verb == "the final dot" else ""
    )
    with running(relay):
        transport = SmtpTransport(SmtpSettings(port=relay.port, connections=1, timeout_seconds=5))
        summary = deliver_open_sends(config(), HeldClock(), worker="test", transport=transport)
    assert summary.finished
    assert set(Delivery.objects.values_list("handover", "bounce")) == {("failed", "hard")}
    assert not Suppression.objects.exists()
    assert not Subscription.objects.filter(ended_at__isnull=False).exists()
    assert AuditEntry.objects.get().act == "suppress nobody"


@pytest.mark.database
def test_who_does_not_exist_among_many_who_do_is_suppressed_and_not_tried_with_the_next_issue() -> None:
    open_send(60)
    server = RecordingSmtp(refuse=lambda line: "550 5.1.1 no such user" if "<reader7@" in line else "")
    with running(server):
        transport = SmtpTransport(SmtpSettings(port=server.port, connections=1, timeout_seconds=5))
        deliver_open_sends(config(), HeldClock(), worker="test", transport=transport)
    assert (handovers(), Suppression.objects.count()) == ({"accepted": 59, "failed": 1}, 1)
    assert send_report(ISSUE).gone.suppressed == 1
    begin_send(issue="2027-02", filler="next")
    deliver(ScriptedTransport())
    assert handovers() == {"accepted": 59 + 59, "failed": 1}


def test_refusals_in_a_row_are_counted_over_all_runs_of_a_worker() -> None:
    """A short list is refused in many short runs; each alone would look harmless."""
    open_send(4)
    clock, watch = HeldClock(), RefusalWatch(config().delivery)
    transport = ScriptedTransport(lambda _: Answer(AnswerKind.POLICY, "550 5.7.1 (policy)"))
    for _ in range(3):
        deliver_open_sends(config(), clock, worker="test", transport=transport, watch=watch)
        clock.now += timedelta(hours=1)
    assert Send.objects.get().state == SendState.PAUSED
    assert handovers() == {"queued": 4}


def test_refusals_between_acceptances_pause_nothing_until_too_many_have_failed() -> None:
    open_send(200)
    script = ScriptedTransport(lambda one: Answer(AnswerKind.FINAL if one.delivery_id % 9 else AnswerKind.ACCEPTED, "550"))
    patient = config(pause_when_failed_percent=95)
    assert deliver_open_sends(patient, HeldClock(), worker="test", transport=script).finished


def test_a_send_of_which_too_many_failed_is_paused_once_fifty_have() -> None:
    open_send(400)
    summary = deliver(ScriptedTransport(lambda one: Answer(AnswerKind.ACCEPTED if one.delivery_id % 3 else AnswerKind.FINAL)))
    assert "have failed" in summary.faults[ISSUE]
    assert 50 <= handovers()["failed"] <= 50 + 23


def test_when_one_answer_after_the_other_is_lost_the_send_is_paused_before_everybody_is_unknown() -> None:
    open_send(400)
    summary = deliver(ScriptedTransport(lambda _: Answer(AnswerKind.UNKNOWN, "the connection was lost"), lanes=3))
    assert "said nothing of what became of the mails" in summary.faults[ISSUE]
    assert 3 * 3 <= handovers()["unknown"] <= 3 * 3 + 23


def test_a_lost_call_counts_once_however_many_were_in_it() -> None:
    open_send(300, transport="sendgrid")
    service = RecordingSendgrid(fault=lambda _: (LOST, {}, {}) if len(service.requests) == 1 else None)
    with posting_to(service):
        calls = SendgridSettings(host=service.url, api_key=SecretStr("SG.test"), connections=1, timeout_seconds=5)
        summary = deliver_open_sends(config(transport="sendgrid", sendgrid=calls), HeldClock(), worker="test")
    assert summary.finished, summary.faults
    assert handovers() == {"unknown": 150, "accepted": 150}


def test_of_two_sends_the_one_that_is_refused_is_paused_and_the_other_goes_out() -> None:
    add_readers(60)
    refused, well = begin_send(), begin_send(issue="2027-02", filler="well")
    script = ScriptedTransport(
        lambda one: Answer(AnswerKind.ACCEPTED if "well" in one.form.edition.text else AnswerKind.POLICY, "550 5.7.1")
    )
    summary = deliver(script)
    assert set(summary.faults) == {ISSUE}
    assert Send.objects.get(pk=well).state == SendState.DONE
    assert Send.objects.get(pk=refused).state == SendState.PAUSED
    assert set(Delivery.objects.filter(send=refused).values_list("handover", flat=True)) == {"queued"}


def test_a_group_that_is_marked_but_not_posted_yet_is_given_back_when_the_send_is_paused() -> None:
    open_send(200)

    def pause_at_the_fifth(_: Letter) -> Answer:
        if len(transport.seen) == 5:
            with_connection(lambda: pause_send(ISSUE, person="ada", note="", now=NOW, system_user="test"))
        return Answer(AnswerKind.ACCEPTED)

    transport = ScriptedTransport(pause_at_the_fifth, lanes=1, group=10, delay=0.05)
    summary = deliver(transport)
    assert "paused: by ada" in summary.faults[ISSUE]
    assert len(transport.seen) <= 2 * 10
    assert handovers() == {"accepted": len(transport.seen), "queued": 200 - len(transport.seen)}
    assert set(Delivery.objects.filter(handover=Handover.QUEUED).values_list("attempts", flat=True)) == {0}
    assert not Batch.objects.filter(leased_at__isnull=False).exists()


def test_why_a_send_stands_still_is_kept_with_it_and_logged_once() -> None:
    open_send(60)

    def broken(_: Letter) -> Answer:
        raise TransportError("No connection to the mail server. It is tried again later.")

    with capture_logs() as logs:
        for _ in range(3):
            deliver(ScriptedTransport(broken))
    assert Send.objects.get().reason == "No connection to the mail server. It is tried again later."
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["send stands still"]
    with capture_logs() as logs:
        assert deliver(ScriptedTransport()).finished
    assert Send.objects.get().reason == ""
    assert "send goes on" in [entry["event"] for entry in logs]


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
