"""The scheduler's look at an issue's links, from the frozen edition over HTTP to the editors' mail."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from pytest_httpserver import HTTPServer

from newsletter.cli.ticking import Ticking
from newsletter.config import Config
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Slot, SlotState
from newsletter.settings import LinkSettings
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, Files, approve_fully, make_edition
from tests.one_look import take_look
from tests.site_folder import make_site_folder

pytestmark = pytest.mark.django_db(transaction=True)


def site(home: Path, transport: str = "smtp", **links: object) -> Config:
    """Give the settings of a site that may ask this machine; nothing is sent in these tests."""
    known: Config = settings.NEWSLETTER
    looked = LinkSettings.model_validate({"private_hosts": ("localhost",), "timeout_seconds": 5, **links})
    delivery = known.delivery.model_copy(update={"transport": transport})
    return known.model_copy(update={"links": looked, "delivery": delivery, "home": make_site_folder(home / "site")})


def approve_with_link(address: str) -> None:
    edition = make_edition("en")
    approve_fully(Files(editions=(edition, make_edition("es"))).edited(html=f'{edition.html}<a href="{address}">x</a>'))
    schedule_issue(ISSUE, None, cadence=CADENCE, person="sam", now=NOW, system_user="tester")


def told() -> list[str]:
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.order_by("pk")]
    return [mail.text for mail in mails if "links" in mail.subject or "enlaces" in mail.subject]


def test_a_page_that_went_away_after_the_approval_is_mailed_once_and_the_issue_goes_out(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/guide").respond_with_data("", status=410)
    approve_with_link(httpserver.url_for("/guide"))
    ticking = Ticking(site(tmp_path), lambda: SLOT_AT - timedelta(hours=20))
    assert take_look(ticking, "links") == ""
    first = told()
    assert first
    assert all("/guide is broken: the page was taken away for good (410)." in text for text in first)
    asked = len(httpserver.log)
    take_look(ticking, "links")
    assert (told(), len(httpserver.log)) == (first, asked)
    assert Slot.objects.get().state == SlotState.SCHEDULED


def test_with_the_outbox_or_where_nobody_is_to_be_asked_there_is_no_such_look(tmp_path: Path) -> None:
    def looks(name: str, transport: str = "smtp", **links: object) -> set[str]:
        return {look.name for look, _ in Ticking(site(tmp_path / name, transport, **links), lambda: NOW)._jobs}

    assert "links" in looks("one")
    assert "links" not in looks("two", transport="outbox")
    assert "links" not in looks("three", ask=False)


def test_a_scheduler_that_is_stopped_does_not_wait_for_slow_sites(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        approve_with_link(f"http://localhost:{silent.getsockname()[1]}/")
        ticking = Ticking(site(tmp_path, timeout_seconds=60), lambda: SLOT_AT - timedelta(hours=20))
        threading.Timer(0.5, ticking._stop.set).start()
        begun = time.monotonic()
        take_look(ticking, "links")
    assert time.monotonic() - begun < 15
    assert told() == []
