"""Pressing what leads to another page. A click does not wait for it: on a busy machine the old page is still there."""

from __future__ import annotations

from playwright.sync_api import Locator


def press(button: Locator) -> None:
    """Press a button or link, and wait until the page that it leads to is loaded."""
    with button.page.expect_navigation():
        button.click()
