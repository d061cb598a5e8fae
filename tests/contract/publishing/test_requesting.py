from __future__ import annotations

import re
from datetime import timedelta

import pytest

from newsletter.errors import NotAllowedError
from newsletter.findings import Finding, Place, Severity
from newsletter.postbox.models import ServiceMail
from newsletter.publishing.answering import Closed, find_request, why_closed
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Approval, AuditEntry, Candidate, ReviewRequest, SlotState
from newsletter.publishing.requesting import Asked
from tests.contract.publishing.review_samples import EDITED, FILES, ask, letter_of, site, token_of
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, Files, approve_as, approve_fully
from tests.contract.publishing.test_races import race

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_asking_freezes_the_issue_without_anybodys_approval() -> None:
    asked = ask("maria")
    assert Candidate.objects.get() == asked.candidate
    assert missing_approvals(asked.candidate) == ("editor", "medical")
    assert AuditEntry.objects.get(act="request-review").person == "ada"


def test_each_person_gets_a_link_of_their_own_by_mail() -> None:
    asked = ask("maria", "ines", "sam")
    tokens = {request.person: token_of(request) for request in asked.requests}
    assert len(set(tokens.values())) == 3
    for request in asked.requests:
        found = find_request(tokens[request.person])
        assert found is not None
        assert found.person == request.person
        assert letter_of(request.mail).address == site().people[request.person].address


def test_of_a_token_only_its_hash_is_stored_and_nothing_shows_it() -> None:
    [request] = ask().requests
    token = token_of(request)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    rows = [str(row) for model in (ReviewRequest, AuditEntry, ServiceMail) for row in model.objects.values_list()]
    assert not any(token in text for text in [*rows, str(request), repr(request)])


def test_the_mail_is_in_the_persons_language_and_its_subject_names_no_illness() -> None:
    english, spanish = (letter_of(request.mail) for request in ask("maria", "ines").requests)
    assert english.subject == "Issue 2026-12 is ready for your review"
    assert (spanish.language, spanish.subject) == ("es", "El número 2026-12 espera su revisión")
    assert "until December 4, 2026" in english.text
    assert "revisión médica" in spanish.text
    assert "4 de diciembre de 2026" in spanish.text


def test_errors_of_the_checks_stop_the_request_and_nothing_is_frozen_or_mailed() -> None:
    finding = Finding("no-alt", Severity.ERROR, "no alt", Place("issue.md", 3))
    with pytest.raises(NotAllowedError, match="no-alt"):
        ask(files=Files(findings=(finding,)))
    assert not Candidate.objects.exists()
    assert not ServiceMail.objects.exists()


def test_findings_are_frozen_with_the_request_and_name_no_folder() -> None:
    finding = Finding("long-word", Severity.WARNING, "long", Place("/home/ada/issues/2026-12/issue.md", 3), "Shorten it.")
    [request] = ask(files=Files(findings=(finding,))).requests
    assert request.findings == [
        {"severity": "warning", "rule": "long-word", "message": "long", "fix": "Shorten it.", "file": "issue.md", "line": "3"}
    ]


def test_a_new_link_ends_the_one_before() -> None:
    [first] = ask().requests
    [second] = ask(now=NOW + timedelta(hours=1)).requests
    first.refresh_from_db()
    later = NOW + timedelta(hours=2)
    assert why_closed(first, config=site(), now=later) is Closed.EXPIRED
    assert why_closed(second, config=site(), now=later) is None
    assert "once more" in letter_of(second.mail).text


def test_files_that_changed_hold_a_scheduled_slot() -> None:
    slot = schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    approve_fully(FILES)
    assert "both approvals are needed again" in ask(files=EDITED).held
    slot.refresh_from_db()
    assert slot.state == SlotState.HELD


def test_asking_about_the_same_files_keeps_their_approvals() -> None:
    approve_as("sam", "editor", FILES)
    asked = ask()
    assert missing_approvals(asked.candidate) == ("medical",)


def test_who_has_approved_is_not_asked_and_one_person_is_not_asked_for_both() -> None:
    approve_as("maria", "medical", FILES)
    with pytest.raises(NotAllowedError, match="has approved it as it is"):
        ask("maria")
    Approval.objects.all().update(person="both", role="editor")
    with pytest.raises(NotAllowedError, match="one person cannot give both"):
        ask("both")
    assert not ReviewRequest.objects.exists()


def test_a_link_is_closed_for_a_reason() -> None:
    [request] = ask(lasts=timedelta(days=1)).requests
    assert why_closed(request, config=site(), now=NOW) is None
    assert why_closed(request, config=site(), now=NOW + timedelta(days=1)) is Closed.EXPIRED
    without = {key: person for key, person in site().people.items() if key != "maria"}
    assert why_closed(request, config=site(without), now=NOW) is Closed.ROLE
    ask("ines", files=EDITED)
    assert why_closed(request, config=site(), now=NOW) is Closed.SUPERSEDED
    ask("ines", files=FILES)
    assert why_closed(request, config=site(), now=NOW) is Closed.SUPERSEDED


@pytest.mark.parametrize("token", ["", "x", "á", "A" * 43, "A" * 5000])
def test_a_token_that_was_never_mailed_finds_nothing(token: str) -> None:
    ask()
    assert find_request(token) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_who_asks_at_the_same_moment_about_other_files_is_told_so(_round: int) -> None:
    """On PostgreSQL both freeze a candidate, and the second finds its turn taken."""
    answers = race(lambda: ask("maria"), lambda: ask("ines", files=EDITED))
    assert {type(answer) for answer in answers} <= {Asked, NotAllowedError}
    assert any(isinstance(answer, Asked) for answer in answers)
