"""The report's page in Chromium: axe finds nothing, nothing is cut off, and it fetches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page

from newsletter.delivery.models import BounceKind, Delivery, Handover, Outcome, Progress, Send, SendState
from newsletter.delivery.report.aftermath import full_report
from newsletter.delivery.report.page import report_page
from newsletter.subscribers.installation import sealer
from tests.contract.delivery.samples import ISSUE, NOW, prepared_send

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def report_file(tmp_path: Path) -> Path:
    """Write the page of a send in which everything happened."""
    prepared_send(60, languages=("en", "es"))
    fates: list[dict[str, object]] = [
        {"handover": Handover.FAILED, "reason": "550 5.1.1 (address)"},
        {"handover": Handover.EXCLUDED, "reason": "snoozed"},
        {"handover": Handover.UNKNOWN},
        {"handover": Handover.ACCEPTED, "outcome": Outcome.BOUNCED, "bounce": BounceKind.HARD},
        {"handover": Handover.ACCEPTED, "outcome": Outcome.COMPLAINED},
        {"handover": Handover.ACCEPTED, "outcome": Outcome.DELIVERED},
    ]
    for number, pk in enumerate(Delivery.objects.order_by("pk").values_list("pk", flat=True)):
        Delivery.objects.filter(pk=pk).update(handed_over_at=NOW, **fates[number % len(fates)])
    send = Send.objects.get()
    for minute in range(30):
        Progress.objects.create(send=send, at=NOW + timedelta(minutes=minute), settled=minute * 2)
    Send.objects.update(state=SendState.DONE, prepared_at=NOW, finished_at=NOW + timedelta(minutes=30))
    report = full_report(ISSUE, sealer(), now=NOW + timedelta(days=10))
    file = tmp_path / "report.html"
    file.write_text(report_page(report, settings.NEWSLETTER, language="es", now=NOW), "utf-8")
    return file


@pytest.fixture(params=[(375, "light"), (375, "dark"), (700, "light"), (700, "dark")], ids=str)
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give a page of one width in one scheme."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(screen: Page, report_file: Path) -> None:
    fetched: list[str] = []
    screen.on("request", lambda request: fetched.append(request.url))
    screen.goto(report_file.as_uri())
    found = Axe().run(screen).response["violations"]
    assert [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]] == []
    assert fetched == [report_file.as_uri()]
    viewport = screen.viewport_size
    assert viewport is not None
    assert screen.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_no_word_of_a_picture_is_small_or_runs_into_another(screen: Page, report_file: Path) -> None:
    screen.goto(report_file.as_uri())
    texts = screen.locator("svg.chart").evaluate_all(
        """all => all.map(svg => [...svg.querySelectorAll("text")].map(one => {
            const box = one.getBoundingClientRect(), whole = svg.getBoundingClientRect();
            return {said: one.textContent, left: box.left - whole.left, right: whole.right - box.right, top: box.top,
                    bottom: box.bottom, x: box.left, end: box.right, size: parseFloat(getComputedStyle(one).fontSize)};
        }))"""
    )
    assert len(texts) >= 7
    for picture in texts:
        for number, one in enumerate(picture):
            assert one["size"] >= 16
            assert one["left"] >= -1, one
            assert one["right"] >= -1, one
            for other in picture[number + 1 :]:
                beside = one["end"] <= other["x"] or other["end"] <= one["x"]
                apart = one["bottom"] <= other["top"] + 4 or other["bottom"] <= one["top"] + 4
                assert beside or apart, (one, other)


def test_every_picture_stands_above_the_table_of_its_numbers(screen: Page, report_file: Path) -> None:
    screen.goto(report_file.as_uri())
    sections = screen.locator("section:has(svg.chart)")
    assert sections.count() >= 7
    assert sections.locator("svg.chart ~ .scroller table").count() == sections.count()
