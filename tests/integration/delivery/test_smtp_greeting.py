"""How a connection to a mail server begins: greeting, TLS and sign-in, and what to do when it does not."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.delivery.transports import smtp_greeting
from newsletter.delivery.transports.port import AnswerKind
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.delivery.transports.smtp_wire import SmtpWire
from newsletter.errors import SettingsError, TransportError
from newsletter.settings import SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_smtp import SILENCE, RecordingSmtp, running
from tests.integration.delivery.smtp_sending import send, transport


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


@pytest.mark.parametrize(("offered", "said"), [("AUTH=LOGIN PLAIN", "AUTH PLAIN "), ("AUTH LOGIN", "AUTH LOGIN")])
def test_a_sign_in_is_found_however_it_is_announced(offered: str, said: str) -> None:
    server = RecordingSmtp(extensions=("PIPELINING", offered))
    with running(server):
        send(server, 1, username="us", password=SecretStr("secret"))
    assert any(command.startswith(said) for command in server.commands)


def test_a_server_that_cannot_look_up_a_password_at_present_does_not_call_it_wrong() -> None:
    server = RecordingSmtp(extensions=("AUTH LOGIN",), refuse=lambda line: "454 4.7.0 later" if line.startswith("AUTH") else "")
    problems: list[TransportError] = []
    with running(server):
        deliver(transport(server, username="us", password=SecretStr("secret")), letters(1), problems=problems)
    assert "does not sign us in (454 4.7.0 (policy)). It is tried again later" in str(problems[0])
