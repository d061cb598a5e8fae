"""Whom the program tells of slots, and how often, on every database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.publishing.audit import record_act
from newsletter.publishing.calendar import hold_slot, schedule_issue, unhold_slot
from newsletter.publishing.freezing import hold_until_approved
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.releasing import release_slot
from tests.contract.delivery.alerting import ADA, INES, before_slot, look, told
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def slot() -> Slot:
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW - timedelta(days=60), system_user="tester")


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
