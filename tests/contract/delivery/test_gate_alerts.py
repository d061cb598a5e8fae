"""What editors and publishers are told of trials at the release gate, on every database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from newsletter.checking.trials import TrialAnswer
from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.publishing.models import Slot
from newsletter.publishing.trial_checks import record_asked
from newsletter.settings import Person
from tests.contract.publishing.gate_samples import CLOSED, UNCHECKED, answered, look, override, scheduled
from tests.contract.publishing.samples import ISSUE, SLOT_AT, TRIAL, Files, approve_as, approve_fully

pytestmark = [pytest.mark.database, pytest.mark.django_db]

PEOPLE = {
    "pat": Person(name="Pat Example", address="pat@metsmatters.example", roles=("publisher",)),
    "sam": Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("editor",), language="es"),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
}


@pytest.fixture
def slot() -> Slot:
    slot = scheduled()
    approve_fully()
    return slot


def told(now: datetime = SLOT_AT) -> dict[str, ServiceContent]:
    """Look once; give the mails it posted, by the name before the @."""
    config: Config = settings.NEWSLETTER
    known = set(ServiceMail.objects.values_list("pk", flat=True))
    post_alerts(config.model_copy(update={"people": PEOPLE}), now)
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.exclude(pk__in=known).order_by("pk")]
    return {mail.address.partition("@")[0]: mail for mail in mails}


def test_editors_and_publishers_are_told_once_which_trial_stops_what_changed_and_the_three_ways(slot: Slot) -> None:
    look(slot, answered("TERMINATED", sites=(), why_stopped="Slow accrual"))
    mails = told()
    assert set(mails) == {"pat", "sam", "ines"}
    for said in [
        "was to go out on December 1, 2026, 10:00 EST, and is held. Nobody was mailed.",
        "NCT09990001, A study of something",
        "What the card tells readers: people can join it now.",
        "What the registry says now: “Terminated”: it was stopped early and will not start again.",
        "The sponsor's reason: Slow accrual",
        '* the status was "Recruiting", is now "Terminated".',
        "* no longer takes people: United States.",
        "newsletter trials close 2026-12 NCT09990001\n",
        "newsletter trials drop 2026-12 NCT09990001\n",
        'newsletter trials override 2026-12 NCT09990001 --answer TERMINATED --as sam --because "…"\n',
        "newsletter approve 2026-12 --role editor --as sam\n",
        "newsletter request-review 2026-12\n",
    ]:
        assert said in mails["sam"].text
    assert "newsletter schedule" not in mails["sam"].text
    assert "trial" not in mails["sam"].subject, "it stands on a lock screen"
    assert told(SLOT_AT + timedelta(minutes=1)) == {}


def test_they_are_told_in_their_own_language(slot: Slot) -> None:
    look(slot, CLOSED)
    mail = told()["ines"]
    assert mail.subject == "El número 2026-12 está retenido y no se envía"
    for said in [
        "Lo que la ficha les dice a los lectores: se puede participar ahora.",
        "“Active, not recruiting”: sigue en marcha, pero no acepta a nadie más.",
        'newsletter trials override 2026-12 NCT09990001 --answer ACTIVE_NOT_RECRUITING --as ines --because "…"',
    ]:
        assert said in mail.text
    assert '<ul lang="en"' in mail.html


def test_who_may_not_decide_is_not_named_in_the_command(slot: Slot) -> None:
    look(slot, CLOSED)
    assert 'NCT09990001 --answer ACTIVE_NOT_RECRUITING --as PERSON --because "…"' in told()["pat"].text


def test_a_trial_that_the_registry_does_not_have_cannot_be_told_as_closed(slot: Slot) -> None:
    look(slot, TrialAnswer(TRIAL))
    text = told()["sam"].text
    assert "it has no record with this number." in text
    assert "trials drop" in text
    assert "trials close" not in text


def test_what_could_not_be_checked_is_neither_open_nor_closed_in_the_mail(slot: Slot) -> None:
    look(slot, UNCHECKED, now=SLOT_AT + timedelta(hours=5, minutes=55))
    text = told(SLOT_AT + timedelta(hours=5, minutes=56))["sam"].text
    assert "which means neither open nor closed." in text
    assert "come back later (429)" in text
    for way in ("close", "drop", "override"):
        assert f"newsletter trials {way} 2026-12 NCT09990001" in text


def test_a_slot_that_was_missed_needs_an_hour_as_well(slot: Slot) -> None:
    late = SLOT_AT + timedelta(hours=7)
    look(slot, CLOSED, now=late)
    assert "newsletter schedule 2026-12 --at" in told(late)["sam"].text


def test_a_send_that_waits_for_the_registry_is_told_of_once_while_there_is_time_to_decide(slot: Slot) -> None:
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    look(slot, UNCHECKED)
    assert told(SLOT_AT + timedelta(minutes=14)) == {}
    mail = told(SLOT_AT + timedelta(minutes=15))["sam"]
    assert mail.subject == "Issue 2026-12 waits and has not gone out yet"
    assert "until December 1, 2026, 16:00 EST" in mail.text
    assert 'newsletter trials override 2026-12 NCT09990001 --answer "could not check" --as sam' in mail.text
    assert told(SLOT_AT + timedelta(minutes=30)) == {}


@pytest.mark.usefixtures("slot")
def test_nobody_is_told_of_waiting_that_somebody_has_decided_about() -> None:
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    override(now=SLOT_AT + timedelta(minutes=5))
    assert told(SLOT_AT + timedelta(minutes=20)) == {}


def test_what_did_not_stop_an_issue_is_told_after_it_went_out(slot: Slot) -> None:
    look(slot, answered(alias_of="NCT09990009"))
    mails = told()
    assert set(mails) == {"pat", "sam", "ines"}
    assert "* NCT09990001: The registry now lists it as NCT09990009.\n" in mails["sam"].text
    assert told(SLOT_AT + timedelta(minutes=1)) == {}


def test_an_issue_that_went_out_without_a_warning_is_not_told_of(slot: Slot) -> None:
    look(slot, answered())
    assert told() == {}


def test_new_bytes_after_a_stop_are_told_of_as_held_for_approval(slot: Slot) -> None:
    look(slot, CLOSED)
    told()
    approve_as("sam", "editor", Files().edited(subject="Another"))
    text = told(SLOT_AT + timedelta(minutes=5))["sam"].text
    assert "It goes on by itself when both approvals stand" in text
    assert "trials override" not in text
