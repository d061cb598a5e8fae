"""Several sends open at once, and sends that must not go out: each is stopped alone, and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from newsletter.authoring.lock import TrialLock
from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Delivery, Handover, Send, SendState
from newsletter.delivery.preparing import freeze_audience, start_send
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import deliver_open_sends, start_due_sends
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.publishing.candidates import freeze
from newsletter.publishing.models import FrozenEdition, Slot, SlotState
from newsletter.publishing.releasing import Waiting
from newsletter.settings import SendgridSettings
from tests.contract.delivery.samples import ISSUE, NOW, TODAY, add_readers, begin_send, edition, handovers
from tests.integration.delivery.scripted import HeldClock, ScriptedTransport, config, deliver, open_send, with_connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_begun_into_the_outbox_does_not_leave_the_machine_later() -> None:
    """Where no mail leaves, the release gate lets a trial pass that the registry could not be asked about."""
    open_send(2)
    elsewhere = ScriptedTransport()
    summary = deliver_open_sends(config(transport="smtp"), HeldClock(), worker="test", transport=elsewhere)
    assert "was begun into the outbox" in summary.faults[ISSUE]
    assert elsewhere.seen == []
    assert handovers() == {"queued": 2}


def test_what_was_begun_by_mail_does_not_end_in_the_outbox() -> None:
    """A command in a shell without the service's environment has the default transport, which says yes to everything."""
    open_send(2, transport="smtp")
    outbox = ScriptedTransport()
    summary = deliver_open_sends(config(transport="outbox"), HeldClock(), worker="test", transport=outbox)
    assert "NEWSLETTER_DELIVERY__TRANSPORT" in summary.faults[ISSUE]
    assert outbox.seen == []
    assert handovers() == {"queued": 2}


def test_what_another_process_begins_into_the_outbox_meanwhile_does_not_leave_the_machine() -> None:
    open_send(30, transport="smtp")
    begun: list[int] = []

    def begin_another(_: Letter) -> Answer:
        if not begun:
            with_connection(lambda: begun.append(begin_send(issue="2027-02")))
            with_connection(lambda: freeze_audience(begun[0], on=TODAY, now=NOW))
        return Answer(AnswerKind.ACCEPTED)

    transport = ScriptedTransport(begin_another)
    summary = deliver_open_sends(config(transport="smtp"), HeldClock(), worker="test", transport=transport)
    assert len(transport.seen) == 30
    assert "begun into the outbox" in summary.faults["2027-02"]
    assert set(Delivery.objects.filter(send=begun[0]).values_list("handover", flat=True)) == {Handover.QUEUED}


def test_a_send_whose_audience_another_process_freezes_is_not_over(monkeypatch: pytest.MonkeyPatch) -> None:
    open_send(2)
    monkeypatch.setattr("newsletter.delivery.sending.freeze_audience", lambda *_, **__: None)
    summary = deliver_open_sends(config(), HeldClock(), worker="test", transport=ScriptedTransport())
    assert (summary.running, summary.finished) == ((ISSUE,), False)


@pytest.mark.database
def test_what_stops_one_send_stops_no_other() -> None:
    """One was changed in the database, one froze fewer than it holds, one was begun into the outbox; the fourth goes out."""
    add_readers(30)
    changed, miscounted, kept = (begin_send(issue=issue, transport="smtp") for issue in ("2026-02", "2026-04", "2026-06"))
    Send.objects.filter(pk=kept).update(transport="outbox")
    well = begin_send(issue="2026-08", transport="smtp")
    FrozenEdition.objects.filter(candidate__sends=changed).update(html="<p>Buy now</p>")
    Send.objects.filter(pk=miscounted).update(frozen=7)
    transport = ScriptedTransport()
    summary = deliver_open_sends(config(transport="smtp"), HeldClock(), worker="test", transport=transport)
    assert set(Delivery.objects.filter(handover=Handover.ACCEPTED).values_list("send", flat=True)) == {well}
    assert len(transport.seen) == 30
    assert send_report("2026-08").status.state == SendState.DONE
    assert set(summary.faults) == {"2026-02", "2026-04", "2026-06"}
    for issue, why in [("2026-02", "not what was approved"), ("2026-04", "froze 37"), ("2026-06", "begun into the outbox")]:
        assert why in summary.faults[issue]
    assert (summary.next_due, summary.held_elsewhere) == (None, 0), "what is stopped is not waited for"


def test_nothing_is_sent_to_readers_through_sendgrids_sandbox() -> None:
    """It says yes to every mail and delivers none; the ledger would count a whole send as accepted."""
    open_send(3, transport="sendgrid")
    settings_of_sendgrid = SendgridSettings(sandbox=True, api_key=SecretStr("SG.test"), host="http://127.0.0.1:1")
    rehearsal = config(transport="sendgrid", sendgrid=settings_of_sendgrid)
    summary = deliver_open_sends(rehearsal, HeldClock(), worker="test")
    assert "delivery.sendgrid.sandbox is true" in summary.problem
    assert handovers() == {"queued": 3}
    Slot.objects.create(at=NOW - timedelta(minutes=1), issue="2027-02")
    [waiting] = start_due_sends(rehearsal, HeldClock(), lambda _: [])
    assert waiting.send_id is None
    assert isinstance(waiting.result, Waiting)
    assert "newsletter test-send" in waiting.result.reasons[0]
    assert Slot.objects.get(issue="2027-02").state == SlotState.SCHEDULED


def test_readers_of_a_language_without_an_edition_get_another_one() -> None:
    """The newsletter's first language has none either: it was added after the issue was approved."""
    add_readers(4, languages=("en", "es"))
    candidate = freeze([edition("es", filler="hola")], TrialLock(), issue=ISSUE, review_by=None, cards={}, now=NOW)
    slot = Slot.objects.create(at=NOW, issue=ISSUE, state=SlotState.RELEASED, candidate=candidate)
    assert start_send(slot_id=slot.pk, issue=ISSUE, candidate_id=candidate.pk, transport="outbox", now=NOW) is not None
    languages: list[str] = []

    def look(one: Letter) -> Answer:
        languages.append(one.form.edition.language)
        return Answer(AnswerKind.ACCEPTED)

    deliver(ScriptedTransport(look))
    assert languages == ["es"] * 4
