"""Whom the program tells of what, and how often, on every database."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.delivery.gone_addresses import suppress_the_gone
from newsletter.delivery.models import Delivery, Handover, PausedFor, Send, SendState
from newsletter.postbox.models import Notice, ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.publishing import alerts
from newsletter.publishing.alerts import NO_PUBLISHER, NOBODY
from newsletter.publishing.audit import record_act
from newsletter.publishing.calendar import hold_slot, schedule_issue, unhold_slot
from newsletter.publishing.freezing import hold_until_approved
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.releasing import release_slot
from newsletter.settings import Person
from tests.contract.delivery.samples import add_readers, prepared_send
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db]

PEOPLE = {
    "ada": Person(name="Ada Example", address="ada@metsmatters.example", roles=("publisher",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("editor",), language="es"),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
}
ADA, INES = PEOPLE["ada"].address, PEOPLE["ines"].address


def site(**people: Person) -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"people": people or PEOPLE})


def before_slot(**ahead: float) -> datetime:
    return SLOT_AT - timedelta(**ahead)


def look(now: datetime, config: Config | None = None) -> list[ServiceContent]:
    """Look once, and give the mails that were posted by it."""
    known = set(ServiceMail.objects.values_list("pk", flat=True))
    posted = post_alerts(config or site(), now)
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.exclude(pk__in=known).order_by("pk")]
    assert posted.mails == len(mails)
    return mails


def told(now: datetime, config: Config | None = None) -> list[str]:
    return sorted(mail.address for mail in look(now, config))


@pytest.fixture
def slot() -> Slot:
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW - timedelta(days=60), system_user="tester")


@pytest.fixture
def send() -> Send:
    return Send.objects.get(pk=prepared_send(4, languages=("en", "es")))


@pytest.mark.usefixtures("slot")
def test_a_slot_without_an_approved_candidate_is_told_of_14_7_and_2_days_before_it_and_once_each() -> None:
    assert told(before_slot(days=15)) == []
    for days in (14, 7, 2):
        assert told(before_slot(days=days)) == [ADA, INES]
        assert told(before_slot(days=days - 0.5)) == []
    assert told(SLOT_AT) == []


@pytest.mark.usefixtures("slot")
def test_whoever_is_missing_is_named_in_the_words_of_the_reader() -> None:
    approve_as("sam", "editor")
    english, spanish = sorted(look(before_slot(days=7)), key=lambda mail: mail.language)
    assert english.subject == "Issue 2026-12 goes out in 7 days and is not approved yet"
    assert "December 1, 2026, 10:00 EST" in english.text
    assert "Still missing: the approval by the medical reviewer (Maria Example)." in english.text
    assert "by an editor" not in english.text
    assert "newsletter request-review 2026-12" in english.text
    assert (spanish.subject, spanish.language) == ("El número 2026-12 sale en 7 días y aún no está aprobado", "es")
    assert "1 de diciembre de 2026, 10:00 EST" in spanish.text


@pytest.mark.usefixtures("slot")
def test_nobody_is_told_of_a_slot_that_may_go_out() -> None:
    approve_fully()
    assert told(before_slot(days=7)) == []


@pytest.mark.usefixtures("slot")
def test_after_weeks_without_a_look_one_mail_says_where_things_stand() -> None:
    (_, english) = sorted(look(before_slot(days=1)), key=lambda mail: mail.address, reverse=True)
    assert english.subject == "Issue 2026-12 goes out tomorrow and is not approved yet"
    assert told(before_slot(hours=1)) == []


@pytest.mark.usefixtures("slot")
def test_a_slot_that_is_moved_is_told_of_anew() -> None:
    assert told(before_slot(days=2)) == [ADA, INES]
    later = SLOT_AT + timedelta(days=10)
    schedule_issue(ISSUE, later, cadence=CADENCE, person="ada", now=before_slot(days=1), system_user="tester")
    assert told(later - timedelta(days=2)) == [ADA, INES]


def hold_for_gate(slot: Slot) -> None:
    approve_as("sam", "editor")
    approve_as("maria", "medical")
    release_slot(slot.pk, now=SLOT_AT + timedelta(days=120), cadence=CADENCE, verdicts=[], leaves_machine=True)


def hold_for_approval(slot: Slot) -> None:
    hold_until_approved(slot, reason="The files changed.", person_key="", now=SLOT_AT, system_user="tester")


def hold_for_restore(slot: Slot) -> None:
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.HELD, held_for=HeldFor.RESTORE, reason="A backup was restored.")
    record_act("hold", ISSUE, person="", note="A backup was restored.", now=SLOT_AT, system_user="tester")


@pytest.mark.parametrize(
    ("hold", "when", "command"),
    [
        (hold_for_gate, SLOT_AT + timedelta(days=120), "newsletter schedule 2026-12 --at"),
        (hold_for_approval, SLOT_AT, "newsletter request-review 2026-12"),
        (hold_for_restore, SLOT_AT, "newsletter status 2026-12"),
    ],
)
def test_a_held_slot_is_told_of_once_with_the_reason_and_what_to_type(
    slot: Slot, hold: object, when: datetime, command: str
) -> None:
    assert callable(hold)
    hold(slot)
    mails = look(when)
    assert sorted(mail.address for mail in mails) == [ADA, INES]
    slot.refresh_from_db()
    for mail in mails:
        assert slot.reason.splitlines()[0] in mail.text
        assert command in mail.text
    assert told(when + timedelta(minutes=1)) == []


def test_who_held_a_slot_is_neither_told_nor_named(slot: Slot) -> None:
    hold_slot(slot.issue, reason="Ask the nurse at nurse@example.org first.", person="ines", now=NOW, system_user="tester")
    (mail,) = [one for one in look(NOW) if "held" in one.subject]
    assert mail.address == ADA
    assert "Inés" not in mail.text + mail.html
    assert "Ask the nurse at (address) first." in mail.text
    assert not any("retenido" in one.subject for one in look(NOW))


def test_a_second_hold_is_told_of_again(slot: Slot) -> None:
    for _ in range(2):
        hold_slot(slot.issue, reason="Wait.", person="maria", now=NOW, system_user="tester")
        assert sum("held" in mail.subject or "retenido" in mail.subject for mail in look(NOW)) == 2
        unhold_slot(slot.issue, cadence=CADENCE, person="maria", now=NOW, system_user="tester")


def test_a_hold_that_was_over_long_ago_is_not_told_of(slot: Slot) -> None:
    hold_slot(slot.issue, reason="Wait.", person="maria", now=SLOT_AT - timedelta(days=30), system_user="tester")
    assert told(SLOT_AT + timedelta(days=8)) == []


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
