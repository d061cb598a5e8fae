"""SendGrid's account, asked by GET alone, over HTTP."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.sendgrid_account import examine_sendgrid
from tests.project_config import config_with

PUBLIC_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
OURS = "https://n.letter.org/webhooks/sendgrid"
EVENTS = dict.fromkeys(["processed", "delivered", "deferred", "bounce", "dropped", "spam_report"], True)
WEBHOOK: dict[str, Any] = {"enabled": True, "url": OURS, "public_key": PUBLIC_KEY, **EVENTS}


def examine(
    httpserver: HTTPServer,
    *,
    scopes: list[str] | None = None,
    webhook: dict[str, Any] | None = None,
    tracking: list[dict[str, Any]] | None = None,
    hidden: Collection[str] = (),
    **changes: object,
) -> dict[str, Diagnosis]:
    for path in hidden:
        httpserver.expect_request(path).respond_with_json({"errors": []}, status=403)
    for path, answer in {
        "/v3/scopes": {"scopes": scopes if scopes is not None else ["mail.send"]},
        "/v3/user/webhooks/event/settings/all": {"max_allowed": 5, "webhooks": [webhook or WEBHOOK]},
        "/v3/tracking_settings": {"result": tracking or [{"name": "open", "enabled": False}]},
    }.items():
        httpserver.expect_request(path, method="GET", headers={"Authorization": "Bearer SG.secret"}).respond_with_json(answer)
    settings = {"host": httpserver.url_for(""), "api_key": "SG.secret", "webhook_public_key": PUBLIC_KEY, **changes}
    config = config_with(
        {"delivery.transport": "sendgrid", "delivery.sendgrid": settings, "web.base_url": "https://n.letter.org"}
    )
    found = {one.check: one for one in examine_sendgrid(config, timeout=2)}
    assert {request.method for request, _ in httpserver.log} <= {"GET"}
    assert "SG.secret" not in str(found)
    return found


def test_an_account_that_is_well(httpserver: HTTPServer) -> None:
    assert {one.verdict for one in examine(httpserver).values()} == {Verdict.OK}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scopes": ["alerts.read"]}, "may not send"),
        ({"sandbox": True}, "sandbox is on"),
        ({"api_key": "SG.other"}, "does not know the key|answers 500"),
        ({"api_key": ""}, "There is no key"),
    ],
)
def test_a_key_that_cannot_send_is_a_problem(httpserver: HTTPServer, changes: dict[str, Any], said: str) -> None:
    httpserver.expect_request("/v3/scopes", headers={"Authorization": "Bearer SG.other"}).respond_with_json({}, status=401)
    found = examine(httpserver, **changes)["sendgrid.key"]
    assert found.verdict is Verdict.PROBLEM
    assert any(part in found.said for part in said.split("|"))


def test_a_key_that_may_do_everything_is_a_warning(httpserver: HTTPServer) -> None:
    found = examine(httpserver, scopes=["mail.send", *(f"right.{number}" for number in range(30))])
    assert found["sendgrid.key"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        ({"url": "https://elsewhere.org/webhooks/sendgrid"}, Verdict.PROBLEM, "No event webhook posts to"),
        ({"enabled": False}, Verdict.PROBLEM, "switched off"),
        ({"public_key": ""}, Verdict.PROBLEM, "does not sign"),
        ({"public_key": "another"}, Verdict.PROBLEM, "another key"),
        ({"bounce": False}, Verdict.PROBLEM, "leaves out: bounce"),
        ({"open": True}, Verdict.WARNING, "posts open"),
    ],
)
def test_events_have_to_come_to_us_signed_and_all_of_them(
    httpserver: HTTPServer, change: dict[str, Any], verdict: Verdict, said: str
) -> None:
    found = examine(httpserver, webhook={**WEBHOOK, **change})["sendgrid.events"]
    assert found.verdict is verdict
    assert said in found.said


def test_without_a_public_key_of_ours_no_event_is_taken(httpserver: HTTPServer) -> None:
    assert examine(httpserver, webhook_public_key="")["sendgrid.events"].verdict is Verdict.PROBLEM


def test_tracking_of_the_account_is_a_warning(httpserver: HTTPServer) -> None:
    tracking = [{"name": "click", "enabled": True}, {"name": "open", "enabled": False}]
    assert "on: click" in examine(httpserver, tracking=tracking)["sendgrid.tracking"].said


def test_what_the_key_may_not_see_is_no_problem(httpserver: HTTPServer) -> None:
    found = examine(httpserver, hidden=["/v3/tracking_settings", "/v3/user/webhooks/event/settings/all"])
    assert found["sendgrid.tracking"].verdict is found["sendgrid.events"].verdict is Verdict.SKIPPED


def test_an_answer_that_makes_no_sense_is_a_problem(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v3/scopes").respond_with_data("<html>a proxy</html>")
    assert examine(httpserver)["sendgrid.key"].verdict is Verdict.PROBLEM
