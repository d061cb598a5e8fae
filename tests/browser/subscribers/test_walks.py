"""Every path of a reader, walked in Chromium in both languages: on a phone, by keyboard alone, with JavaScript off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Erasure, Subscriber, Subscription, Suppression
from tests.browser.subscribers.walking import Walk, walk
from tests.readers import SignedUp, sign_up

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "es"]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Give each language of readers."""
    return str(request.param)


@pytest.fixture
def stranger(browser: Browser, live_server: LiveServer, language: str) -> Iterator[Walk]:
    """Give somebody who is no reader yet; their browser says which language they speak."""
    with walk(browser, live_server, language) as walking:
        yield walking


@pytest.fixture
def reader(live_server: LiveServer, language: str) -> SignedUp:
    """Sign up a reader."""
    return sign_up("ines@example.org", first_name="Inés", language=language)


@pytest.fixture
def walking(browser: Browser, live_server: LiveServer, language: str, reader: SignedUp) -> Iterator[Walk]:
    """Give the walk of that reader, whose browser speaks the other language: their own choice counts."""
    other = next(one for one in LANGUAGES if one != language)
    with walk(browser, live_server, language, asks_for=other) as walking:
        yield walking


def test_from_the_form_to_a_page_of_ones_own(stranger: Walk, language: str) -> None:
    stranger.open("/subscribe")
    stranger.type("#address", "rosa@example.org")
    stranger.type("#first-name", "Rosa")
    stranger.tab_to("#consent")
    stranger.page.keyboard.press("Space")
    stranger.wait_as_people_do()
    stranger.press("main form button")
    stranger.open(stranger.mailed("confirm", "confirm"))
    assert Subscription.objects.count() == 0
    stranger.press("main form button", key="Space")
    assert Subscription.objects.get().consent_language == language
    stranger.open(str(stranger.tab_to("main a.button").get_attribute("href")))
    stranger.press("footer a[href^='/privacy']")
    assert stranger.met == 6


def test_topics_language_and_every_kind_of_break(walking: Walk, reader: SignedUp, language: str) -> None:
    walking.open(f"/m/{reader.manage}")
    walking.tab_to("[name=topic][value=trials]")
    walking.page.keyboard.press("Space")
    walking.press("button[name=action][value=choices]", notice=True)
    topics = reader.subscriber()
    assert sealer().open_topics(topics.topics, lookup=bytes(topics.lookup)) == {"tnbc", "trials"}
    days = []
    for button in ("[name=next]", *(f"[name=months][value='{months}']" for months in (2, 4, 6))):
        walking.press(f"button{button}", notice=True)
        days.append(reader.subscriber().snoozed_until)
    assert None not in days
    assert len(set(days)) == len(days)
    next_year = str(walking.page.get_attribute("[name=until]", "max"))[:4]
    walking.tab_to("[name=until]")
    walking.page.keyboard.type(f"0101{next_year}")
    walking.press("form.day button", notice=True)
    assert str(reader.subscriber().snoozed_until) == f"{next_year}-01-01"
    walking.press("form.resume button", notice=True)
    assert reader.subscriber().snoozed_until is None


def test_a_chosen_language_counts_from_that_press_on(walking: Walk, reader: SignedUp, language: str) -> None:
    other = next(one for one in LANGUAGES if one != language)
    walking.open(f"/m/{reader.manage}")
    walking.tab_to("[name=language]:checked")
    walking.page.keyboard.press("ArrowDown" if language == "en" else "ArrowUp")
    walking.language = other
    walking.press("button[name=action][value=choices]", notice=True)
    assert reader.subscriber().language == other


def test_from_a_lost_link_to_everything_that_is_stored_and_to_its_end(walking: Walk, reader: SignedUp, language: str) -> None:
    walking.open(f"/lost-link?lang={language}")
    walking.type("#address", "ines@example.org")
    walking.wait_as_people_do()
    walking.press("main form button")
    walking.open(walking.mailed("link", "m"))
    walking.press("button[value=stored]", notice=True)
    walking.open(walking.mailed("my-data", "my-data"))
    walking.press("button[value=open]")
    walking.type("#first-name", "Inés María")
    walking.press("button[value=name]", notice=True)
    walking.type("#new-address", "ines.nueva@example.org")
    walking.press("button[value=address]", notice=True)
    for kind, ending in (("page", ".html"), ("json", ".json")):
        walking.tab_to(f"button[value={kind}]")
        with walking.page.expect_download() as download:
            walking.page.keyboard.press("Enter")
        assert download.value.suggested_filename.endswith(ending)
    first = walking.page.url
    walking.open(walking.mailed("address-confirm", "address"))
    walking.press("button[value=move]")
    assert Subscriber.objects.get().lookup == sealer().lookup("ines.nueva@example.org")
    walking.open(first)
    walking.open(f"/m/{reader.manage}")
    walking.press("button[value=stored]", notice=True)
    walking.open(walking.mailed("my-data", "my-data"))
    walking.press("button[value=open]")
    expect(walking.page.locator("main")).to_contain_text("ines.nueva@example.org")
    walking.press("button[value=erase]")
    walking.press("button[value=erase-all]")
    assert Erasure.objects.get().reason == "asked"
    assert reader.subscription().ended_at is not None


def test_goodbye_why_and_back_again(walking: Walk, reader: SignedUp) -> None:
    walking.open(f"/m/{reader.manage}")
    walking.press("button[value=goodbye]")
    assert reader.subscription().end_reason == "unsubscribed"
    walking.tab_to("[name=reason]")
    walking.page.keyboard.press("Space")
    walking.press("button[name=why]", notice=True)
    walking.press("button[name=back]")
    walking.open(f"/m/{reader.manage}")
    expect(walking.page.locator("button[value=goodbye]")).to_be_visible()
    walking.open(f"/u/{reader.unsubscribe}")


def test_goodbye_by_the_link_of_a_mail_and_for_somebody_who_has_died(walking: Walk, reader: SignedUp) -> None:
    walking.open(f"/u/{reader.unsubscribe}")
    assert reader.subscription().ended_at is None
    walking.press("button[name=goodbye]")
    walking.open(f"/u/{reader.unsubscribe}")
    walking.press("a[href^='/relative/']")
    walking.press("button[name=died]")
    assert walking.page.locator("a[href^='/lost-link']").count() == 0, "nobody is left who could have lost a link"
    assert Suppression.objects.get().reason == "died"
    walking.open(f"/m/{reader.manage}")


def test_links_that_lead_nowhere_any_more(stranger: Walk, language: str) -> None:
    for path in ("/m/nowhere", "/confirm/nowhere", "/my-data/nowhere", "/address/nowhere", "/issues/"):
        stranger.open(path)
    assert stranger.met == 5
