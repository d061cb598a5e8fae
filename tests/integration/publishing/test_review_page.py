"""The page behind a reviewer's link, over HTTP, without a browser."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from newsletter.findings import Finding, Place, Severity
from newsletter.publishing.models import AuditEntry, Objection, ReviewNote, ReviewRequest, Slot, SlotState, TrialCheck
from newsletter.rendering.edition import Variant
from tests.contract.publishing.review_samples import EDITED, FILES, ask, token_of
from tests.contract.publishing.samples import TRIAL, Files, approve_as
from tests.integration.publishing.review_desk import path, press, recorded, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]

NOW = datetime.now(UTC)  # views look at the clock themselves


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
