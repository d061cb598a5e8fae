"""The archive in a real browser: what its policy lets a page do, and what a screen reader finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import SlotState
from newsletter.publishing.slots import move_slot
from newsletter.rendering.edition import Asset
from tests.browser.pressing import press
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, Files, approve_fully, make_asset

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100"
    "18dd8db00000000049454e44ae426082"
)
PICTURE: Asset = make_asset(PIXEL)

WEB = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mets Matters</title>
<style>h1 {{ color: rgb(1, 2, 3); }}</style></head>
<body><main><h1>Tests</h1><img src="/assets/{PICTURE.name}" alt="A small red square" width="1" height="1">
<script>document.title = "A script ran";</script></main></body></html>
"""


@pytest.fixture
def archive(live_server: LiveServer) -> str:
    """Publish an issue and give the archive's address."""
    files = Files()
    files = replace(files, editions=tuple(replace(edition, web=WEB, assets=(PICTURE,)) for edition in files.editions))
    candidate = approve_fully(files).candidate
    slot = schedule_issue(ISSUE, None, cadence=CADENCE, person="ada", now=NOW, system_user="tester")
    move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)
    return live_server.url


def test_a_page_has_its_style_and_pictures_and_no_script(archive: str, page: Page) -> None:
    page.goto(f"{archive}/issues/{ISSUE}/en/")
    assert page.locator("h1").evaluate("node => getComputedStyle(node).color") == "rgb(1, 2, 3)"
    assert page.locator("img").evaluate("node => node.complete && node.naturalWidth") == 1
    assert page.title() == "Mets Matters"


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_issues_has_no_barrier_and_fits_the_screen(archive: str, page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{archive}/issues/")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_reader_gets_from_the_list_to_an_issue_in_either_language(archive: str, page: Page) -> None:
    page.goto(archive)
    assert page.url == f"{archive}/issues/"
    press(page.get_by_role("link", name="Español"))
    assert page.url == f"{archive}/issues/{ISSUE}/es/"
    page.go_back()
    press(page.get_by_role("link", name=f"Mets Matters {ISSUE} (en)"))
    assert page.url == f"{archive}/issues/{ISSUE}/en/"


def test_nothing_is_loaded_from_anywhere_else_and_no_cookie_is_set(archive: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{archive}/issues/{ISSUE}/en/")
    page.goto(f"{archive}/issues/")
    assert all(url.startswith(archive) for url in asked)
    assert page.context.cookies() == []
