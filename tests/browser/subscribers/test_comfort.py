"""Big enough to read and to press, at any width and zoom, and nothing fetched from anywhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.subscribers.conftest import ReaderOnline

pytestmark = pytest.mark.browser


@pytest.fixture(params=["manage", "unsubscribe", "relative"])
def url(ana: ReaderOnline, request: pytest.FixtureRequest) -> str:
    """Give the address of each page of a reader."""
    urls = {"manage": ana.manage_url, "relative": ana.unsubscribe_url.replace("/u/", "/relative/")}
    return urls.get(request.param, ana.unsubscribe_url)


@pytest.mark.parametrize("width", [1280, 375, 320, 188], ids=["desk", "phone", "small phone", "phone at 200 %"])
def test_no_page_has_to_be_scrolled_sideways(page: Page, url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_text_has_at_least_16_pixels(page: Page, url: str) -> None:
    page.goto(url)
    sizes = page.locator("body :not([type=hidden])").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16


def test_everything_that_can_be_pressed_is_at_least_44_pixels_high(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(url)
    heights = page.locator("button, label, input[type=date], footer a").evaluate_all(
        "all => all.map(one => [one.textContent.trim(), one.getBoundingClientRect().height])"
    )
    assert [found for found in heights if found[1] < 44] == []


def test_focus_can_be_seen_on_everything_that_takes_it(page: Page, url: str) -> None:
    page.goto(url)
    for _ in range(page.locator("a, button, input:not([type=hidden])").count()):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "3px" in outline, page.evaluate("document.activeElement.outerHTML")


def test_a_page_fetches_nothing_but_itself_and_breaks_no_policy(page: Page, url: str) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(url)
    assert [request for request in requests if request != url and not request.endswith("/favicon.ico")] == []
    assert [complaint for complaint in complaints if "Content Security Policy" in complaint] == []
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
