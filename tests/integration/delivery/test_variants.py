"""Each reader gets the mail for the topics that they chose; and nothing but the mail itself says which topics these are."""

from __future__ import annotations

import email
import email.policy
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from django.apps import apps
from pydantic import SecretStr
from structlog.testing import capture_logs

from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Delivery
from newsletter.delivery.sending import DeliverySummary, deliver_open_sends
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.port import Answer, AnswerKind, Transport
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.settings import SendgridSettings, SmtpSettings
from newsletter.subscribers.models import Subscriber
from newsletter.subscribers.sealing import Sealer
from tests.contract.delivery.samples import CHOICES, TOPICS, add_readers, begin_send, edition, expected_mark, handovers, mark_of
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.integration.delivery.scripted import HeldClock, ScriptedTransport, config, deliver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

PARTS = {"content", "personalizations"}
PERSONAL_HEADERS = {"To", "Message-ID", "List-Unsubscribe"}


def marks(part: str) -> list[str]:
    return [mark for mark in (mark_of(choice) for choice in ((), TOPICS, TOPICS[:1], TOPICS[1:])) if mark in part]


def open_varied_send(readers: int, *, languages: tuple[str, ...] = ("en", "es"), transport: str = "smtp") -> None:
    add_readers(readers, languages=languages, choices=CHOICES)
    begin_send(transport=transport, varied=True)


def deliver_by(transport: Transport) -> DeliverySummary:
    return deliver_open_sends(config(transport="smtp"), HeldClock(), worker="test", transport=transport)


def stored_outside_publishing() -> str:
    """Give every value of every table but those that hold the issues themselves, which name their topics."""
    return "".join(
        repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
        for model in apps.get_models()
        if model._meta.app_label != "publishing"
        for row in model._default_manager.values_list()
    )


def test_by_smtp_everybody_gets_the_mail_for_their_topics_and_nothing_else_tells() -> None:
    open_varied_send(120)
    with running(RecordingSmtp()) as server, capture_logs() as lines:
        deliver_by(SmtpTransport(SmtpSettings(port=server.port, connections=3, timeout_seconds=5)))
    headers: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for mail in server.mails:
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        [address] = mail.recipients
        assert marks(html.get_content()) == marks(text.get_content()) == [expected_mark(address)]
        same = tuple((name, str(value)) for name, value in message.items() if name not in PERSONAL_HEADERS)
        headers.setdefault(message.get_boundary("").strip(), set()).add(same)
    assert Counter(mail.recipients[0] for mail in server.mails) == Counter(f"reader{n}@example.org" for n in range(1, 121))
    assert [len(alike) for alike in headers.values()] == [1, 1], "within a language the headers are the same for everybody"
    assert handovers() == {"accepted": 120}
    said = stored_outside_publishing() + "".join(mail.content.decode() for mail in server.mails) + repr(lines)
    for topic in TOPICS:
        assert topic not in said
    assert set(Delivery.objects.values_list("reason", "handed_over_at", "due_at", "attempts")) == {
        ("", HeldClock().now, 0.0, 1)
    }, "no delivery differs from another but in its key"


def test_the_moment_of_a_handover_does_not_tell_who_went_in_one_request() -> None:
    open_varied_send(3, transport="outbox")
    clock = HeldClock(HeldClock().now.replace(minute=41, second=7, microsecond=99))
    deliver(ScriptedTransport(), clock=clock)
    [stored] = set(Delivery.objects.values_list("handed_over_at", flat=True))
    assert stored == clock.now.replace(minute=0, second=0, microsecond=0)


def test_a_mail_server_gets_the_mails_in_an_order_that_tells_nothing_of_topics() -> None:
    open_varied_send(60, languages=("en",), transport="outbox")
    transport = ScriptedTransport(lanes=1)
    deliver(transport)
    assert len(transport.seen) == 60
    assert transport.seen == sorted(transport.seen)


def test_a_thousand_readers_of_four_variants_are_four_requests_to_sendgrid() -> None:
    open_varied_send(1_000, languages=("en",), transport="sendgrid")
    service = RecordingSendgrid()
    with posting_to(service):
        deliver_by(SendgridTransport(SendgridSettings(host=service.url, api_key=SecretStr("SG.test"))))
    assert sorted(len(body["personalizations"]) for body in service.requests) == [167, 167, 333, 333]
    assert Counter(mail.address for mail in service.mails) == Counter(f"reader{n}@example.org" for n in range(1, 1_001))
    for mail in service.mails:
        assert marks(mail.html) == marks(mail.text) == [expected_mark(mail.address)]
    for body in service.requests:
        assert not any(topic in json.dumps(body) for topic in TOPICS)
        assert {key for person in body["personalizations"] for key in person["custom_args"]} == {"delivery"}
    [_] = {json.dumps([body[key] for key in sorted(body.keys() - PARTS)]) for body in service.requests}


def test_into_the_outbox_too(tmp_path: Path) -> None:
    open_varied_send(30, languages=("en",), transport="outbox")
    deliver_open_sends(config(), HeldClock(), worker="test", transport=OutboxTransport(tmp_path))
    for file in (tmp_path / "new").iterdir():
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        html = message.get_body(("html",))
        assert html is not None
        assert marks(html.get_content()) == [expected_mark(str(message["To"]))]
    assert len(list((tmp_path / "new").iterdir())) == 30


def test_whose_topics_cannot_be_read_gets_the_mail_without_any_of_them_and_is_counted() -> None:
    open_varied_send(12, languages=("en",), transport="outbox")
    one, other = Subscriber.objects.order_by("pk")[:2]
    Subscriber.objects.filter(pk=one.pk).update(topics=other.topics)
    seen: dict[str, list[str]] = {}

    def look(one: Letter) -> Answer:
        seen[one.address] = marks(one.form.variant.text)
        return Answer(AnswerKind.ACCEPTED)

    with capture_logs() as lines:
        deliver(ScriptedTransport(look))
    assert seen.pop("reader1@example.org") == [mark_of(())]
    assert all(found == [expected_mark(address)] for address, found in seen.items())
    assert len(seen) == 11
    [line] = [line for line in lines if line["event"] == "topics unreadable"]
    assert line == {"event": "topics unreadable", "log_level": "warning", "readers": 1}


def test_topics_are_opened_only_where_they_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition without ``for`` blocks is delivered though nobody's topics could be read."""
    add_readers(6, choices=CHOICES)
    begin_send(transport="outbox")

    def refuse(*_: object, **__: object) -> frozenset[str]:
        raise AssertionError("topics were opened")

    monkeypatch.setattr(Sealer, "open_topics", refuse)
    deliver(ScriptedTransport())
    assert handovers() == {"accepted": 6}


def test_a_letter_shows_nothing_of_its_topics() -> None:
    open_varied_send(6, transport="outbox")
    shown: list[str] = []

    def look(one: Letter) -> Answer:
        shown.append(repr(replace(one, form=replace(one.form, edition=edition()))))
        return Answer(AnswerKind.ACCEPTED)

    deliver(ScriptedTransport(look))
    assert shown
    assert not any(topic in one for topic in TOPICS for one in shown)
