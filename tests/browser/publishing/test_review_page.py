"""The review page and the mails about it in Chromium: for axe, by keyboard, without JavaScript, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.checking.written_issue import WrittenIssue, read_written_issue
from newsletter.config import Config
from newsletter.postbox.models import ServiceMail
from newsletter.publishing.models import Approval, ReviewNote, ReviewRequest
from newsletter.publishing.requesting import Asked, request_review
from tests.browser.pressing import press
from tests.contract.publishing.review_samples import EDITED, FILES, ask, letter_of, site, token_of

pytestmark = pytest.mark.browser

WIDTHS = [375, 700, 1280]


WCAG: dict[str, Any] = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}}
"""What a mail is held to: landmarks are the mail program's."""


def complaints(page: Page, rules: dict[str, Any] | None = None) -> list[str]:
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in found for node in violation["nodes"]]


@cache
def sample_issue() -> WrittenIssue:
    return read_written_issue("2026-12", sent_on=date(2026, 12, 1), config=settings.NEWSLETTER)


def ask_about_the_sample(person: str = "maria") -> Asked:
    written = sample_issue()
    return request_review(
        issues=written.issues,
        editions=written.editions,
        report=written.report,
        reviewers={person: "medical"},
        config=settings.NEWSLETTER,
        asked_by="ada",
        lasts=timedelta(days=14),
        now=datetime.now(UTC),
        system_user="tester",
    )


@pytest.fixture(autouse=True)
def people(monkeypatch: pytest.MonkeyPatch, live_server: LiveServer) -> None:
    known: Config = site()
    web = known.web.model_copy(update={"base_url": live_server.url})
    monkeypatch.setattr(settings, "NEWSLETTER", known.model_copy(update={"web": web}))


@pytest.fixture(params=[(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], ids=str)
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def address(live_server: LiveServer, request: ReviewRequest) -> str:
    return f"{live_server.url}/review/{token_of(request)}"


def test_axe_finds_nothing_and_nothing_is_cut_off(screen: Page, live_server: LiveServer) -> None:
    [request] = ask_about_the_sample().requests
    screen.goto(address(live_server, request))
    for details in screen.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert complaints(screen) == []
    assert screen.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_nothing_where_something_changed_or_was_forgotten(screen: Page, live_server: LiveServer) -> None:
    ask("ines", now=datetime.now(UTC))
    [request] = ask("maria", files=EDITED, now=datetime.now(UTC)).requests
    screen.goto(address(live_server, request))
    screen.locator("form").first.evaluate("form => { form.noValidate = true }")
    screen.get_by_role("button", name="Approve the issue").click()
    expect(screen.get_by_role("alert")).to_contain_text("Please tick")
    assert complaints(screen) == []


def test_axe_finds_nothing_on_a_closed_page(screen: Page, live_server: LiveServer) -> None:
    [request] = ask("ines", now=datetime.now(UTC)).requests
    screen.goto(address(live_server, request))
    screen.get_by_role("checkbox").first.check()
    screen.get_by_role("button", name="Aprobar el número").click()
    expect(screen.get_by_role("status")).to_contain_text("Su aprobación se registró")
    assert complaints(screen) == []


def test_at_twice_the_size_of_type_nothing_is_cut_off(browser: Browser, live_server: LiveServer) -> None:
    [request] = ask_about_the_sample().requests
    # A browser's zoom of 200 % on a screen of 1280 pixels leaves 640 of them, each twice as large.
    context = browser.new_context(viewport={"width": 640, "height": 500}, device_scale_factor=2)
    page = context.new_page()
    page.goto(address(live_server, request))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frames_show_the_mail_at_both_widths_in_the_chosen_colours(
    without_javascript: Page, live_server: LiveServer, scheme: str
) -> None:
    [request] = ask_about_the_sample().requests
    page = without_javascript
    page.goto(address(live_server, request))
    page.locator(f'input[name="colours-en"][value="{scheme}"]').check()
    for width, kind in ((700, "desk"), (375, "phone")):
        frame = page.locator(f"#mail-en ~ .frames .in-{scheme} iframe.{kind}").first
        frame.scroll_into_view_if_needed()
        box = frame.bounding_box()
        assert box is not None
        assert box["width"] == width
        inside = frame.content_frame.get_by_role("heading", level=1)
        expect(inside).to_be_visible()
        assert "Hello, Ana" in frame.content_frame.locator("body").inner_text()
    other = "dark" if scheme == "light" else "light"
    expect(page.locator(f"#mail-en ~ .frames .in-{other}").first).to_be_hidden()


def test_by_keyboard_alone_and_without_javascript_one_approves(without_javascript: Page, live_server: LiveServer) -> None:
    [request] = ask("maria", files=FILES, now=datetime.now(UTC)).requests
    page = without_javascript
    page.goto(address(live_server, request))
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.locator("input[name=read]:focus").count():
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your approval was recorded")
    assert Approval.objects.get().person == "maria"


def test_without_javascript_one_asks_for_changes_tied_to_sections(without_javascript: Page, live_server: LiveServer) -> None:
    [request] = ask("maria", files=FILES, now=datetime.now(UTC)).requests
    page = without_javascript
    page.goto(address(live_server, request))
    first = page.get_by_role("group", name="Note 1")
    first.get_by_label("Section").select_option(label="What tests tell (English)")
    first.get_by_label("What should change there?").fill("Say how much more.\nAnd for whom.")
    page.get_by_label("About the issue as a whole").fill("Kind, and clear.")
    page.locator("input[name=read]").last.check()
    page.get_by_role("button", name="Ask for these changes").click()
    expect(page.get_by_role("status")).to_contain_text("You asked for changes to issue 2026-12")
    assert list(ReviewNote.objects.order_by("pk").values_list("section", "text")) == [
        ("en:tests", "Say how much more.\nAnd for whom."),
        ("", "Kind, and clear."),
    ]


def test_the_mails_about_a_review_are_as_accessible_as_the_newsletter(screen: Page, live_server: LiveServer) -> None:
    for person in ("maria", "ines"):
        [request] = ask(person, files=FILES, now=datetime.now(UTC)).requests
        screen.goto(address(live_server, request))
        screen.locator("textarea").first.fill("Shorter, please.")
        screen.locator("input[name=read]").last.check()
        press(screen.locator("button").last)
    kinds = set()
    screen.goto("about:blank")  # the page's policy would hold for what is put in its place
    for mail in ServiceMail.objects.all():
        kinds.add(mail.kind)
        screen.set_content(letter_of(mail).html)
        assert complaints(screen, WCAG) == []
        assert screen.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert kinds == {"review-request", "review-changes"}
