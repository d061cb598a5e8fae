"""The SendGrid client against a local server that speaks its protocol and fails as SendGrid does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sendgrid import SendGridAPIClient

from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.delivery.transports.sendgrid_client import SendgridClient
from newsletter.errors import SettingsError, TransportError
from newsletter.settings import SendgridSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letter, letter_form, letters
from tests.integration.delivery.recording_sendgrid import LOST, SLOW, Fault, RecordingSendgrid, posting_to


def transport(service: RecordingSendgrid, *, now: Callable[[], float] = lambda: 1_000.0, **settings: object) -> SendgridTransport:
    values: dict[str, Any] = {"host": service.url, "api_key": SecretStr("SG.test"), "timeout_seconds": 20, "connections": 1}
    return SendgridTransport(SendgridSettings(**(values | settings)), now=now)


def send(
    service: RecordingSendgrid, sent: list[Letter], problems: list[TransportError] | None = None, **settings: Any
) -> dict[int, Answer]:
    with posting_to(service):
        answers = deliver(transport(service, **settings), sent, problems=problems)
    assert Counter(one.delivery_id for one, _ in answers) == Counter(one.delivery_id for one in sent)
    return {one.delivery_id: answer for one, answer in answers}


def always(status: int, headers: dict[str, str] | None = None, **body: object) -> RecordingSendgrid:
    return RecordingSendgrid(fault=lambda _: (status, headers or {}, body))


def refusing(*numbers: int, named: bool = False) -> RecordingSendgrid:
    """``named``: the refusal says whom it is about, as SendGrid often does; else it only says that somebody is bad."""
    bad = {f"reader{number}@example.org" for number in numbers}

    def fault(body: dict[str, Any]) -> Fault | None:
        found = [place for place, person in enumerate(body["personalizations"]) if person["to"][0]["email"] in bad]
        fields = [f"personalizations.{place}.to.0.email" for place in found] if named else ["personalizations"]
        errors = [{"field": field, "message": "Does not contain a valid address."} for field in fields]
        return (400, {}, {"errors": errors}) if found else None

    return RecordingSendgrid(fault=fault)


def test_a_thousand_go_in_one_call_over_one_connection() -> None:
    service = RecordingSendgrid()
    answers = send(service, letters(1_001))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}
    assert [len(body["personalizations"]) for body in service.requests] == [1_000, 1]
    assert len(service.connections) == 1


def test_one_bad_recipient_is_found_and_everybody_else_gets_their_mail() -> None:
    service = refusing(77)
    answers = send(service, letters(1_000))
    assert answers.pop(77) == Answer(AnswerKind.FINAL, "SendGrid 400")
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}
    assert Counter(mail.key for mail in service.mails) == Counter(f"{number:032x}" for number in answers)
    assert len(service.requests) <= 13


@pytest.mark.parametrize(("bad", "calls"), [((77,), 3), ((77, 500), 5), ((1, 2, 3, 4, 5), 11)])
def test_bad_recipients_that_sendgrid_names_cost_few_calls(bad: tuple[int, ...], calls: int) -> None:
    service = refusing(*bad, named=True)
    answers = send(service, letters(1_000))
    assert {number for number, answer in answers.items() if answer.kind is AnswerKind.FINAL} == set(bad)
    assert sum(answer.kind is AnswerKind.ACCEPTED for answer in answers.values()) == 1_000 - len(bad)
    assert len(service.requests) <= calls


@pytest.mark.parametrize("bad", [(3, 4), (1, 1_000), (10, 400, 401, 999)])
def test_several_bad_recipients_are_found_and_nobody_else_waits(bad: tuple[int, ...]) -> None:
    service = refusing(*bad)
    answers = send(service, letters(1_000))
    assert {number for number, answer in answers.items() if answer.kind is AnswerKind.FINAL} == set(bad)
    assert sum(answer.kind is AnswerKind.ACCEPTED for answer in answers.values()) == 1_000 - len(bad)
    assert len(service.requests) <= 13 * len(bad)


def test_looking_for_bad_recipients_has_an_end() -> None:
    service = refusing(*range(1, 201, 2))
    answers = send(service, letters(200))
    assert len(service.requests) == 64
    assert {AnswerKind.THROTTLED, AnswerKind.FINAL} <= {answer.kind for answer in answers.values()}
    assert sum(answer.kind is AnswerKind.ACCEPTED for answer in answers.values()) == len(service.mails)


def test_an_address_that_two_readers_share_spoils_no_call() -> None:
    form = letter_form()
    service = RecordingSendgrid()
    sent = [letter(1, form, address="ana@example.org"), letter(2, form), letter(3, form, address="Ana@Example.org")]
    assert {answer.kind for answer in send(service, sent).values()} == {AnswerKind.ACCEPTED}
    assert [len(body["personalizations"]) for body in service.requests] == [2, 1]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset": "1030"}, 30.0),
        ({"Retry-After": "45"}, 45.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:17:30 GMT"}, 50.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_429_waits_as_long_as_sendgrid_says(headers: dict[str, str], seconds: float | None) -> None:
    answers = send(always(429, headers), letters(3))
    assert set(answers.values()) == {Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=seconds)}


def test_after_429_nobody_knocks_until_the_moment_that_sendgrid_named() -> None:
    service = always(429, {"X-RateLimit-Reset": "1030"})
    answers = send(service, letters(2_500))
    assert set(answers.values()) == {Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=30.0)}
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [201, 500, 503, LOST, SLOW])
def test_a_call_whose_answer_says_nothing_is_unknown_and_never_repeated(status: int) -> None:
    service = always(status)
    answers = send(service, letters(3), timeout_seconds=0.5 if status == SLOW else 20)
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


def test_mail_that_breaks_a_limit_for_everybody_is_not_posted() -> None:
    form = letter_form()
    empty = LetterForm(replace(form.edition, subject=""), form.headers, form.envelope_from, form.message_domain)
    problems: list[TransportError] = []
    service = RecordingSendgrid()
    assert {one.kind for one in send(service, [letter(1, empty)], problems).values()} == {AnswerKind.NOT_SENT}
    assert "the subject is empty" in str(problems[0])
    assert service.requests == []


def test_a_category_that_tells_what_the_issue_is_about_stops_the_mail() -> None:
    service = RecordingSendgrid()
    problems: list[TransportError] = []
    with posting_to(service):
        given = deliver(transport(service, categories=("newsletter", "Results")), letters(2), problems=problems)
    assert {answer.kind for _, answer in given} == {AnswerKind.NOT_SENT}
    assert "'Results' says what the issue is about" in str(problems[0])
    assert service.requests == []


def test_a_category_that_is_a_topic_is_refused_at_the_start() -> None:
    settings = SendgridSettings(api_key=SecretStr("SG.test"), categories=("TNBC",))
    with pytest.raises(SettingsError, match="'TNBC' is a topic"):
        SendgridTransport(settings, topics=["tnbc"])


def test_over_https_sendgrid_is_trusted_by_its_certificate_alone(certificate: Path) -> None:
    service = RecordingSendgrid()
    with posting_to(service, certificate=certificate):
        trusting = deliver(transport(service, ca_file=str(certificate), timeout_seconds=5), letters(2_000))
        problems: list[TransportError] = []
        strange = deliver(transport(service, timeout_seconds=5), letters(1), problems=problems)
    assert Counter(answer.kind for _, answer in trusting) == {AnswerKind.ACCEPTED: 2_000}
    assert len(service.connections) == 1, "one connection for all calls"
    assert [answer.kind for _, answer in strange] == [AnswerKind.NOT_SENT]
    assert "cannot be reached" in str(problems[0])


def test_we_look_to_sendgrid_as_its_own_library_does() -> None:
    service = RecordingSendgrid()
    send(service, letters(1))
    library = SendGridAPIClient("SG.test", host=service.url).client
    assert {name: service.request_headers[0][name] for name in library.request_headers} == library.request_headers


def test_the_key_for_the_eu_region_goes_to_its_host() -> None:
    library = SendGridAPIClient("SG.test")
    library.set_sendgrid_data_residency("eu")
    ours = SendgridClient(SendgridSettings(host="https://api.eu.sendgrid.com", api_key=SecretStr("SG.test")))
    assert ours.host == library.client.host


def test_a_connection_that_was_closed_while_idle_is_opened_again_and_nothing_is_in_doubt() -> None:
    """The server hangs up between two calls; by the second we see it and have sent nothing."""
    service = always(202, {"Connection": "close"})
    answers = send(service, letters(2_001))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}
    assert len(service.connections) == 3


def test_without_a_key_nothing_starts() -> None:
    with pytest.raises(TransportError, match="NEWSLETTER_DELIVERY__SENDGRID__API_KEY"):
        SendgridTransport(SendgridSettings())


def test_the_key_travels_in_its_header_only() -> None:
    service = RecordingSendgrid()
    send(service, letters(1))
    assert service.request_headers[0]["Authorization"] == "Bearer SG.test"
    assert "SG.test" not in str(service.requests)


@pytest.mark.parametrize("looks", [10, 11, 25], ids=["before the head", "after some of them", "before the body"])
def test_what_was_held_for_longer_than_the_lease_is_not_posted(looks: int) -> None:
    service, asked = RecordingSendgrid(), list[Letter]()

    def is_ours(one: Letter) -> bool:
        asked.append(one)
        return len(asked) <= looks

    with posting_to(service):
        answers = deliver(transport(service), letters(10), is_ours=is_ours)
    assert {answer for _, answer in answers} == {Answer(AnswerKind.NOT_SENT, "it was held for longer than the lease")}
    assert len(answers) == 10
    assert service.mails == []


@pytest.mark.parametrize(("seconds", "connections"), [(5, 1), (30, 2)])
def test_a_connection_that_was_idle_for_long_is_not_used_again(
    seconds: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs up just then would leave a call in doubt, and all who are in it."""
    with posting_to(RecordingSendgrid()) as service:
        settings = SendgridSettings(api_key=SecretStr("SG.key"), host=service.url)
        with SendgridClient(settings) as client:
            client.send("GET", "/v3/logs/nobody")
            at = time.monotonic
            monkeypatch.setattr(time, "monotonic", lambda: at() + seconds)
            client.send("GET", "/v3/logs/nobody")
    assert len(service.connections) == connections
