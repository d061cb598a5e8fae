"""The repository's own issue, as the archive shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.authoring.folder import read_issues
from newsletter.config import Config
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.rendering.design import load_design
from newsletter.rendering.render import Letterhead, render_editions
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, Files, approve_fully

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def archive(live_server: LiveServer) -> str:
    """Render, approve and release the sample issue; give the archive's address."""
    config: Config = settings.NEWSLETTER
    letter = config.newsletter
    letterhead = Letterhead(
        name=letter.name,
        organisation=letter.organisation,
        home_page=letter.home_page,
        postal_address=letter.postal_address,
        helpline=letter.helpline,
        helpline_tel=letter.helpline_tel,
        base_url=live_server.url,
        languages=letter.languages,
    )
    issues = read_issues(config.home, ISSUE, letter.languages)
    candidate = approve_fully(Files(issues, render_editions(issues, load_design(config.home), letterhead))).candidate
    slot = schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)
    return live_server.url


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_issue_shows_whole_and_without_barriers(archive: str, page: Page, language: str, scheme: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{archive}/issues/{ISSUE}/{language}/")
    assert complaints == []
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("main").count() == 1
    pictures = page.locator("img")
    assert pictures.count() > 0
    assert all(pictures.nth(number).evaluate("node => node.naturalWidth") for number in range(pictures.count()))
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 700])
def test_what_it_says_of_closed_trials_has_no_barrier_and_leads_to_the_cards(
    archive: str, page: Page, language: str, scheme: str, width: int
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    later = NOW + timedelta(days=75)
    for nct_id, status in (("NCT09990001", "ACTIVE_NOT_RECRUITING"), ("NCT09990002", "UNKNOWN")):
        TrialStanding.objects.create(nct_id=nct_id, status=status, since=later, asked_at=later, answered_at=later)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{archive}/issues/{ISSUE}/{language}/")
    box = page.locator("aside.box")
    assert box.locator("li").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    box.locator("li a").first.click()
    expect(page.locator("h2:target")).to_have_count(1)
    assert complaints == []
