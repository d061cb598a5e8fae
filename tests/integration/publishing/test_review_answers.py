"""What a reviewer's link does with an answer, over HTTP, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from newsletter.publishing.models import Approval, ReviewNote, ReviewRequest
from tests.contract.publishing.review_samples import EDITED, PEOPLE, ask, site
from tests.integration.publishing.review_desk import path, press, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]

NOW = datetime.now(UTC)  # views look at the clock themselves


def test_approving_leads_back_to_a_page_that_says_so(client: Client, review: ReviewRequest) -> None:
    answer = press(client, review, "approve")
    assert (answer.status_code, answer.headers["Location"]) == (303, path(review))
    assert Approval.objects.get().person == "maria"
    after = client.get(path(review))
    assert after.status_code == 200
    assert "Thank you, you approved issue 2026-12" in after.content.decode()


def test_pressing_twice_does_no_harm(client: Client, review: ReviewRequest) -> None:
    press(client, review, "approve")
    before = recorded()
    again = press(client, review, "approve")
    assert again.status_code == 200
    assert "you approved issue" in again.content.decode()
    press(client, review, "changes", whole="No!")
    assert recorded() == before


def test_notes_are_tied_to_their_sections_with_their_headings(client: Client, review: ReviewRequest) -> None:
    fields = {"section-0": "en:tests", "note-0": "Too long", "section-7": "es:call", "note-7": "¿De día?", "whole": "Thanks"}
    assert press(client, review, "changes", **fields).status_code == 303
    notes = list(ReviewNote.objects.order_by("pk").values_list("section", "heading", "text"))
    assert notes == [
        ("en:tests", "What tests tell (English)", "Too long"),
        ("es:call", "Call us (Español)", "¿De día?"),
        ("", "", "Thanks"),
    ]
    assert "Thank you, your notes are with the editors" in client.get(path(review)).content.decode()


@pytest.mark.parametrize(
    ("answer", "fields", "said"),
    [
        ("approve", {"read": None}, "Please tick that you have read the issue"),
        ("approve", {"candidate": "f" * 64}, "is not the one that is waiting"),
        ("nothing", {}, "is not the one that is waiting"),
        ("changes", {}, "Please write what should change"),
        ("changes", {"whole": "  "}, "Please write what should change"),
        ("changes", {"note-0": "Where?"}, "Please choose the section"),
        ("changes", {"note-0": "Where?", "section-0": "en:elsewhere"}, "Please choose the section"),
        ("changes", {"whole": "x", "read": "no"}, "Please tick that you have read the issue"),
    ],
)
def test_an_answer_with_a_mistake_is_shown_again_and_records_nothing(
    client: Client, review: ReviewRequest, answer: str, fields: dict[str, Any], said: str
) -> None:
    before = recorded()
    response = press(client, review, answer, **fields)
    assert response.status_code == 400
    html = response.content.decode()
    assert said in html
    assert 'role="alert"' in html
    assert "Where?" in html or "note-0" not in fields
    assert recorded() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "{}"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("application/x-www-form-urlencoded", "answer=approve&" * 40_000),
        ("application/x-www-form-urlencoded", "a=1&" * 2_000),
    ],
)
def test_any_other_body_records_nothing(client: Client, review: ReviewRequest, content_type: str, body: str) -> None:
    before = recorded()
    assert client.post(path(review), body, content_type).status_code == 400
    assert recorded() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://["},
        {"Origin": ""},
    ],
)
def test_an_answer_from_another_sites_page_records_nothing(
    client: Client, review: ReviewRequest, headers: dict[str, str]
) -> None:
    before = recorded()
    body = urlencode({"answer": "approve", "candidate": review.candidate.digest, "read": "yes"})
    response = client.post(path(review), body, "application/x-www-form-urlencoded", headers=headers)
    assert response.status_code == 403
    assert recorded() == before


@pytest.mark.parametrize("headers", [{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}])
def test_an_answer_from_our_page_counts(client: Client, review: ReviewRequest, headers: dict[str, str]) -> None:
    body = urlencode({"answer": "approve", "candidate": review.candidate.digest, "read": "yes"})
    assert client.post(path(review), body, "application/x-www-form-urlencoded", headers=headers).status_code == 303


def test_a_role_that_somebody_else_has_filled_is_said_and_changes_can_still_be_asked_for(
    client: Client, review: ReviewRequest
) -> None:
    Approval.objects.create(candidate=review.candidate, role="medical", person="ines", at=NOW)
    response = press(client, review, "approve")
    assert response.status_code == 400
    assert "Somebody else has approved it in your role already" in response.content.decode()
    assert press(client, review, "changes", whole="Wait").status_code == 303


def expired(review: ReviewRequest) -> None:
    ReviewRequest.objects.filter(pk=review.pk).update(expires_at=NOW - timedelta(seconds=1))


def superseded(_: ReviewRequest) -> None:
    ask("ines", files=EDITED, now=NOW)


@pytest.mark.parametrize(("happening", "said"), [(expired, "This link has ended"), (superseded, "The issue has changed since")])
def test_a_closed_link_says_kindly_why_and_records_nothing(
    client: Client, review: ReviewRequest, happening: Callable[[ReviewRequest], None], said: str
) -> None:
    happening(review)
    before = recorded()
    for response in (client.get(path(review)), press(client, review, "approve"), press(client, review, "changes", whole="x")):
        assert response.status_code == 410
        assert said in response.content.decode()
    assert client.get(f"{path(review)}/mail/en/0/light").status_code == 404
    assert recorded() == before


def test_who_has_lost_the_role_is_told_so(client: Client, review: ReviewRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "NEWSLETTER", site({key: one for key, one in PEOPLE.items() if key != "maria"}))
    response = client.get(path(review))
    assert response.status_code == 410
    assert "This link is no longer yours" in response.content.decode()
    assert press(client, review, "approve").status_code == 410
    assert not Approval.objects.exists()
