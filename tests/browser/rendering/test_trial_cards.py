"""Trial cards in Chromium: places that fold up without a script, and cards on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from newsletter.rendering.edition import Edition

pytestmark = pytest.mark.browser

PAPER = 720
"""Pixels between the margins of a sheet, about."""


@pytest.fixture(params=["en", "es"])
def web_page(request: pytest.FixtureRequest, browser: Browser, editions: dict[str, Edition]) -> Page:
    """Show the gallery's page in a browser that runs no script and reaches nobody."""
    context = browser.new_context(java_script_enabled=False)
    request.addfinalizer(context.close)  # noqa: PT021  what it opens, it closes
    context.route("**/*", lambda route: route.abort())
    page = context.new_page()
    page.set_content(editions[f"gallery-2026-12-{request.param}"].web)
    return page


def test_many_places_unfold_by_keyboard_and_without_a_script(web_page: Page) -> None:
    area = web_page.locator("details:not([open])").first
    assert not area.locator("li").first.is_visible()
    area.locator("summary").focus()
    web_page.keyboard.press("Enter")
    assert web_page.locator("#trial_NCT09990010 li").first.is_visible()


def test_a_few_places_are_seen_at_once(web_page: Page) -> None:
    card = web_page.locator("#trial_NCT09990001")
    assert card.locator("details").count() == card.locator("details[open]").count() == 3


@pytest.mark.parametrize("width", [375, 700])
def test_what_can_be_pressed_on_a_card_is_large_enough_to_press(web_page: Page, width: int) -> None:
    """WCAG 2.2, 2.5.8: 24 pixels; axe does not look at summaries."""
    web_page.set_viewport_size({"width": width, "height": 900})
    for summary in web_page.locator("summary").all():
        box = summary.bounding_box()
        assert box is not None
        assert box["height"] >= 24


def test_paper_shows_every_place_though_the_screen_had_folded_them(offline_page: Page, editions: dict[str, Edition]) -> None:
    offline_page.set_content(editions["gallery-2026-12-en"].web)
    offline_page.emulate_media(media="print", color_scheme="dark")
    offline_page.set_viewport_size({"width": PAPER, "height": 900})
    places = offline_page.locator("#trial_NCT09990010 details:not([open]) li")
    assert places.count() > 50
    seen = "places => places.map(place => place.checkVisibility())"
    assert all(places.evaluate_all(seen))
    offline_page.emulate_media(media="screen")
    assert not any(places.evaluate_all(seen))


def test_on_paper_a_card_is_cut_nowhere_but_where_it_is_longer_than_a_sheet(
    offline_page: Page, editions: dict[str, Edition]
) -> None:
    offline_page.set_content(editions["gallery-2026-12-es"].web)
    offline_page.emulate_media(media="print")
    breaks = offline_page.locator(".trial").evaluate_all(
        "cards => cards.map(card => [card.classList.contains('long'), getComputedStyle(card).breakInside])"
    )
    assert {(True, "auto"), (False, "avoid")} == {tuple(pair) for pair in breaks}
    rows = offline_page.locator(".trial:not(.long) tr, .trial li").evaluate_all(
        "parts => parts.map(part => getComputedStyle(part).breakInside)"
    )
    assert set(rows) == {"avoid"}


def test_a_card_without_many_places_fits_on_a_sheet(offline_page: Page, editions: dict[str, Edition]) -> None:
    """Letter, less its margins and ours, has about 920 pixels."""
    offline_page.set_content(editions["sample-2026-12-en"].web)
    offline_page.emulate_media(media="print")
    offline_page.set_viewport_size({"width": PAPER, "height": 900})
    heights = offline_page.locator(".trial").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().height)")
    assert len(heights) == 2
    assert max(heights) < 920
