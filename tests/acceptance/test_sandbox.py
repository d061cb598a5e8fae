"""SendGrid's sandbox is for trying: it says yes to every mail and delivers none."""

from __future__ import annotations

from tests.acceptance.conftest import Site, make_due
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to


def in_the_sandbox(site: Site, service: RecordingSendgrid) -> None:
    site.environment |= {
        "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
        "NEWSLETTER_DELIVERY__SENDGRID__HOST": service.url,
        "NEWSLETTER_DELIVERY__SENDGRID__API_KEY": "SG.invented",
        "NEWSLETTER_DELIVERY__SENDGRID__SANDBOX": "true",
    }


def test_a_test_mail_may_go_into_the_sandbox_and_says_that_it_arrives_nowhere(site: Site) -> None:
    with posting_to(RecordingSendgrid()) as service:
        in_the_sandbox(site, service)
        assert "nothing arrives" in site.run("test-send", "2026-12", "--to", "me@example.org")
    assert [body["mail_settings"] for body in service.requests] == [{"sandbox_mode": {"enable": True}}] * 2


def test_an_issue_is_not_spent_in_the_sandbox(approved_site: Site) -> None:
    approved_site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(approved_site)
    with posting_to(RecordingSendgrid()) as service:
        in_the_sandbox(approved_site, service)
        assert "sandbox is true" in approved_site.run("send", "2026-12", code=3)
    assert service.requests == []
    assert "scheduled" in approved_site.run("calendar")
