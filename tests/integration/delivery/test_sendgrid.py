"""The SendGrid client against a local server that speaks its protocol and fails as SendGrid does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.config import SendgridSettings
from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.errors import TransportError
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letter, letter_form, letters
from tests.integration.delivery.recording_sendgrid import LOST, SLOW, Fault, RecordingSendgrid, posting_to


def transport(service: RecordingSendgrid, **settings: object) -> SendgridTransport:
    values: dict[str, Any] = {"host": service.url, "api_key": SecretStr("SG.test"), "timeout_seconds": 0.5, "connections": 1}
    return SendgridTransport(SendgridSettings(**(values | settings)), now=lambda: 1_000.0)


def send(service: RecordingSendgrid, sent: list[Letter], problems: list[TransportError] | None = None) -> dict[int, Answer]:
    with posting_to(service):
        answers = deliver(transport(service), sent, problems=problems)
    assert Counter(one.delivery_id for one, _ in answers) == Counter(one.delivery_id for one in sent)
    return {one.delivery_id: answer for one, answer in answers}


def always(status: int, headers: dict[str, str] | None = None, **body: object) -> RecordingSendgrid:
    return RecordingSendgrid(fault=lambda _: (status, headers or {}, body))


def refusing(*numbers: int) -> RecordingSendgrid:
    def fault(body: dict[str, Any]) -> Fault | None:
        addresses = {person["to"][0]["email"] for person in body["personalizations"]}
        if addresses & {f"reader{number}@example.org" for number in numbers}:
            return (
                400,
                {},
                {"errors": [{"field": "personalizations.0.to.0.email", "message": "Does not contain a valid address."}]},
            )
        return None

    return RecordingSendgrid(fault=fault)


def test_a_thousand_go_in_one_call_over_one_connection() -> None:
    service = RecordingSendgrid()
    answers = send(service, letters(1_001))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}
    assert [len(body["personalizations"]) for body in service.requests] == [1_000, 1]
    assert len(service.connections) == 1


def test_one_bad_recipient_is_found_and_everybody_else_gets_their_mail() -> None:
    service = refusing(77)
    answers = send(service, letters(200))
    assert answers.pop(77) == Answer(AnswerKind.FINAL, "SendGrid 400")
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}
    assert Counter(mail.key for mail in service.mails).most_common(1)[0][1] == 1
    assert len(service.requests) <= 2 * 8 + 1


def test_looking_for_bad_recipients_has_an_end() -> None:
    service = refusing(*range(1, 201, 2))
    answers = send(service, letters(200))
    assert len(service.requests) == 64
    assert set(Counter(answer.kind for answer in answers.values())) >= {AnswerKind.RETRYABLE, AnswerKind.FINAL}
    assert sum(answer.kind is AnswerKind.ACCEPTED for answer in answers.values()) == len(service.mails)


def test_an_address_that_two_readers_share_spoils_no_call() -> None:
    form = letter_form()
    service = RecordingSendgrid()
    sent = [letter(1, form, address="ana@example.org"), letter(2, form), letter(3, form, address="Ana@Example.org")]
    assert {answer.kind for answer in send(service, sent).values()} == {AnswerKind.ACCEPTED}
    assert [len(body["personalizations"]) for body in service.requests] == [2, 1]


@pytest.mark.parametrize(("headers", "seconds"), [({"X-RateLimit-Reset": "1030"}, 30.0), ({}, None)])
def test_429_waits_as_long_as_sendgrid_says(headers: dict[str, str], seconds: float | None) -> None:
    answers = send(always(429, headers), letters(3))
    assert set(answers.values()) == {Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=seconds)}


@pytest.mark.parametrize("status", [201, 500, 503, LOST, SLOW])
def test_a_call_whose_answer_says_nothing_is_unknown_and_never_repeated(status: int) -> None:
    service = always(status)
    answers = send(service, letters(3))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.UNKNOWN}
    assert len(service.requests) == 1


def test_an_answer_that_cannot_be_decoded_is_unknown_and_stops_nobody_else() -> None:
    answers = send(always(202, {"Content-Encoding": "gzip"}), letters(3))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.UNKNOWN}


def test_a_refused_key_blames_no_letter_and_says_what_to_do() -> None:
    problems: list[TransportError] = []
    answers = send(always(401), letters(3), problems)
    assert {answer.kind for answer in answers.values()} == {AnswerKind.NOT_SENT}
    assert "API key" in str(problems[0])
    assert "SG.test" not in str(problems[0])


def test_fault_with_the_mail_itself_stops_at_once() -> None:
    problems: list[TransportError] = []
    service = always(400, errors=[{"field": "from.email", "message": "The from address does not match a verified Sender."}])
    answers = send(service, letters(50), problems)
    assert {answer.kind for answer in answers.values()} == {AnswerKind.NOT_SENT}
    assert len(service.requests) == 1
    assert "from.email" in str(problems[0])


def test_a_refusal_in_no_known_words_still_finds_who_it_was_for() -> None:
    answers = send(always(400, oops=True), letters(2))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.FINAL}


def test_personal_parts_over_sendgrids_limit_are_refused_before_the_call() -> None:
    service = RecordingSendgrid()
    answers = send(service, [letter(1, letter_form(), first_name="x" * 6_000), letter(2, letter_form())])
    assert answers[1].kind is AnswerKind.FINAL
    assert answers[2].kind is AnswerKind.ACCEPTED


def test_a_mail_too_large_for_sendgrid_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    from newsletter.delivery.transports import sendgrid  # noqa: PLC0415 - the module whose limit is lowered

    monkeypatch.setattr(sendgrid, "MOST_BYTES", 100)
    service = RecordingSendgrid()
    assert {answer.kind for answer in send(service, letters(2)).values()} == {AnswerKind.FINAL}
    assert service.requests == []


def test_without_a_key_nothing_starts() -> None:
    with pytest.raises(TransportError, match="NEWSLETTER_DELIVERY__SENDGRID__API_KEY"):
        SendgridTransport(SendgridSettings())


def test_the_key_travels_in_its_header_only() -> None:
    service = RecordingSendgrid()
    send(service, letters(1))
    assert service.request_headers[0]["Authorization"] == "Bearer SG.test"
    assert "SG.test" not in str(service.requests)
