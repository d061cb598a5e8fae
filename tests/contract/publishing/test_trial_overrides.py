"""What holds an issue for its trials, and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.authoring.lock import TrialLock
from newsletter.checking.trials import TrialAnswer
from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.calendar import hold_slot, reschedule
from newsletter.publishing.models import AuditEntry, Candidate, HeldFor, Slot, SlotState, TrialOverride
from newsletter.publishing.releasing import Held, Released, Waiting
from newsletter.publishing.trial_checks import ask_again_at, record_asked
from newsletter.publishing.trial_gate import TrialStop
from newsletter.publishing.trial_overrides import stops_left
from newsletter.settings import Person
from tests.contract.publishing.gate_samples import CLOSED, UNCHECKED, answered, judged, look, override, scheduled
from tests.contract.publishing.samples import CADENCE, ISSUE, SLOT_AT, TRIAL, Files, approve_as, approve_fully, make_issue

pytestmark = [pytest.mark.database, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)
LAST_LOOK = SLOT_AT + timedelta(hours=5, minutes=55)
TOO_LATE = SLOT_AT + timedelta(hours=7)


@pytest.fixture
def slot() -> Slot:
    slot = scheduled()
    approve_fully()
    return slot


def state(slot: Slot) -> tuple[str, str]:
    slot.refresh_from_db()
    return slot.state, slot.held_for


def stops(slot: Slot) -> list[TrialStop]:
    slot.refresh_from_db()
    return [TrialStop.of(kept) for kept in slot.stops]


def test_a_held_slot_remembers_what_the_card_says_what_the_registry_says_and_what_changed(slot: Slot) -> None:
    look(slot, CLOSED)
    assert state(slot) == (SlotState.HELD, HeldFor.GATE)
    (stop,) = stops(slot)
    assert (stop.nct_id, stop.card, stop.said, stop.title) == (TRIAL, "open", "ACTIVE_NOT_RECRUITING", "A study of something")
    assert stop.sentence in slot.reason
    assert stop.changes == (
        'the status was "Recruiting", is now "Active, not recruiting".',
        "no longer takes people: United States.",
    )


def test_an_override_lets_these_bytes_go_on_by_themselves_and_says_whose_decision_it_was(slot: Slot) -> None:
    look(slot, CLOSED)
    done = override(now=SLOT_AT + MINUTE)
    assert (done.stop.said, done.left, done.held) == ("ACTIVE_NOT_RECRUITING", (), "")
    assert (state(slot), stops(slot)) == ((SlotState.SCHEDULED, ""), [])
    released = look(slot, CLOSED, now=SLOT_AT + 2 * MINUTE)
    assert isinstance(released, Released)
    assert "because sam decided so: The study team says" in released.warnings[0]
    assert released.warnings[0] in AuditEntry.objects.get(act="release").note
    slot.refresh_from_db()
    assert slot.warnings == list(released.warnings)
    entry = AuditEntry.objects.get(act="override")
    assert (entry.subject, entry.person, entry.system_user) == (ISSUE, "sam", "tester")
    assert f"{TRIAL}, although ACTIVE_NOT_RECRUITING: The study team says" in entry.note


@pytest.mark.parametrize("other", [answered("TERMINATED"), TrialAnswer(TRIAL)])
def test_another_answer_than_the_one_decided_about_stops_again(slot: Slot, other: TrialAnswer) -> None:
    look(slot, CLOSED)
    override()
    assert isinstance(look(slot, other, now=SLOT_AT + MINUTE), Held)
    assert stops(slot)[0].said == other.in_short


def test_a_command_from_an_older_mail_decides_about_no_newer_answer(slot: Slot) -> None:
    look(slot, CLOSED)
    override(answer="ACTIVE_NOT_RECRUITING")
    look(slot, answered("TERMINATED"), now=SLOT_AT + MINUTE)
    with pytest.raises(NotAllowedError, match=r"about the answer “ACTIVE_NOT_RECRUITING”.*is “TERMINATED”.*--answer TERMINATED"):
        override(answer="ACTIVE_NOT_RECRUITING")
    assert TrialOverride.objects.get().answer == "ACTIVE_NOT_RECRUITING"
    assert state(slot)[0] == SlotState.HELD


def test_nothing_passes_that_the_registry_was_not_asked_about_whoever_answers_for_its_silence(slot: Slot) -> None:
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    override(now=SLOT_AT + MINUTE)
    assert isinstance(look(slot, now=SLOT_AT + MINUTE), Waiting)


def test_a_closed_card_waits_for_no_answer_and_says_that_there_was_none(slot: Slot) -> None:
    closed = Files(issues=tuple(make_issue(language, cards={TRIAL: "closed"}) for language in ("en", "es"))).edited(subject="New")
    approve_fully(closed)
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    candidate = Candidate.objects.get(turn=2)
    assert (ask_again_at(slot, candidate), stops_left(slot, candidate)) == (None, ())
    assert isinstance(look(slot), Waiting), "it is asked about all the same"
    released = look(slot, verdicts=judged(UNCHECKED, card_status="closed"))
    assert isinstance(released, Released)
    assert released.warnings == (f"{TRIAL} could not be checked: the registry asks us to come back later (429).",)


def test_could_not_check_is_another_answer_than_closed_and_waits(slot: Slot) -> None:
    look(slot, CLOSED)
    override()
    assert isinstance(look(slot, UNCHECKED, now=SLOT_AT + MINUTE), Waiting)


def test_an_override_is_for_one_candidate(slot: Slot) -> None:
    look(slot, CLOSED)
    override()
    approve_fully(Files().edited(subject="Another"))
    assert state(slot) == (SlotState.SCHEDULED, "")
    assert isinstance(look(slot, CLOSED, now=SLOT_AT + MINUTE), Held)


def test_an_override_does_not_come_back_with_the_bytes_it_was_for(slot: Slot) -> None:
    look(slot, CLOSED)
    override()
    approve_as("sam", "editor", Files().edited(subject="Another"))
    approve_fully()
    assert TrialOverride.objects.count() == 0
    assert isinstance(look(slot, CLOSED, now=SLOT_AT + MINUTE), Held)


def test_new_bytes_are_held_for_their_approvals_and_then_go_on_by_themselves(slot: Slot) -> None:
    """The way of a card that was taken out, or closed: nobody has to unhold the slot as well."""
    look(slot, CLOSED)
    closed = Files(issues=tuple(make_issue(language, cards={TRIAL: "closed"}) for language in ("en", "es"))).edited(subject="New")
    approve_as("sam", "editor", closed)
    assert state(slot) == (SlotState.HELD, HeldFor.APPROVAL)
    assert stops(slot) == []
    assert AuditEntry.objects.filter(act="hold").count() == 2
    approve_as("maria", "medical", closed)
    assert state(slot) == (SlotState.SCHEDULED, "")
    released = look(slot, verdicts=judged(CLOSED, card_status="closed"), now=SLOT_AT + MINUTE)
    assert isinstance(released, Released)


def test_a_persons_hold_outlasts_new_bytes_and_overrides(slot: Slot) -> None:
    look(slot, CLOSED)
    hold_slot(ISSUE, reason="The funder calls back", person="ada", now=SLOT_AT, system_user="tester")
    done = override()
    assert (done.left, "The funder calls back" in done.held) == ((), True)
    assert state(slot) == (SlotState.HELD, HeldFor.PERSON)
    approve_fully(Files().edited(subject="Another"))
    assert (state(slot), stops(slot)) == ((SlotState.HELD, HeldFor.PERSON), [])


def test_every_trial_that_stops_needs_a_decision_of_its_own(slot: Slot) -> None:
    other = "NCT09990002"
    files = Files(issues=(make_issue(cards={TRIAL: "open", other: "open"}),), editions=Files().editions[:1])
    locked = files.issues[0].lock.trials
    files = files.with_issues(lock=TrialLock({**locked, other: replace(locked[TRIAL], nct_id=other)}))
    approve_fully(files)
    look(slot, CLOSED, TrialAnswer(other))
    done = override()
    assert [stop.nct_id for stop in done.left] == [other]
    assert state(slot)[0] == SlotState.HELD
    assert override(nct_id=other).held == ""
    assert state(slot)[0] == SlotState.SCHEDULED


def test_what_could_not_be_checked_is_given_up_at_the_last_look_within_the_grace(slot: Slot) -> None:
    assert isinstance(look(slot, UNCHECKED, now=SLOT_AT + timedelta(hours=5)), Waiting)
    assert isinstance(look(slot, UNCHECKED, now=LAST_LOOK), Held)
    assert state(slot) == (SlotState.HELD, HeldFor.GATE)
    assert [stop.said for stop in stops(slot)] == ["could not check"]
    assert override(now=LAST_LOOK + MINUTE).held == ""
    assert isinstance(look(slot, UNCHECKED, now=LAST_LOOK + 2 * MINUTE), Released)


def test_a_trial_that_was_not_asked_about_is_not_given_up(slot: Slot) -> None:
    assert isinstance(look(slot, now=LAST_LOOK), Waiting)


def test_while_it_waits_for_an_answer_a_person_can_decide_as_well(slot: Slot) -> None:
    look(slot, UNCHECKED)
    with pytest.raises(NotAllowedError, match="Nothing that the registry said"):
        override()
    record_asked(ISSUE, [UNCHECKED], now=SLOT_AT)
    done = override(now=SLOT_AT + MINUTE)
    assert (done.stop.said, done.held) == ("could not check", "")
    assert isinstance(look(slot, CLOSED, now=SLOT_AT + MINUTE), Held), "an answer that comes after all counts"


def test_an_override_past_the_grace_waits_for_a_new_hour_and_then_goes_on(slot: Slot) -> None:
    look(slot, CLOSED)
    assert "newsletter schedule 2026-12 --at" in override(now=TOO_LATE).held
    assert state(slot) == (SlotState.HELD, HeldFor.MISSED)
    new_hour = TOO_LATE + timedelta(hours=1)
    reschedule(ISSUE, new_hour, cadence=CADENCE, person="ada", now=TOO_LATE, system_user="tester")
    assert isinstance(look(slot, CLOSED, now=new_hour), Released)


def test_a_slot_that_was_missed_and_has_closed_trials_names_them_and_can_be_decided_about(slot: Slot) -> None:
    look(slot, CLOSED, now=TOO_LATE)
    assert (state(slot), len(stops(slot))) == ((SlotState.HELD, HeldFor.MISSED), 1)
    override(now=TOO_LATE)
    new_hour = TOO_LATE + timedelta(hours=1)
    reschedule(ISSUE, new_hour, cadence=CADENCE, person="ada", now=TOO_LATE, system_user="tester")
    assert isinstance(look(slot, CLOSED, now=new_hour), Released)


@pytest.mark.usefixtures("slot")
def test_only_what_stops_an_issue_can_be_decided_about() -> None:
    with pytest.raises(NotAllowedError, match="Nothing that the registry said of NCT09990001 stops 2026-12"):
        override()
    with pytest.raises(NotAllowedError, match="not on the calendar"):
        override(issue="2027-02")


def test_nothing_is_decided_about_what_readers_have(slot: Slot) -> None:
    look(slot, answered())
    with pytest.raises(NotAllowedError, match="was released"):
        override()


def test_it_takes_a_reason_and_a_role_that_answers_for_what_readers_are_told(slot: Slot) -> None:
    look(slot, CLOSED)
    with pytest.raises(UsageError, match="Say why"):
        override(reason="  ")
    publisher = Person(name="Pat", address="pat@metsmatters.example", roles=("publisher",))
    with pytest.raises(NotAllowedError, match="Pat may not decide this"):
        override(person="pat", who=publisher)
    assert state(slot)[0] == SlotState.HELD
    assert override(person="maria").held == ""


def test_the_first_decision_about_an_answer_stands(slot: Slot) -> None:
    look(slot, CLOSED)
    override()
    look(slot, answered("TERMINATED"), now=SLOT_AT + MINUTE)
    override(person="maria", reason="Second")
    assert list(TrialOverride.objects.order_by("pk").values_list("person", "answer")) == [
        ("sam", "ACTIVE_NOT_RECRUITING"),
        ("maria", "TERMINATED"),
    ]


def test_warnings_stop_nothing_and_stand_in_the_audit_log(slot: Slot) -> None:
    moved = answered(alias_of="NCT09990009")
    released = look(slot, moved)
    assert isinstance(released, Released)
    assert released.warnings == ("NCT09990001: The registry now lists it as NCT09990009.",)
    assert released.warnings[0] in AuditEntry.objects.get(act="release").note


def test_what_holds_it_beside_the_trials_is_found_again(slot: Slot) -> None:
    held = look(slot, CLOSED, not_yet="The first send is under way.")
    assert isinstance(held, Held)
    override()
    assert look(slot, CLOSED, not_yet="The first send is under way.", now=SLOT_AT + MINUTE) == Waiting(
        ("The first send is under way.",)
    )
