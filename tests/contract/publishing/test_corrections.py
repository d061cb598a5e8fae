from __future__ import annotations

import pytest

from newsletter.errors import NotAllowedError
from newsletter.publishing.candidates import frozen_editions, latest_candidate
from newsletter.publishing.freezing import frozen_content
from newsletter.publishing.models import Candidate, Slot, SlotState
from tests.contract.publishing.samples import ISSUE, SLOT_AT, Files, approve_as

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CORRECTION = Files().with_issues(corrects="2026-10")


@pytest.fixture
def sent() -> Slot:
    return Slot.objects.create(at=SLOT_AT, issue="2026-10", state=SlotState.RELEASED)


def test_nobody_approves_a_correction_of_an_issue_that_was_not_sent() -> None:
    with pytest.raises(NotAllowedError, match="2026-10 was not sent"):
        approve_as("sam", "editor", CORRECTION)
    assert latest_candidate(ISSUE) is None


@pytest.mark.usefixtures("sent")
def test_a_candidate_knows_what_it_corrects() -> None:
    candidate = approve_as("sam", "editor", CORRECTION).candidate
    assert candidate.corrects == "2026-10"
    assert frozen_content(candidate).corrects == "2026-10"


@pytest.mark.usefixtures("sent")
def test_whoever_it_goes_to_is_approved_anew_when_it_changes() -> None:
    approve_as("sam", "editor")
    second = approve_as("maria", "medical", CORRECTION)
    assert (second.roles, second.complete) == (("medical",), False)
    assert second.changes == ("It goes to those who got 2026-10, as a correction; it was to go to every subscriber.",)


@pytest.mark.usefixtures("sent")
def test_a_correction_turned_to_other_readers_in_the_database_does_not_go_out() -> None:
    candidate = approve_as("sam", "editor", CORRECTION).candidate
    Candidate.objects.filter(pk=candidate.pk).update(corrects="")
    with pytest.raises(NotAllowedError, match="not what was approved"):
        frozen_editions(candidate.pk)
