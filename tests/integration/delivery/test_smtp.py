"""The SMTP client against a server that misbehaves in every way that matters."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.config import SmtpSettings
from newsletter.delivery.transports import smtp_greeting
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.delivery.transports.smtp_wire import SmtpWire
from newsletter.errors import SettingsError, TransportError
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_smtp import DROP, SILENCE, RecordingSmtp, running


def transport(server: RecordingSmtp, **settings: object) -> SmtpTransport:
    quick = {"port": server.port, "connections": 1, "timeout_seconds": 1, "final_timeout_seconds": 1}
    return SmtpTransport(SmtpSettings(**{**quick, **settings}), pauses=(0.01, 0.02))


def send(server: RecordingSmtp, count: int = 3, **settings: object) -> dict[int, Answer]:
    answers = deliver(transport(server, **settings), letters(count))
    assert Counter(one.delivery_id for one, _ in answers) == Counter(range(1, count + 1)), "each letter is answered once"
    return {one.delivery_id: answer for one, answer in answers}


def refusing(number: int, reply: str, *, verb: str = "RCPT") -> RecordingSmtp:
    """Make a server that answers so about the second reader."""
    return RecordingSmtp(refuse=lambda line: reply if line.startswith(verb) and f"reader{number}@" in line else "")


@pytest.mark.parametrize("data_despite_refusals", [True, False])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        ("550 5.1.1 <reader2@example.org>: nobody here", AnswerKind.FINAL, "550 5.1.1 (address)"),
        ("450 4.2.1 reader2 is busy", AnswerKind.RETRYABLE, "450 4.2.1 (mailbox)"),
        ("550 5.7.26 unauthenticated", AnswerKind.POLICY, "550 5.7.26 (policy)"),
        ("552 too much", AnswerKind.RETRYABLE, "552"),
        ("552 5.2.2 full", AnswerKind.FINAL, "552 5.2.2 (mailbox)"),
    ],
)
def test_a_refused_recipient_is_answered_by_the_reply_and_the_others_get_their_mail(
    reply: str, kind: AnswerKind, reason: str, *, extensions: tuple[str, ...], data_despite_refusals: bool
) -> None:
    server = refusing(2, reply)
    server.extensions, server.data_despite_refusals = extensions, data_despite_refusals
    with running(server):
        answers = send(server)
    assert answers[2] == Answer(kind, reason)
    assert {answers[1].kind, answers[3].kind} == {AnswerKind.ACCEPTED}
    assert [mail.recipients for mail in server.mails] == [["reader1@example.org"], ["reader3@example.org"]]
    assert server.connections == 1


def test_a_refused_message_is_answered_by_the_reply_to_its_final_dot() -> None:
    replies = {"reader1@example.org": "550 5.6.0 content", "reader2@example.org": "451 4.3.0 later"}
    server = RecordingSmtp(after_message=lambda recipient: replies.get(recipient, ""))
    with running(server):
        answers = send(server)
    assert [answers[number].kind for number in (1, 2, 3)] == [AnswerKind.FINAL, AnswerKind.RETRYABLE, AnswerKind.ACCEPTED]


def test_a_connection_lost_after_the_final_dot_makes_only_that_letter_unknown() -> None:
    server = RecordingSmtp(after_message=lambda recipient: DROP if recipient.startswith("reader2@") else "")
    with running(server):
        answers = send(server)
    assert answers[2].kind is AnswerKind.UNKNOWN
    assert answers[3].kind is AnswerKind.NOT_SENT, "its envelope rode along, its message did not"
    assert len(server.mails) == 2, "the server had taken it"


def test_silence_after_the_final_dot_is_unknown_and_not_waited_for_for_ever() -> None:
    server = RecordingSmtp(after_message=lambda recipient: SILENCE if recipient.startswith("reader3@") else "")
    with running(server):
        answers = send(server)
    assert answers[3].kind is AnswerKind.UNKNOWN


@pytest.mark.parametrize("fault", [DROP, SILENCE, "hello?"])
def test_a_connection_lost_before_the_message_can_be_tried_again(fault: str) -> None:
    server = refusing(1, fault)
    with running(server):
        answers = send(server, 1)
    assert answers[1].kind is AnswerKind.RETRYABLE
    assert server.mails == []


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_reply_that_comes_before_the_message_is_no_answer_to_it(extensions: tuple[str, ...]) -> None:
    server = RecordingSmtp(extensions=extensions, refuse=lambda line: "354 go on\r\n250 2.0.0 queued" if line == "DATA" else "")
    with running(server):
        answers = send(server, 1)
    assert answers[1].kind is AnswerKind.RETRYABLE
    assert server.mails == []


def test_a_connection_that_the_server_closed_while_idle_is_nobodys_fault() -> None:
    seen: list[str] = []

    def hang_up_once(line: str) -> str:
        seen.append(line)
        return DROP if line.startswith("MAIL") and sum(one.startswith("MAIL") for one in seen) == 2 else ""

    server = RecordingSmtp(extensions=(), refuse=hang_up_once)
    with running(server):
        answers = send(server)
    assert [answers[number].kind for number in (1, 2, 3)] == [AnswerKind.ACCEPTED, AnswerKind.NOT_SENT, AnswerKind.ACCEPTED]
    assert server.connections == 2


def test_421_slows_down_and_starts_a_new_connection() -> None:
    server = refusing(2, "421 4.7.0 too many")
    with running(server):
        answers = send(server)
    assert answers[2] == Answer(AnswerKind.THROTTLED, "421 4.7.0 (policy)")
    assert answers[3].kind is AnswerKind.ACCEPTED
    assert server.connections == 2


def test_a_sender_who_is_refused_is_a_matter_of_policy_not_of_the_reader() -> None:
    server = RecordingSmtp(refuse=lambda line: "553 5.1.8 not yours" if line.startswith("MAIL") else "")
    with running(server):
        answers = send(server, 1)
    assert answers[1].kind is AnswerKind.POLICY


def test_a_reset_that_is_refused_ends_the_connection() -> None:
    server = refusing(1, "550 5.1.1 no")
    usual = server.refuse
    server.refuse = lambda line: "500 what" if line.startswith("RSET") else usual(line)
    with running(server):
        answers = deliver(transport(server), letters(2))
    assert [answer.kind for _, answer in answers] == [AnswerKind.RETRYABLE, AnswerKind.ACCEPTED]


def test_one_connection_carries_as_many_messages_as_allowed() -> None:
    server = RecordingSmtp()
    with running(server):
        send(server, 10, messages_per_connection=4)
    assert server.connections == 3
    assert server.commands.count("QUIT") == 3


def test_a_server_that_knows_only_helo_is_spoken_to_so() -> None:
    server = RecordingSmtp(refuse=lambda line: "502 no" if line.startswith("EHLO") else "")
    with running(server):
        assert {answer.kind for answer in send(server).values()} == {AnswerKind.ACCEPTED}
    assert "HELO [127.0.0.1]" in server.commands


@pytest.mark.parametrize(
    ("server", "settings", "words"),
    [
        (RecordingSmtp(greeting="554 5.7.1 go away"), {}, "does not want to talk to us"),
        (RecordingSmtp(greeting="nonsense"), {}, "does not answer as one should"),
        (RecordingSmtp(refuse=lambda line: SILENCE if line.startswith("EHLO") else ""), {}, "does not answer"),
        (RecordingSmtp(refuse=lambda line: "554 no" if line.startswith("EHLO") else ""), {}, "refuses EHLO"),
        (RecordingSmtp(), {"security": "starttls"}, "offers no STARTTLS"),
        (RecordingSmtp(), {"username": "us", "password": SecretStr("secret")}, "no sign-in"),
        (
            RecordingSmtp(extensions=("AUTH PLAIN",), refuse=lambda line: "535 5.7.8 no" if line.startswith("AUTH") else ""),
            {"username": "us", "password": SecretStr("secret")},
            "refuses delivery.smtp.username",
        ),
    ],
)
def test_a_server_that_cannot_be_used_blames_no_letter(server: RecordingSmtp, settings: dict[str, object], words: str) -> None:
    problems: list[TransportError] = []
    with running(server):
        answers = deliver(transport(server, **settings), letters(1), problems=problems)
    assert [answer.kind for _, answer in answers] == [AnswerKind.NOT_SENT]
    assert words in str(problems[0])
    assert "secret" not in str(problems[0])


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_sign_in_works_on_this_machine(mechanism: str) -> None:
    server = RecordingSmtp(extensions=(f"AUTH {mechanism}",))
    with running(server):
        assert send(server, 1, username="us", password=SecretStr("secret"))[1].kind is AnswerKind.ACCEPTED
    assert "c2VjcmV0" in server.commands or "AUTH PLAIN AHVzAHNlY3JldA==" in server.commands


def with_tls(certificate: Path, *, implicit: bool) -> RecordingSmtp:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return RecordingSmtp(extensions=("PIPELINING", "STARTTLS", "AUTH PLAIN"), context=context, implicit_tls=implicit)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_through_tls_that_is_verified(certificate: Path, security: str) -> None:
    server = with_tls(certificate, implicit=security == "tls")
    with running(server):
        answers = send(server, 5, security=security, ca_file=str(certificate), username="us", password=SecretStr("secret"))
    assert {answer.kind for answer in answers.values()} == {AnswerKind.ACCEPTED}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path, security: str) -> None:
    problems: list[TransportError] = []
    server = with_tls(certificate, implicit=security == "tls")
    with running(server):
        deliver(transport(server, security=security), letters(1), problems=problems)
    assert "not trusted" in str(problems[0])
    assert not any(command.startswith(("MAIL", "AUTH")) for command in server.commands)


def test_plain_text_slipped_in_before_tls_ends_the_connection(certificate: Path) -> None:
    problems: list[TransportError] = []
    server = with_tls(certificate, implicit=False)
    server.refuse = lambda line: "220 go ahead\r\n250 injected" if line == "STARTTLS" else ""
    with running(server):
        deliver(transport(server, security="starttls", ca_file=str(certificate)), letters(1), problems=problems)
    assert "does not answer as one should" in str(problems[0])


def test_a_missing_ca_file_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(SettingsError, match="ca_file"):
        SmtpTransport(SmtpSettings(security="tls", ca_file="/nowhere/ca.pem"))


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(SmtpWire):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            known = transport.get_extra_info
            transport.get_extra_info = (  # type: ignore[method-assign]
                lambda name, default=None: ("192.0.2.1", 25) if name == "peername" else known(name, default)
            )

    monkeypatch.setattr(smtp_greeting, "SmtpWire", Elsewhere)
    problems: list[TransportError] = []
    server = RecordingSmtp(extensions=("AUTH PLAIN",))
    with running(server):
        deliver(transport(server, username="us", password=SecretStr("secret")), letters(1), problems=problems)
    assert "readable by everybody" in str(problems[0])
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_several_connections_share_the_work() -> None:
    server = RecordingSmtp(slowness=0.005)
    with running(server):
        send(server, 60, connections=4)
    assert server.connections == 4
    assert Counter(mail.key for mail in server.mails).most_common(1)[0][1] == 1
