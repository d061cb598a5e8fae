"""Everything a reader may want works with the keyboard alone and with JavaScript off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.subscribers.installation import sealer
from tests.browser.subscribers.conftest import ReaderOnline

pytestmark = pytest.mark.browser

MOST_STOPS = 40


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Give a phone that runs no scripts."""
    context = browser.new_context(viewport={"width": 375, "height": 700}, java_script_enabled=False, locale="en-US")
    yield context.new_page()
    context.close()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as a person does who has no mouse."""
    wanted = page.locator(selector)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if wanted.and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_topics_and_language_can_be_chosen(phone: Page, ana: ReaderOnline) -> None:
    phone.goto(ana.manage_url)
    tab_to(phone, "[name=topic][value=trials]")
    phone.keyboard.press("Space")
    tab_to(phone, "[name=language]:checked")
    phone.keyboard.press("ArrowDown")
    tab_to(phone, "form.choices button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert phone.inner_text("#notice") == "Guardado. Gracias por decírnoslo."
    subscriber = ana.reader.subscriber()
    assert sealer().open_topics(subscriber.topics, lookup=bytes(subscriber.lookup)) == {"tnbc", "trials"}
    assert subscriber.language == "es"


def test_a_pause_can_be_taken_and_ended(phone: Page, ana: ReaderOnline) -> None:
    phone.goto(ana.manage_url)
    tab_to(phone, "[name=months][value='4']")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert "paused until" in phone.title()
    assert ana.reader.subscriber().snoozed_until is not None
    tab_to(phone, "form.resume button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("form.resume", state="detached")
    assert ana.reader.subscriber().snoozed_until is None


def test_a_day_can_be_typed(phone: Page, ana: ReaderOnline) -> None:
    phone.goto(ana.manage_url)
    next_year = str(phone.get_attribute("[name=until]", "max"))[:4]
    tab_to(phone, "[name=until]")
    phone.keyboard.type(f"0101{next_year}")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert str(ana.reader.subscriber().snoozed_until) == f"{next_year}-01-01"


def test_the_newsletter_can_be_stopped_on_the_readers_page(phone: Page, ana: ReaderOnline) -> None:
    phone.goto(ana.manage_url)
    tab_to(phone, "[aria-labelledby=goodbye] button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("h1:has-text('You are unsubscribed')")
    assert ana.reader.subscription().end_reason == "unsubscribed"


def test_the_newsletter_can_be_stopped_with_the_link_of_a_mail(phone: Page, ines: ReaderOnline) -> None:
    phone.goto(ines.unsubscribe_url)
    assert ines.reader.subscription().ended_at is None
    tab_to(phone, "main button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("h1:has-text('Su suscripción ha terminado')")
    assert ines.reader.subscription().end_reason == "unsubscribed"
