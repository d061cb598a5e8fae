"""Everything a reader may want works with the keyboard alone and with JavaScript off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.subscribers.farewells import count_reasons
from newsletter.subscribers.installation import sealer
from tests.browser.subscribers.conftest import ReaderOnline
from tests.mailed import mails

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


def test_an_issue_can_be_skipped_and_the_page_says_which_comes_then(phone: Page, ines: ReaderOnline) -> None:
    phone.goto(ines.manage_url)
    tab_to(phone, "[name=next]")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert ines.reader.subscriber().snoozed_until is not None
    assert "El primer número después de esa fecha está previsto para el" in phone.inner_text("[aria-labelledby=pause]")


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "The newsletter comes to you again"), ("es", "Seguirá recibiendo el boletín")]
)
def test_a_goodbye_can_be_explained_and_taken_back(
    phone: Page, ana: ReaderOnline, ines: ReaderOnline, language: str, heading: str
) -> None:
    online = ana if language == "en" else ines
    phone.goto(online.manage_url)
    tab_to(phone, "[aria-labelledby=goodbye] button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("[name=reason]")
    tab_to(phone, "[name=reason]:first-of-type")
    phone.keyboard.press("ArrowDown")
    tab_to(phone, "[name=why]")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert [(reason, number) for _, reason, number in count_reasons()] == [("too_many_mails", 1)]
    tab_to(phone, "[name=back]")
    phone.keyboard.press("Enter")
    phone.wait_for_selector(f"h1:has-text('{heading}')")
    assert online.reader.subscriber().subscriptions.filter(ended_at__isnull=True).count() == 1


@pytest.mark.parametrize(("language", "heading"), [("en", "We are so sorry"), ("es", "Lo sentimos mucho")])
def test_a_family_finds_the_page_for_them(
    phone: Page, ana: ReaderOnline, ines: ReaderOnline, language: str, heading: str
) -> None:
    online = ana if language == "en" else ines
    phone.goto(online.unsubscribe_url)
    tab_to(phone, "main a[href^='/relative/']")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("[name=died]")
    tab_to(phone, "[name=died]")
    phone.keyboard.press("Enter")
    phone.wait_for_selector(f"h1:has-text('{heading}')")
    assert online.reader.subscription().end_reason == "died"


def test_a_link_to_everything_that_is_stored_can_be_mailed(phone: Page, ana: ReaderOnline) -> None:
    phone.goto(ana.manage_url)
    tab_to(phone, "[aria-labelledby=stored] button")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#notice:focus")
    assert phone.inner_text("#notice").startswith("A mail is on its way to a•••@e•••.org. The link in it works for 30 minutes.")
    assert len(mails("my-data")) == 1
