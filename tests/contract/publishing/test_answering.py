from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings

from newsletter.errors import NotAllowedError, UsageError
from newsletter.postbox.models import ServiceMail
from newsletter.publishing.answering import Closed, approve_by_link, ask_for_changes_by_link
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Approval, AuditEntry, Objection, ReviewAnswer, ReviewNote, ReviewRequest, Slot, SlotState
from newsletter.publishing.objecting import Note
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.slots import move_slot
from tests.contract.publishing.review_samples import EDITED, FILES, ask, letter_of, site
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, approve_as
from tests.contract.publishing.test_races import race

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DOSE = Note("The dose is wrong.\nPlease ask the pharmacist.", "en:tests", "What tests tell (English)")
LATER = NOW + timedelta(hours=1)


def approve(request: ReviewRequest) -> Closed | None:
    return approve_by_link(request.pk, config=site(), now=LATER)


def object_to(request: ReviewRequest, *notes: Note) -> Closed | None:
    return ask_for_changes_by_link(request.pk, notes or [DOSE], config=site(), now=LATER)


def answers_to_editors() -> list[ServiceMail]:
    return list(ServiceMail.objects.exclude(kind="review-request").order_by("pk"))


def schedule() -> Slot:
    return schedule_issue(ISSUE, SLOT_AT, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def test_a_yes_by_link_is_the_approval_that_the_command_records() -> None:
    slot = schedule()
    approve_as("sam", "editor", FILES)
    [request] = ask("maria").requests
    assert approve(request) is None
    approval = Approval.objects.get(role="medical")
    assert (approval.person, approval.candidate_id, approval.at) == ("maria", request.candidate_id, LATER)
    assert AuditEntry.objects.get(act="approve", person="maria").system_user == "review page"
    request.refresh_from_db()
    assert (request.answer, request.answered_at) == (ReviewAnswer.APPROVED, LATER)
    slot.refresh_from_db()
    assert slot.state == SlotState.SCHEDULED


def test_a_yes_by_link_lets_a_slot_go_on() -> None:
    slot = schedule()
    approve_as("sam", "editor", FILES)
    approve_as("maria", "medical", FILES)
    [maria] = ask("maria", files=EDITED).requests
    slot.refresh_from_db()
    assert slot.state == SlotState.HELD
    approve_as("sam", "editor", EDITED)
    approve(maria)
    slot.refresh_from_db()
    assert slot.state == SlotState.SCHEDULED


def test_every_editor_hears_of_a_yes_and_what_comes_next() -> None:
    [request] = ask("maria").requests
    approve(request)
    letters = {letter.address: letter for letter in map(letter_of, answers_to_editors())}
    assert set(letters) == {f"{who}@metsmatters.example" for who in ("ada", "sam", "bo")}
    assert letters["sam@metsmatters.example"].subject == "Issue 2026-12: Maria Example approved it"
    assert "newsletter approve 2026-12 --role editor --as sam" in letters["sam@metsmatters.example"].text


def test_when_both_have_approved_the_editors_are_told_the_day_or_how_to_set_one() -> None:
    approve_as("sam", "editor", FILES)
    [request] = ask("maria").requests
    approve(request)
    assert "newsletter schedule 2026-12" in letter_of(answers_to_editors()[0]).text
    schedule()
    Approval.objects.filter(role="medical").delete()
    [again] = ask("maria").requests
    approve(again)
    assert "It goes out on December 1, 2026." in letter_of(answers_to_editors()[-1]).text


def test_asking_for_changes_withdraws_holds_and_tells_the_editors() -> None:
    slot = schedule()
    approve_as("sam", "editor", FILES)
    [request] = ask("maria").requests
    approve_as("maria", "medical", FILES)
    assert object_to(request, DOSE, Note("Too long.")) is None
    assert not Approval.objects.filter(person="maria").exists()
    slot.refresh_from_db()
    assert slot.state == SlotState.HELD
    assert [note.section for note in ReviewNote.objects.order_by("pk")] == ["en:tests", ""]
    letter = letter_of(answers_to_editors()[0])
    assert letter.subject == "Issue 2026-12: Maria Example asks for changes"
    assert "What tests tell (English)\n\n    The dose is wrong.\n    Please ask the pharmacist.\n" in letter.text
    assert "About the issue as a whole\n\n    Too long.\n" in letter.text
    assert "newsletter request-review 2026-12" in letter.text
    assert "Please ask the pharmacist." in letter.html


def test_an_editor_who_answers_gets_no_mail_about_it() -> None:
    [request] = ask("sam").requests
    object_to(request)
    addresses = {letter_of(mail).address for mail in answers_to_editors()}
    assert addresses == {"ada@metsmatters.example", "bo@metsmatters.example"}


def test_a_link_answers_once() -> None:
    [request] = ask("maria").requests
    assert object_to(request) is None
    assert object_to(request) is Closed.CHANGES
    assert approve(request) is Closed.CHANGES
    assert Objection.objects.count() == 1
    assert not Approval.objects.exists()
    assert len(answers_to_editors()) == 3


def test_a_link_to_what_has_changed_records_nothing() -> None:
    [request] = ask("maria").requests
    ask("ines", files=EDITED)
    assert approve(request) is Closed.SUPERSEDED
    assert not Approval.objects.exists()
    assert not answers_to_editors()


def test_a_link_to_what_readers_have_records_nothing() -> None:
    [request] = ask("maria").requests
    move_slot(schedule().pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=request.candidate)
    assert approve(request) is Closed.RELEASED
    assert object_to(request) is Closed.RELEASED


def test_one_person_cannot_give_both_approvals_by_link_either() -> None:
    [request] = ask("both").requests
    Approval.objects.create(candidate=request.candidate, role="editor", person="both", at=NOW)
    with pytest.raises(NotAllowedError, match="one person cannot give both"):
        approve(request)
    request.refresh_from_db()
    assert request.answer == ReviewAnswer.OPEN
    assert not answers_to_editors()


def test_no_note_no_objection() -> None:
    [request] = ask("maria").requests
    with pytest.raises(UsageError):
        object_to(request, Note(" "))
    request.refresh_from_db()
    assert request.answer == ReviewAnswer.OPEN


def test_a_note_that_looks_like_markup_is_text_in_the_mail() -> None:
    [request] = ask("maria").requests
    object_to(request, Note("<b onclick=x>&</b> {{ 7*7 }}"))
    letter = letter_of(answers_to_editors()[0])
    assert "&lt;b onclick=x&gt;&amp;&lt;/b&gt; {{ 7*7 }}" in letter.html
    assert "<b onclick=x>&</b> {{ 7*7 }}" in letter.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_of_two_answers_at_once_one_counts(_round: int) -> None:
    [request] = ask("maria").requests
    answers = race(lambda: approve(request), lambda: object_to(request), lambda: approve(request), lambda: object_to(request))
    assert Counter(answer is None for answer in answers) == {True: 1, False: 3}
    assert Approval.objects.count() + Objection.objects.count() == 1
    assert len(answers_to_editors()) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_an_answer_while_the_files_change_is_in_time_or_refused(_round: int) -> None:
    [request] = ask("maria").requests
    changed: Callable[[], object] = lambda: ask("ines", files=EDITED)  # noqa: E731 - one of two that race
    answer, _ = race(lambda: approve(request), changed)
    assert answer in {None, Closed.SUPERSEDED}
    latest = ReviewRequest.objects.get(person="ines").candidate
    assert not latest.approvals.exists()
    assert standing_objections(latest) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_two_reviewers_of_one_role_at_once_give_one_approval(_round: int) -> None:
    maria, ines = ask("maria", "ines").requests
    answers = race(lambda: approve(maria), lambda: approve(ines))
    assert [type(answer) for answer in answers].count(NotAllowedError) == 1
    assert Approval.objects.count() == 1


def test_the_mails_open_with_this_installations_keys_alone() -> None:
    ask("maria")
    stored = bytes(ServiceMail.objects.get().content)
    assert stored[0] == max(settings.KEY_RING.seal)
    assert b"maria@" not in stored
