"""Whom the program tells of what becomes of sends, and how often, on every database."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.alerts import post_alerts
from newsletter.delivery.gone_addresses import suppress_the_gone
from newsletter.delivery.models import Delivery, Handover, PausedFor, Send, SendState
from newsletter.postbox.models import Notice, ServiceMail
from newsletter.publishing import alerts
from newsletter.publishing.alerts import NO_PUBLISHER, NOBODY
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import Slot
from newsletter.settings import Person
from tests.contract.delivery.alerting import ADA, INES, PEOPLE, look, site, told
from tests.contract.delivery.samples import add_readers, prepared_send
from tests.contract.publishing.samples import NOW

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def send() -> Send:
    return Send.objects.get(pk=prepared_send(4, languages=("en", "es")))


def pause(send: Send, why: PausedFor, *, person: str = "") -> None:
    Send.objects.filter(pk=send.pk).update(state=SendState.PAUSED, paused_for=why, reason="12 of 50 failed: bo@example.org")
    record_act("pause", send.issue, person=person, note="", now=NOW, system_user="tester")


@pytest.mark.parametrize("why", [PausedFor.ERRORS, PausedFor.AGE, PausedFor.RESTORE])
def test_a_paused_send_is_told_to_the_publishers_with_the_reason_and_the_sum(send: Send, why: PausedFor) -> None:
    pause(send, why)
    (mail,) = look(NOW)
    assert (mail.address, mail.subject) == (ADA, "Sending issue 2026-12 is paused")
    assert "12 of 50 failed: (address)" in mail.text
    assert "4 = 4 queued + 0 accepted" in mail.text
    although = {PausedFor.AGE: " --although-old", PausedFor.RESTORE: " --although-restored"}.get(why, "")
    assert f"newsletter resume 2026-12 --as ada{although}\n" in mail.text
    assert told(NOW + timedelta(days=1)) == []
    pause(send, why)
    assert told(NOW + timedelta(days=1)) == [ADA]


def test_who_paused_a_send_is_not_told(send: Send) -> None:
    pause(send, PausedFor.PERSON, person="ada")
    assert told(NOW) == []
    assert told(NOW, site(**PEOPLE, sam=Person(name="Sam", address="sam@metsmatters.example", roles=("publisher",)))) == [
        "sam@metsmatters.example"
    ]


def finish(send: Send, at: datetime, state: SendState = SendState.DONE) -> None:
    handovers = [Handover.ACCEPTED, Handover.FAILED, Handover.UNKNOWN, Handover.EXCLUDED]
    for delivery, handover in zip(Delivery.objects.order_by("pk"), handovers, strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(handover=handover, reason="snoozed" if handover == "excluded" else "")
    Send.objects.filter(pk=send.pk).update(state=state, finished_at=at)


def test_a_finished_send_is_told_with_the_sum_and_what_to_do_about_the_rest(send: Send) -> None:
    assert told(NOW) == []
    finish(send, NOW)
    spanish, english = sorted(look(NOW), key=lambda mail: mail.address, reverse=True)
    assert english.subject == "Issue 2026-12 was sent"
    for said in [
        "Your test results",
        "Finished: November 20, 2026, 07:00 EST",
        "4 = 1 accepted + 1 failed + 1 unknown + 1 excluded",
        "newsletter report 2026-12",
        "newsletter retry 2026-12 --as ada",
        "newsletter reconcile 2026-12 --as ada",
        "Left out (snoozed): 1",
    ]:
        assert said in english.text
    assert "reader" not in (english.text + spanish.text).replace("Nobody can", "")
    assert spanish.subject == "El número 2026-12 se ha enviado"
    assert told(NOW + timedelta(days=1)) == []


def test_a_finished_send_is_told_with_who_left_since_their_address_does_not_exist(send: Send) -> None:
    finish(send, NOW)
    Delivery.objects.filter(handover=Handover.FAILED).update(bounce="hard")
    assert told(NOW) == [], "the sum waits for that"
    assert suppress_the_gone(percent=90, now=NOW) == 1
    english, spanish = sorted(look(NOW), key=lambda mail: mail.language)
    assert "Suppressed since their address does not exist: 1." in english.text
    assert "su dirección no existe: 1." in spanish.text


def test_a_finished_send_is_told_with_why_nobody_left(send: Send) -> None:
    finish(send, NOW)
    Delivery.objects.filter(handover=Handover.FAILED).update(bounce="hard")
    assert suppress_the_gone(percent=5, now=NOW) == 0
    english, _ = sorted(look(NOW), key=lambda mail: mail.language)
    assert "Nobody was suppressed although" in english.text


def test_a_send_that_ends_again_gets_one_more_summary(send: Send) -> None:
    finish(send, NOW)
    assert told(NOW) == [ADA, INES]
    Send.objects.update(state=SendState.RUNNING, finished_at=None)
    assert told(NOW) == []
    finish(send, NOW + timedelta(hours=1))
    assert told(NOW + timedelta(hours=1)) == [ADA, INES]
    assert told(NOW + timedelta(hours=2)) == []


def test_a_cancelled_send_says_so(send: Send) -> None:
    finish(send, NOW, SendState.CANCELLED)
    assert "Sending issue 2026-12 was ended" in {mail.subject for mail in look(NOW)}


def test_sends_of_long_ago_are_not_told_of(send: Send) -> None:
    finish(send, NOW)
    assert told(NOW + timedelta(days=8)) == []


@pytest.fixture
def paused(send: Send) -> None:
    pause(send, PausedFor.ERRORS)


@pytest.mark.usefixtures("paused")
def test_without_a_publisher_the_editors_are_told_and_the_look_says_so() -> None:
    people = {key: person for key, person in PEOPLE.items() if key != "ada"}
    assert told(NOW, site(**people)) == [INES]
    assert post_alerts(site(**people), NOW).problem == NO_PUBLISHER
    assert post_alerts(site(), NOW).problem == ""


@pytest.mark.usefixtures("paused")
def test_what_could_be_told_to_nobody_is_told_when_there_is_somebody() -> None:
    posted = post_alerts(site(maria=PEOPLE["maria"]), NOW)
    assert (posted.mails, posted.problem) == (0, NOBODY)
    assert told(NOW) == [ADA]


@pytest.mark.usefixtures("paused")
def test_a_mail_that_cannot_be_drawn_does_not_hold_up_the_others(tmp_path: Path) -> None:
    Slot.objects.create(at=NOW + timedelta(days=5), issue="2027-02")
    shutil.copytree(site().path("templates"), tmp_path / "templates")
    (tmp_path / "templates/service/en/alert-unapproved.txt.j2").unlink()
    posted = post_alerts(site().model_copy(update={"home": tmp_path}), NOW)
    assert (posted.mails, "alert-unapproved.txt.j2 is missing" in posted.problem) == (1, True)
    assert told(NOW) == [ADA, INES]


def test_a_crash_between_notice_and_mail_forgets_neither(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(send, NOW)

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(alerts, "post", crash)
    with pytest.raises(RuntimeError):
        post_alerts(site(), NOW)
    assert (Notice.objects.count(), ServiceMail.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert told(NOW) == [ADA, INES]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_look_at_once_one_tells(send: Send) -> None:
    finish(send, NOW)

    def look_once(_: int) -> int:
        try:
            return post_alerts(site(), NOW).mails
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(look_once, range(4))) == [0, 0, 0, 2]
    assert ServiceMail.objects.count() == 2


def test_a_look_costs_as_much_however_many_sends_are_over(send: Send, django_assert_max_num_queries: object) -> None:
    assert callable(django_assert_max_num_queries)
    finish(send, NOW)
    add_readers(1, start=99)
    look(NOW)
    with django_assert_max_num_queries(6):
        post_alerts(site(), NOW.astimezone(UTC))
