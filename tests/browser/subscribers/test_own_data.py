"""What test_walks does not meet behind a fresh link: pressing twice, mistakes, links that are over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.pressing import press
from tests.mailed import fresh_token, mails, token_in
from tests.readers import SignedUp, sign_up

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give a small screen in one scheme."""
    context = browser.new_context(viewport={"width": 375, "height": 740}, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def reader(screen: Page) -> SignedUp:
    """Sign up somebody with a long address and name; English in light colours, Spanish in dark ones."""
    language = "es" if screen.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "en"
    return sign_up("maria.fernanda.de-la-torre@correo.hospital.example", first_name="María Fernanda", language=language)


def own_url(live_server: LiveServer, reader: SignedUp) -> str:
    return f"{live_server.url}/my-data/{fresh_token(reader, now=timezone.now())}"


def complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in found for node in violation["nodes"]]


def test_a_double_press_a_reload_and_the_way_back_show_the_page_again(
    screen: Page, reader: SignedUp, live_server: LiveServer
) -> None:
    screen.goto(own_url(live_server, reader))
    first_name = screen.locator("#first-name")
    screen.locator("button[value=open]").dblclick()
    expect(first_name).to_be_visible()
    screen.reload()
    expect(first_name).to_be_visible()
    press(screen.locator("button[value=erase]"))
    expect(screen.locator("button[value=erase-all]")).to_be_visible()
    press(screen.locator("button[value=open]"))
    expect(first_name).to_be_visible()


def test_axe_finds_nothing_on_any_of_the_pages(screen: Page, reader: SignedUp, live_server: LiveServer) -> None:
    screen.goto(own_url(live_server, reader))
    found = complaints(screen)
    press(screen.locator("button[value=open]"))
    url = screen.url
    found += complaints(screen)
    screen.locator("#first-name").fill("a.example")
    press(screen.locator("button[value=name]"))
    found += complaints(screen)
    screen.locator("#new-address").fill("mari@new.example")
    press(screen.locator("button[value=address]"))
    found += complaints(screen)
    press(screen.locator("button[value=erase]"))
    found += complaints(screen)
    stranger = screen.context.new_page()
    stranger.goto(url)
    found += complaints(stranger)
    press(stranger.locator("button[value=new-link]"))
    found += complaints(stranger)
    stranger.goto(f"{live_server.url}/address/{token_in(mails('address-confirm')[0].text)}")
    found += complaints(stranger)
    press(stranger.locator("button[value=move]"))
    found += complaints(stranger)
    assert found == []
