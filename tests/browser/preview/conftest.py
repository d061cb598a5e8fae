"""`newsletter preview` at work on a site folder of one's own, in the same process, and a window that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page

from newsletter.preview.server import PreviewServer
from newsletter.preview.state import Preview
from newsletter.preview.watching import watch_issue
from tests.unit.preview.conftest import edit, home, preview

__all__ = ["edit", "home", "preview"]


@pytest.fixture
def url(home: Path, preview: Preview) -> Iterator[str]:
    """Serve the preview and watch the files, as the command does."""
    stop = threading.Event()

    def read_again() -> None:
        preview.read_again()

    watching = watch_issue(home, "2026-12", read_again, stop=stop)
    with PreviewServer(preview) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.url
        stop.set()
        preview.close()
        server.shutdown()
        for each in [thread, *watching]:
            each.join(10)


@pytest.fixture
def asked() -> list[str]:
    """Collect the address of everything that the window has asked for."""
    return []


@pytest.fixture
def window(browser: Browser, url: str, asked: list[str]) -> Iterator[Page]:
    """Open the preview in a window of a laptop."""
    context = browser.new_context(viewport={"width": 1360, "height": 850}, locale="en-US", color_scheme="light")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.set_default_timeout(10_000)
    page.goto(url)
    page.frame_locator("#desktop iframe").get_by_text("Hello, Alex").wait_for()
    yield page
    context.close()


def choose(window: Page, tab: str) -> Frame:
    """Choose a tab and give the frame that it shows, when it is there."""
    window.get_by_role("tab", name=tab, exact=True).click()
    handle = window.wait_for_selector('[role="tabpanel"]:not([hidden]) .frame:not(:has(.behind)) iframe')
    frame = handle.content_frame() if handle else None
    assert frame is not None
    return frame
