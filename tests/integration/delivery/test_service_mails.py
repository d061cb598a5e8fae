"""The postbox emptied through a real SMTP server that does what a test tells it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pydantic import SecretStr

from newsletter.cli.ticking import SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX, Ticking
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.generations import generation_file
from newsletter.delivery.letters import Letter
from newsletter.delivery.service_mails import PAUSE_WITHOUT_TRANSPORT, Emptied, empty_postbox
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.postbox import posting
from newsletter.postbox.emptying import LOST_SIGHT
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.sealing import RowSeal
from newsletter.settings import SendgridSettings, SmtpSettings
from tests.contract.delivery.samples import NOW, add_readers, begin_send
from tests.contract.delivery.service_samples import ADDRESS, SECRET, posted
from tests.integration.delivery.processes import finish, rows, start, worker_environment
from tests.integration.delivery.recording_smtp import DROP, SILENCE, RecordingSmtp, running
from tests.integration.delivery.scripted import ScriptedTransport, with_connection
from tests.readers import invented_ring
from tests.site_folder import make_site_folder

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 400
"""Enough for a send that is still going on when the postbox is looked into for the second time."""


SECONDS_FOR_ONE_MAIL = 5
"""On a machine that is busy with other things; alone it takes a tenth of a second."""


def by_smtp(port: int, **changes: object) -> Config:
    known: Config = settings.NEWSLETTER
    smtp = SmtpSettings(port=port, connections=3, timeout_seconds=0.5)
    return known.model_copy(update={"delivery": known.delivery.model_copy(update={"transport": "smtp", "smtp": smtp} | changes)})


def empty(server: RecordingSmtp, *, after: timedelta = timedelta(0)) -> Emptied:
    return empty_postbox(by_smtp(server.port), lambda: NOW + after)


def until(there: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def states() -> dict[str, int]:
    return dict(Counter(ServiceMail.objects.values_list("state", flat=True)))


@pytest.mark.database
def test_what_was_posted_goes_out_over_one_connection_and_is_forgotten() -> None:
    mails = [posted(f"person{number}@metsmatters.example") for number in range(5)]
    with running(RecordingSmtp()) as server:
        emptied = empty(server)
    assert (emptied.answers, emptied.problem) == ({AnswerKind.ACCEPTED: 5}, "")
    assert [mail.key for mail in server.mails] == [mail.key for mail in reversed(mails)]
    assert [mail.recipients for mail in server.mails] == [[f"person{number}@metsmatters.example"] for number in (4, 3, 2, 1, 0)]
    assert server.connections == 1
    assert states() == {"accepted": 5}
    assert not any(bytes(content) for content in ServiceMail.objects.values_list("content", flat=True))


def test_an_empty_postbox_opens_no_connection() -> None:
    with running(RecordingSmtp()) as server:
        empty(server)
    assert server.connections == 0


def test_what_is_refused_for_now_is_tried_again_later_and_then_given_up() -> None:
    posted(lasts=timedelta(days=9))
    with running(RecordingSmtp(refuse=lambda line: "450 later" if line.startswith("RCPT") else "")) as server:
        for attempt in range(1, 5):
            mail = ServiceMail.objects.get()
            assert (mail.state, mail.attempts) == (PostState.QUEUED, attempt - 1)
            assert empty(server, after=timedelta(hours=attempt)).answers == {AnswerKind.RETRYABLE: 1}
            assert not empty(server, after=timedelta(hours=attempt)).answers
    assert states() == {"failed": 1}


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    posted()
    with running(RecordingSmtp(refuse=lambda line: "550 5.1.1 nobody" if line.startswith("RCPT") else "")) as server:
        empty(server)
    mail = ServiceMail.objects.get()
    assert (mail.state, mail.reason, bytes(mail.content)) == (PostState.FAILED, "550 5.1.1 (address)", b"")


@pytest.mark.parametrize("silent", [DROP, SILENCE])
def test_a_mail_whose_answer_is_lost_is_unknown_and_never_sent_again(silent: str) -> None:
    posted()
    with running(RecordingSmtp(after_message=lambda _: silent)) as server:
        empty(server)
        assert states() == {"unknown": 1}
        empty(server, after=timedelta(hours=9))
    assert len(server.mails) <= 1
    assert states() == {"unknown": 1}


def test_a_look_for_somebody_who_waits_sends_no_more_than_they_need() -> None:
    for _ in range(3):
        posted()
    with running(RecordingSmtp()) as server:
        emptied = empty_postbox(by_smtp(server.port), lambda: NOW, at_most=1)
    assert emptied.answers == {AnswerKind.ACCEPTED: 1}
    assert states() == {"accepted": 1, "queued": 2}


def test_without_a_server_mails_wait_and_the_reason_is_said_once() -> None:
    for _ in range(3):
        posted()
    emptied = empty_postbox(by_smtp(1), lambda: NOW)
    assert emptied.answers == {AnswerKind.NOT_SENT: 1}
    assert "No connection to the mail server" in emptied.problem
    assert states() == {"queued": 3}
    assert set(ServiceMail.objects.values_list("attempts", flat=True)) == {0}
    with running(RecordingSmtp()) as server:
        assert empty(server).answers == {AnswerKind.ACCEPTED: 2}
        assert empty(server, after=PAUSE_WITHOUT_TRANSPORT).answers == {AnswerKind.ACCEPTED: 1}


def test_an_address_that_no_command_can_hold_fails_alone() -> None:
    posted("in the way@example.org")
    posted()
    with running(RecordingSmtp()) as server:
        assert empty(server).answers == {AnswerKind.FINAL: 1, AnswerKind.ACCEPTED: 1}


def test_settings_that_make_no_mail_lose_none() -> None:
    posted()
    known: Config = settings.NEWSLETTER
    letter = known.newsletter.model_copy(update={"from_address": "nobody at all"})
    emptied = empty_postbox(known.model_copy(update={"newsletter": letter}), lambda: NOW)
    assert "make no mail" in emptied.problem
    assert states() == {"queued": 1}


def test_in_sendgrids_sandbox_mails_wait() -> None:
    posted()
    sandbox = SendgridSettings(sandbox=True, api_key=SecretStr("SG.test"))
    emptied = empty_postbox(by_smtp(1, transport="sendgrid", sendgrid=sandbox), lambda: NOW)
    assert "sandbox is true" in emptied.problem
    assert states() == {"queued": 1}


def test_without_what_the_transport_needs_mails_wait_and_it_is_said() -> None:
    posted()
    emptied = empty_postbox(by_smtp(1, transport="sendgrid"), lambda: NOW)
    assert "There is no key for SendGrid" in emptied.problem
    assert states() == {"queued": 1}


def test_what_expires_while_no_transport_can_be_had_is_forgotten_all_the_same() -> None:
    posted(lasts=timedelta(hours=1))
    sandbox = SendgridSettings(sandbox=True, api_key=SecretStr("SG.test"))
    for sendgrid in (sandbox, SendgridSettings()):
        empty_postbox(by_smtp(1, transport="sendgrid", sendgrid=sendgrid), lambda: NOW + timedelta(hours=1))
        assert states() == {"failed": 1}
        assert bytes(ServiceMail.objects.get().content) == b""


def test_with_a_foreign_key_ring_nothing_is_sent_or_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = RowSeal(invented_ring(seal=(max(settings.KEY_RING.seal) + 1,)).seal)
    monkeypatch.setattr(posting, "row_seal", lambda: foreign)
    posted()
    monkeypatch.undo()
    transport = ScriptedTransport()
    assert empty_postbox(settings.NEWSLETTER, lambda: NOW, transport=transport).problem == ""
    assert (transport.seen, states()) == ([], {"queued": 1})


def test_given_up_meanwhile_and_then_certainly_not_taken_a_mail_has_failed() -> None:
    """Its content is forgotten by then, so that it cannot be tried again; but it is no longer in doubt."""
    posted()

    def give_up(_: Letter) -> Answer:
        with_connection(lambda: ServiceMail.objects.update(state=PostState.UNKNOWN, content=b""))
        return Answer(AnswerKind.RETRYABLE, "450")

    empty_postbox(settings.NEWSLETTER, lambda: NOW, transport=ScriptedTransport(script=give_up))
    mail = ServiceMail.objects.get()
    assert (mail.state, mail.reason) == (PostState.FAILED, "not taken, and given up meanwhile (450)")


def test_set_to_stop_it_leaves_the_rest() -> None:
    posted()
    stop = threading.Event()
    stop.set()
    assert not empty_postbox(settings.NEWSLETTER, lambda: NOW, stop=stop, transport=ScriptedTransport()).answers
    assert states() == {"queued": 1}


@pytest.mark.database
def test_two_processes_that_empty_it_send_each_mail_once() -> None:
    mails = [posted(f"person{number}@metsmatters.example") for number in range(30)]

    def work(server: RecordingSmtp) -> Emptied:
        try:
            return empty(server)
        finally:
            connection.close()

    with running(RecordingSmtp()) as server, ThreadPoolExecutor(3) as pool:
        list(pool.map(work, [server] * 3))
    assert Counter(mail.key for mail in server.mails) == Counter(mail.key for mail in mails)
    assert states() == {"accepted": 30}


def test_a_service_mail_does_not_wait_behind_a_newsletter() -> None:
    """While a send is held up by a slow server, a service mail posted after it began goes out."""
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)  # an earlier test's database was another one
    add_readers(READERS)
    begin_send(transport="smtp")
    with running(RecordingSmtp(slowness=0.05)) as server:
        ticking = Ticking(by_smtp(server.port), system_clock)
        ticking.start()
        try:
            until(lambda: bool(server.mails))
            mail, begun = posted(now=system_clock()), time.monotonic()
            until(lambda: any(one.key == mail.key for one in server.mails))
            assert time.monotonic() - begun < SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX + SECONDS_FOR_ONE_MAIL
            assert len(server.mails) < READERS
        finally:
            ticking.stop()


def test_killed_between_mark_and_record_a_mail_is_unknown_and_nobody_gets_two(tmp_path: Path) -> None:
    site = make_site_folder(tmp_path / "site")
    with running(RecordingSmtp(after_message=lambda _: SILENCE)) as server:
        environment = worker_environment(site, smtp_port=server.port)
        finish(start("post", 3, environment=environment))
        worker = start("empty", environment=environment)
        until(lambda: "DATA" in server.commands)
        worker.kill()
        worker.communicate()
    state = "SELECT state FROM postbox_servicemail ORDER BY id"
    assert rows(site, state) == [("queued",), ("queued",), ("sending",)]
    with running(RecordingSmtp()) as server:
        environment = worker_environment(site, smtp_port=server.port)
        finish(start("empty-much-later", environment=environment))
        assert len(server.mails) == 2
    assert rows(site, state) == [("accepted",), ("accepted",), ("unknown",)]
    assert rows(site, "SELECT reason FROM postbox_servicemail ORDER BY id")[2] == (LOST_SIGHT,)
    stored = b"".join(file.read_bytes() for file in (site / "var").glob("kept.sqlite3*"))
    assert ADDRESS.encode() not in stored
    assert SECRET.encode() not in stored
