"""The page behind a reviewer's link, over HTTP, without a browser."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from newsletter.findings import Finding, Place, Severity
from newsletter.postbox.models import ServiceMail
from newsletter.publishing.models import Approval, AuditEntry, Objection, ReviewNote, ReviewRequest, Slot, SlotState, TrialCheck
from newsletter.rendering.edition import Variant
from tests.contract.publishing.review_samples import EDITED, FILES, PEOPLE, ask, site, token_of
from tests.contract.publishing.samples import TRIAL, Files, approve_as

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)  # views look at the clock themselves


@pytest.fixture(autouse=True)
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "NEWSLETTER", site())


@pytest.fixture
def review() -> ReviewRequest:
    [request] = ask("maria", now=NOW).requests
    return request


def path(request: ReviewRequest) -> str:
    return f"/review/{token_of(request)}"


def shown(client: Client, request: ReviewRequest) -> str:
    response = client.get(path(request))
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, request: ReviewRequest, answer: str, **fields: Any) -> Any:
    values = {"answer": answer, "candidate": request.candidate.digest, "read": "yes"} | fields
    values = {name: value for name, value in values.items() if value is not None}
    headers = fields.pop("headers", {})
    return client.post(path(request), urlencode(values), "application/x-www-form-urlencoded", headers=headers)


def recorded() -> tuple[int, int, int, int, list[Any]]:
    answers = list(ReviewRequest.objects.values_list("answer", "answered_at", "expires_at"))
    counts = (model.objects.count() for model in (Approval, Objection, ServiceMail, AuditEntry))
    approvals, objections, mails, acts = counts
    return approvals, objections, mails, acts, answers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_looking_changes_nothing_whatever_the_address_asks_for(client: Client, review: ReviewRequest, method: str) -> None:
    before = recorded()
    client.generic(method, f"{path(review)}?answer=approve&read=yes&candidate={review.candidate.digest}")
    client.generic("GET", path(review), headers={"Sec-Purpose": "prefetch"})
    assert recorded() == before


def test_the_page_is_told_to_nobody_and_kept_nowhere(client: Client, review: ReviewRequest) -> None:
    for address in (path(review), f"{path(review)}/mail/en/0/light", f"{path(review)}/web/en", "/review/nobody"):
        response = client.get(address)
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert "script" not in response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert not re.findall(r"<script|<link|\son\w+=", response.content.decode())


def test_the_page_may_frame_our_own_pages_only_and_nobody_may_frame_it(client: Client, review: ReviewRequest) -> None:
    policy = client.get(path(review)).headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    html = shown(client, review)
    frames = re.findall(r"<iframe [^>]*>", html)
    assert len(frames) == 10
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)
    assert len({re.findall(r'title="([^"]*)"', frame)[0] for frame in frames}) == 10
    assert " style=" not in html


def test_a_frame_shows_the_frozen_mail_to_an_invented_reader(client: Client, review: ReviewRequest) -> None:
    response = client.get(f"{path(review)}/mail/en/0/light")
    assert response.content.decode() == "<html><body><p>Dear Ana</p><p>Tests</p></body></html>"
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "@@MM" not in shown(client, review)


def test_a_frame_shows_one_scheme_whatever_the_screen_asks_for(client: Client) -> None:
    html = "<html><head><style>@media (prefers-color-scheme: dark) {p{}}</style></head><body><p>x</p></body></html>"
    [request] = ask("maria", files=FILES.edited(html=html), now=NOW).requests
    light, dark = (client.get(f"{path(request)}/mail/en/0/{scheme}").content.decode() for scheme in ("light", "dark"))
    assert "prefers-color-scheme" not in light + dark
    assert light != dark


@pytest.mark.parametrize("where", ["mail/en/1/light", "mail/en/0/sepia", "mail/fr/0/light", "web/fr"])
def test_a_frame_that_is_none_is_not_found(client: Client, review: ReviewRequest, where: str) -> None:
    assert client.get(f"{path(review)}/{where}").status_code == 404


def test_every_variant_is_shown_by_the_names_of_its_topics(client: Client) -> None:
    narrower = (Variant((), "<html><body><p>Without</p></body></html>", "Text without it\n"),)
    [request] = ask("maria", files=FILES.edited(topics=("trials",), narrower=narrower), now=NOW).requests
    html = shown(client, request)
    assert "For readers who chose none of these topics: " in html
    assert html.count("Text without it") == 1
    assert client.get(f"{path(request)}/mail/en/1/light").content.decode().count("Without") == 1


def test_what_is_new_is_said_and_what_changed_is_shown_by_section(client: Client, review: ReviewRequest) -> None:
    assert "This is the first time that anybody looks at this issue" in shown(client, review)
    press(client, review, "changes", **{"section-0": "en:tests", "note-0": "Say how much more."})
    [again] = ask("maria", files=EDITED, now=NOW).requests
    html = shown(client, again)
    assert "<summary>What tests tell</summary>" in html
    assert "<summary>Call us</summary>" not in html
    assert '<span class="kind">Added:</span> <ins>Tests tell <mark>a lot.</mark></ins>' in html
    assert '<span class="kind">Taken out:</span> <del>Tests tell <mark>more.</mark></del>' in html
    assert "What tests tell (English)" in html
    assert "Say how much more." in html


def test_findings_trials_and_approvals_stand_on_the_page(client: Client) -> None:
    finding = Finding("long-word", Severity.WARNING, "a <long> word", Place("x/issue.md", 3))
    approve_as("sam", "editor", FILES)
    TrialCheck.objects.create(issue="2026-12", nct_id=TRIAL, asked_at=datetime(2026, 11, 19, 18, tzinfo=UTC), answer="RECRUITING")
    [request] = ask("maria", files=Files(editions=FILES.editions, findings=(finding,)), now=NOW).requests
    html = shown(client, request)
    assert "<strong>Warning:</strong> a &lt;long&gt; word" in html
    assert f"{TRIAL}: A study of something</td><td>Recruiting</td><td>November 19, 2026</td>" in html
    assert "Sam Example approved it as an editor on November 20, 2026." in html


def test_the_page_speaks_the_persons_language(client: Client) -> None:
    [request] = ask("ines", now=NOW).requests
    html = shown(client, request)
    assert '<html lang="es">' in html
    assert "Aprobar el número" in html


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


def test_a_link_that_was_never_mailed_is_not_found(client: Client, review: ReviewRequest) -> None:
    for response in (client.get("/review/nobody"), client.post("/review/nobody"), client.get("/review/nobody/web/en")):
        assert response.status_code == 404
        assert "This link leads nowhere" in response.content.decode()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    caplog.set_level(logging.DEBUG)
    return lambda: " ".join(record.getMessage() for record in caplog.records)


def test_no_log_shows_the_token(client: Client, review: ReviewRequest, said: Callable[[], str]) -> None:
    client.get(f"{path(review)}/nothing/here")
    client.get(f"{path(review)}/mail/fr/0/light")
    press(client, review, "approve", read=None)
    press(client, review, "approve")
    assert "Not Found: /review/…" in said()
    assert token_of(review) not in said()


def test_no_address_and_no_token_stands_in_the_tables_of_this_room(review: ReviewRequest, client: Client) -> None:
    press(client, review, "changes", whole="Too long")
    token = token_of(review)
    stored = " ".join(str(row) for model in (ReviewRequest, AuditEntry, Objection, ReviewNote) for row in model.objects.values())
    assert token not in stored
    assert "@" not in stored


def test_whom_a_correction_goes_to_is_said(client: Client, review: ReviewRequest) -> None:
    assert "correction" not in shown(client, review)
    Slot.objects.create(at=NOW, issue="2026-10", state=SlotState.RELEASED)
    [request] = ask("ines", files=FILES.with_issues(corrects="2026-10"), now=NOW).requests
    assert "La reciben quienes recibieron el número 2026-10, y nadie más." in shown(client, request)
