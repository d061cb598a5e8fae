"""The web page on paper: nurses print it for people who do not read on a screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from newsletter.rendering.edition import Edition

pytestmark = pytest.mark.browser


@pytest.fixture
def printed(offline_page: Page, editions: dict[str, Edition]) -> Page:
    """Show the gallery's page as a printer gets it, from a screen that asks for dark colours."""
    offline_page.set_content(editions["gallery-2026-12-en"].web)
    offline_page.emulate_media(media="print", color_scheme="dark")
    offline_page.set_viewport_size({"width": 720, "height": 900})
    return offline_page


def _style(page: Page, selector: str, name: str, pseudo: str = "") -> str:
    element = page.locator(selector).first
    value: str = element.evaluate("(node, [name, pseudo]) => getComputedStyle(node, pseudo || null)[name]", [name, pseudo])
    return value


def test_paper_is_white_and_ink_is_black_even_where_the_screen_is_dark(printed: Page) -> None:
    for selector in ("body", "main", ".card", ".box.note", ".box.important", ".masthead", ".call"):
        assert _style(printed, selector, "backgroundColor") == "rgb(255, 255, 255)", selector
    for selector in ("body", "section p", "section h2", "section a", ".masthead h1", ".call a"):
        assert _style(printed, selector, "color") == "rgb(0, 0, 0)", selector


def test_what_only_a_screen_needs_is_not_printed_and_addresses_are(printed: Page) -> None:
    assert not printed.locator(".contents").is_visible()
    assert not printed.locator(".skip").is_visible()
    assert "https://example.org/guide" in _style(printed, 'section a[href^="http"]', "content", "::after")


def test_cards_stay_whole_and_nothing_runs_off_the_paper(printed: Page) -> None:
    for selector in (".card", ".box", "figure", "tr"):
        assert _style(printed, selector, "breakInside") == "avoid"
    assert printed.evaluate("document.documentElement.scrollWidth") <= 720
    printed.emulate_media(media=None, color_scheme="light")
    assert printed.pdf(format="Letter").startswith(b"%PDF")
