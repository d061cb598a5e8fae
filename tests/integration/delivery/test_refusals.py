"""A send that is refused, or that fails too often, pauses itself; one bad send does not stop another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Batch, Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.pausing import pause_send
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import deliver_open_sends
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import TransportError
from newsletter.publishing.models import AuditEntry
from newsletter.settings import SendgridSettings, SmtpSettings
from newsletter.subscribers.models import Subscription, Suppression
from tests.contract.delivery.samples import ISSUE, NOW, add_readers, begin_send, handovers
from tests.integration.delivery.recording_sendgrid import LOST, RecordingSendgrid, posting_to
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.integration.delivery.scripted import (
    HeldClock,
    ScriptedTransport,
    config,
    deliver,
    open_send,
    with_connection,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
