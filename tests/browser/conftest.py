"""One Chromium for all browser tests, and a fresh page of it for each.

Playwright's synchronous interface keeps an event loop running in the thread that uses it. Two things follow. Django would
refuse database calls beside a running loop: ``DJANGO_ALLOW_ASYNC_UNSAFE`` tells it that this loop is not its concern. And tests
that start a loop of their own could not run after it: so the browser tests come last.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests after all others, in the order they have."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def find_chromium() -> Path | None:
    """Find the system's Chromium, whatever the distribution calls it."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((Path(path) for path in found if path), None)


@pytest.fixture(scope="session", autouse=True)
def static_url() -> Iterator[None]:
    """Name the folder of static files, of which we have none: Django's live server does not start without the name."""
    with override_settings(STATIC_URL="/static/"):
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a headless Chromium; skip where there is none."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("browser tests need Chromium (on Debian: apt-get install chromium)")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page in a profile of its own, as wide as a desk's screen, in English and light colours."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", color_scheme="light")
    yield context.new_page()
    context.close()
