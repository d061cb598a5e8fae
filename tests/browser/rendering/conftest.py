"""What the tests of this folder look at: every letter of the gallery and the newest sample issue, in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.authoring.folder import GALLERY, ISSUES, list_issues, read_issues
from newsletter.rendering.design import load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.render import render_editions
from tests.unit.rendering.drafting import BOTH_LANGUAGES

HOME = Path(os.environ["NEWSLETTER_TEST_SITE"])
READER = Personal("Alexandra", "alexandra@example.org", "https://example.org/m/a", "https://example.org/u/a")


def draw_editions(home: Path) -> dict[str, Edition]:
    """Render the gallery and the newest sample issue of a site folder, each edition under a name such as gallery-2026-12-es."""
    design = load_design(home)
    shelves = [(GALLERY, list_issues(home, GALLERY), "gallery"), (ISSUES, list_issues(home)[-1:], "sample")]
    return {
        f"{called}-{name}-{edition.language}": edition
        for shelf, names, called in shelves
        for name in names
        for edition in render_editions(read_issues(home, name, BOTH_LANGUAGES.languages, shelf=shelf), design, BOTH_LANGUAGES)
    }


def filled(html: str) -> str:
    """Give a mail as its reader gets it."""
    return fill(html, READER.value)


@pytest.fixture(scope="session")
def editions() -> dict[str, Edition]:
    """Render everything once."""
    return draw_editions(HOME)


@pytest.fixture(scope="module")
def offline_page(browser: Browser) -> Iterator[Page]:
    """Open a page that reaches nobody; each test sets its size and scheme."""
    context = browser.new_context()
    context.route("**/*", lambda route: route.abort())
    yield context.new_page()
    context.close()
