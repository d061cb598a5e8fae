"""axe finds nothing to complain about on any page, in either language, on a phone and on a desk, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.pressing import press
from tests.browser.subscribers.conftest import ReaderOnline, online
from tests.readers import sign_up

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "es"]


@pytest.fixture(params=[(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give a page of one width in one scheme."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


@pytest.fixture(params=LANGUAGES)
def reader(live_server: LiveServer, request: pytest.FixtureRequest) -> ReaderOnline:
    """Sign up a reader of each language."""
    return online(live_server, sign_up(language=request.param))


def complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in found for node in violation["nodes"]]


def test_the_manage_page_with_a_pause_and_its_notice(screen: Page, reader: ReaderOnline) -> None:
    screen.goto(reader.manage_url)
    press(screen.locator("button[name=months]").first)
    assert screen.locator("#notice").is_visible()
    assert complaints(screen) == []


def test_the_manage_page_with_a_problem(screen: Page, reader: ReaderOnline) -> None:
    screen.goto(reader.manage_url)
    screen.locator("form.day").evaluate("form => { form.noValidate = true }")
    press(screen.locator("form.day button"))
    assert screen.locator("#notice.problem").is_visible()
    assert complaints(screen) == []


def test_the_unsubscribe_page_and_the_goodbye_with_its_ways_back(screen: Page, reader: ReaderOnline) -> None:
    screen.goto(reader.unsubscribe_url)
    assert complaints(screen) == []
    press(screen.locator("main button"))
    assert complaints(screen) == []
    press(screen.locator("[name=why]"))
    assert screen.locator("#notice").is_visible()
    assert complaints(screen) == []
    press(screen.locator("[name=back]"))
    assert complaints(screen) == []


def test_the_pages_for_a_family(screen: Page, reader: ReaderOnline) -> None:
    screen.goto(reader.unsubscribe_url.replace("/u/", "/relative/"))
    assert complaints(screen) == []
    press(screen.locator("main button"))
    assert complaints(screen) == []


def test_the_page_that_asks_once_more(screen: Page, reader: ReaderOnline) -> None:
    screen.goto(reader.unsubscribe_url)
    act = {"expression": "document.querySelector('main button').click()", "userGesture": False}
    screen.context.new_cdp_session(screen).send("Runtime.evaluate", act)
    screen.wait_for_selector("[name=again]")
    assert complaints(screen) == []


def test_the_page_for_a_link_that_leads_nowhere(screen: Page, live_server: LiveServer) -> None:
    screen.goto(f"{live_server.url}/m/nowhere")
    assert complaints(screen) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_privacy_page(screen: Page, live_server: LiveServer, language: str) -> None:
    screen.goto(f"{live_server.url}/privacy?lang={language}")
    assert complaints(screen) == []
