"""Our pages, asked for as from outside; and a registry's clock."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer

from newsletter.config import Config
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.web_reach import examine_pages, examine_registry
from newsletter.settings import TrialSettings
from tests.project_config import config_with

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(url: str, **changes: object) -> Config:
    return config_with({"web.base_url": url.rstrip("/"), **changes})


def examine(config: Config, tls: ssl.SSLContext | None = None, *, now: datetime = NOW) -> dict[str, Diagnosis]:
    return {one.check: one for one in examine_pages(config, timeout=2, now=now, tls=tls)}


@pytest.mark.django_db(transaction=True)
def test_our_own_pages_are_known_and_looking_changes_nothing(live_server: LiveServer) -> None:
    found = examine(at(live_server.url))
    assert {check: one.verdict for check, one in found.items()} == {"web.reachable": Verdict.OK, "web.one-click": Verdict.OK}


@pytest.mark.django_db(transaction=True)
def test_a_webhook_without_the_key_is_found_out(live_server: LiveServer) -> None:
    found = examine(at(live_server.url, **{"delivery.sendgrid.webhook_public_key": "x"}))
    assert found["web.events"].verdict is Verdict.PROBLEM
    assert "no public key" in found["web.events"].said


def test_a_webhook_that_refuses_what_is_not_signed_is_well(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/issues/").respond_with_data("Mets Matters")
    httpserver.expect_request("/webhooks/sendgrid", method="POST").respond_with_data("", status=403)
    found = examine(at(httpserver.url_for(""), **{"delivery.sendgrid.webhook_public_key": "x"}))
    assert found["web.events"].verdict is Verdict.OK


@pytest.mark.parametrize("status", [200, 302, 405, 500])
def test_anything_else_at_the_webhook_is_a_problem(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/issues/").respond_with_data("Mets Matters")
    httpserver.expect_request("/webhooks/sendgrid").respond_with_data("", status=status)
    found = examine(at(httpserver.url_for(""), **{"delivery.sendgrid.webhook_public_key": "x"}))
    assert found["web.events"].verdict is Verdict.PROBLEM


def test_another_site_at_our_address_is_a_problem(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/issues/").respond_with_data("Welcome to nginx!")
    assert examine(at(httpserver.url_for("")))["web.reachable"].verdict is Verdict.PROBLEM


def test_a_redirect_at_unsubscribe_addresses_is_a_problem(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/issues/").respond_with_data("Mets Matters")
    httpserver.expect_request("/u/" + "A" * 34).respond_with_data("", status=302, headers={"Location": "/sign-in"})
    assert examine(at(httpserver.url_for("")))["web.one-click"].verdict is Verdict.PROBLEM


def test_nobody_there_is_a_problem() -> None:
    assert examine(at("http://127.0.0.1:9"))["web.reachable"].verdict is Verdict.PROBLEM


def test_https_has_to_be_trusted_and_has_to_last(certificate: Path) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", ssl_context=theirs) as server:
        server.expect_request("/issues/").respond_with_data("Mets Matters")
        server.expect_request("/u/" + "A" * 34).respond_with_data("Mets Matters", status=404)
        config = at(server.url_for(""))
        assert examine(config)["web.reachable"].verdict is Verdict.PROBLEM
        trusted = ssl.create_default_context(cafile=str(certificate))
        today = datetime.now(UTC)
        assert examine(config, trusted, now=today)["web.certificate"].verdict is Verdict.PROBLEM
        assert examine(config, trusted, now=today - timedelta(days=60))["web.certificate"].verdict is Verdict.OK


def registry(httpserver: HTTPServer, *, answer: object, ahead: timedelta = timedelta(0)) -> dict[str, Diagnosis]:
    httpserver.expect_request("/studies").respond_with_json(answer)
    config = config_with({"trials.base_url": httpserver.url_for("").rstrip("/")})
    return {one.check: one for one in examine_registry(config, timeout=2, clock=lambda: datetime.now(UTC) + ahead)}


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0, Verdict.OK), (60, Verdict.WARNING), (-60, Verdict.WARNING), (3600, Verdict.PROBLEM)]
)
def test_this_machines_clock_is_held_against_the_registrys(httpserver: HTTPServer, ahead: int, verdict: Verdict) -> None:
    found = registry(httpserver, answer={"studies": []}, ahead=timedelta(seconds=ahead))
    assert found["clock.world"].verdict is verdict
    assert found["trials.registry"].verdict is Verdict.OK


def test_a_registry_that_is_none_is_a_warning(httpserver: HTTPServer) -> None:
    assert registry(httpserver, answer=["sign in"])["trials.registry"].verdict is Verdict.WARNING


def test_the_registry_sees_the_same_program_as_before_a_send(httpserver: HTTPServer) -> None:
    """Its edge turns programs away by their User-Agent: a doctor with another one would prove nothing."""
    registry(httpserver, answer={"studies": []})
    [(request, _)] = httpserver.log
    assert request.headers["User-Agent"] == TrialSettings().user_agent


def test_a_registry_that_turns_us_away_is_a_warning_that_says_what_it_means(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/studies").respond_with_data("", status=403)
    config = config_with({"trials.base_url": httpserver.url_for("").rstrip("/")})
    found = next(iter(examine_registry(config, timeout=2, clock=lambda: datetime.now(UTC))))
    assert found.verdict is Verdict.WARNING
    assert "(403). A send whose trials cannot be checked waits" in str(found)
