"""The sample issue's mail and web page in Chromium: no barrier, and nothing wider than the screen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter.authoring.folder import list_issues, read_issues
from newsletter.rendering.design import load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.render import Letterhead, render_editions

pytestmark = pytest.mark.browser

HOME = Path(os.environ["NEWSLETTER_TEST_SITE"])
READER = Personal("Alexandra", "alexandra@example.org", "https://example.org/m/a", "https://example.org/u/a")
LETTERHEAD = Letterhead(
    name="Mets Matters",
    organisation="SHARE Cancer Support",
    home_page="https://www.sharecancersupport.org",
    postal_address="SHARE Cancer Support, 100 Example Street, New York, NY 10000",
    helpline="844-ASK-SHARE (844-275-7427)",
    helpline_tel="+18442757427",
    base_url="https://letter.example.org",
    languages=("en", "es"),
)
EVERY_MAIL_IS_AN_ARTICLE = {"rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}}
"""A webmail has a main landmark of its own, so a mail may not bring one (MJML's issue 2954)."""


@pytest.fixture(scope="module")
def editions() -> dict[str, Edition]:
    """Render the newest issue of the site folder in both languages."""
    issues = read_issues(HOME, list_issues(HOME)[-1], ("en", "es"))
    return {edition.language: edition for edition in render_editions(issues, load_design(HOME), LETTERHEAD)}


@pytest.fixture(params=[(700, "light"), (700, "dark"), (375, "light"), (375, "dark")], ids=str)
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """Open a page as wide as a desk's mail window or a phone, in one scheme, that reaches nobody."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.route("**/*", lambda route: route.abort())
    yield context.new_page()
    context.close()


def _look(screen: Page, html: str, options: Mapping[str, object]) -> None:
    screen.set_content(html)
    found = Axe().run(screen, options=dict(options))
    assert found.violations_count == 0, found.generate_report()
    assert screen.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _mail(edition: Edition) -> str:
    return fill(edition.html, READER.value)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_mail_has_no_barrier(screen: Page, editions: dict[str, Edition], language: str) -> None:
    _look(screen, _mail(editions[language]), EVERY_MAIL_IS_AN_ARTICLE)


def test_the_mail_has_no_barrier_where_a_mail_program_drops_its_styles(screen: Page, editions: dict[str, Edition]) -> None:
    bare = re.sub(r"<style.*?</style>", "", _mail(editions["en"]), flags=re.DOTALL)
    _look(screen, bare, EVERY_MAIL_IS_AN_ARTICLE)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_web_page_has_no_barrier(screen: Page, editions: dict[str, Edition], language: str) -> None:
    _look(screen, editions[language].web, {})
