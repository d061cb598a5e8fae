from __future__ import annotations

import mailbox
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.cli.ticking import Ticking
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.generations import generation_file, pass_generation
from newsletter.delivery.models import Installation, PausedFor, Send
from newsletter.postbox.models import Notice, PostState, ServiceMail
from newsletter.publishing.models import Slot
from newsletter.settings import SmtpSettings
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.models import ErasureReason, Subscriber
from tests.contract.delivery.samples import NOW, add_readers, begin_send, handovers
from tests.integration.delivery.recording_smtp import RecordingSmtp, running


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Let this machine have seen nothing of the database: each test has a new one in the place of the last."""
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)


def by_smtp(server: RecordingSmtp) -> Config:
    known: Config = settings.NEWSLETTER
    smtp = SmtpSettings(port=server.port, connections=1, timeout_seconds=5)
    return known.model_copy(update={"delivery": known.delivery.model_copy(update={"transport": "smtp", "smtp": smtp})})


@pytest.mark.django_db(transaction=True)
def test_after_refusals_for_what_we_are_the_next_looks_send_nothing() -> None:
    add_readers(60)
    begin_send(transport="smtp")
    server = RecordingSmtp(refuse=lambda line: "550 5.7.26 unauthenticated" if line.startswith("RCPT") else "")
    with running(server):
        ticking = Ticking(by_smtp(server), lambda: NOW)
        ticking._deliver()
        said = len(server.commands)
        ticking._deliver()
    assert 0 < said == len(server.commands)
    assert handovers() == {"queued": 60}
    assert Send.objects.get().paused_for == PausedFor.ERRORS


@pytest.mark.django_db(transaction=True)
def test_an_old_copy_that_is_put_in_place_while_the_scheduler_runs_mails_nobody() -> None:
    """A database server that is set back to last night keeps no process from going on."""
    add_readers(3)
    begin_send(transport="smtp")
    pass_generation(settings.NEWSLETTER)
    with running(RecordingSmtp()) as server:
        ticking = Ticking(by_smtp(server), lambda: NOW)
        pass_generation(settings.NEWSLETTER)
        Installation.objects.update(generation=1)
        ticking._start_due()
        ticking._deliver()
    assert server.mails == []
    assert Send.objects.get().paused_for == PausedFor.RESTORE


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_tells_people_what_there_is_to_tell(tmp_path: Path) -> None:
    """From a slot that nobody approved to the mail in the outbox, by two schedulers at once."""
    Slot.objects.create(at=system_clock() + timedelta(days=3), issue="2027-02")
    known = settings.NEWSLETTER
    config = known.model_copy(update={"delivery": known.delivery.model_copy(update={"outbox": tmp_path / "outbox"})})
    tickings = [Ticking(config, system_clock) for _ in range(2)]
    for ticking in tickings:
        ticking.start()
    told = {person.address for person in config.people.values() if {"editor", "publisher"} & set(person.roles)}
    try:
        wait_until(lambda: ServiceMail.objects.filter(state=PostState.ACCEPTED).count() == len(told))
    finally:
        for ticking in tickings:
            ticking.stop()
    mails = list(mailbox.Maildir(tmp_path / "outbox", create=False))
    assert sorted(str(mail["To"]) for mail in mails) == sorted(told)
    assert all(str(mail["Subject"]).endswith("is not approved yet") for mail in mails)


def wait_until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_erases_who_asked_for_it_and_forgets_what_is_kept_no_longer_once_a_day() -> None:
    add_readers(2)
    asked = Subscriber.objects.order_by("pk")[0]
    ask_erasure(asked.pk, reason=ErasureReason.ASKED, now=NOW)
    moments = [NOW]
    ticking = Ticking(settings.NEWSLETTER, lambda: moments[-1])
    ticking._erase()
    assert not Subscriber.objects.filter(pk=asked.pk).exists()
    ticking._purge()
    for days, left in ((400, 0), (401, 0)):
        moments.append(NOW + timedelta(days=days))
        Notice.objects.create(key=str(days), at=NOW - timedelta(days=9))
        ticking._purge()
        assert Notice.objects.count() == left
        Notice.objects.create(key=f"later {days}", at=NOW - timedelta(days=9))
        ticking._purge()
        assert Notice.objects.count() == left + 1
