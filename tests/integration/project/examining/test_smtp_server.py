"""The mail server, examined by a conversation that names no recipient and sends nothing."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.config import Config
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.smtp_server import examine_smtp
from tests.integration.delivery.recording_smtp import DROP, SILENCE, RecordingSmtp, running
from tests.project_config import config_with

EXTENSIONS = ("PIPELINING", "8BITMIME", "SIZE 35882577", "STARTTLS", "AUTH LOGIN PLAIN")

NOW = datetime.now(UTC)


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    """Give the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def settings(server: RecordingSmtp, certificate: Path | None = None, **changes: object) -> Config:
    secure = {"security": "starttls", "ca_file": str(certificate), "username": "letter", "password": "open sesame"}
    smtp = {"host": "127.0.0.1", "port": server.port, **(secure if certificate else {}), **changes}
    return config_with({"delivery.transport": "smtp", "delivery.smtp": smtp})


def examine(config: Config, *, now: datetime = NOW) -> dict[str, Diagnosis]:
    return {one.check: one for one in examine_smtp(config, timeout=1, now=now)}


def test_a_server_that_is_well_is_told_nothing_but_our_sender(certificate: Path, context: ssl.SSLContext) -> None:
    with running(RecordingSmtp(extensions=EXTENSIONS, context=context)) as server:
        found = examine(settings(server, certificate), now=NOW - timedelta(days=100))
    assert {check: one.verdict for check, one in found.items()} == dict.fromkeys(
        ["smtp.connect", "smtp.certificate", "smtp.sign-in", "smtp.extensions", "smtp.sender"], Verdict.OK
    )
    verbs = [command.partition(" ")[0].upper() for command in server.commands]
    assert not {"RCPT", "DATA"} & {*verbs}
    assert verbs[-3:] == ["MAIL", "RSET", "QUIT"]
    assert server.mails == []


def test_a_certificate_that_ends_soon_is_a_problem_before_it_does(certificate: Path, context: ssl.SSLContext) -> None:
    with running(RecordingSmtp(extensions=EXTENSIONS, context=context)) as server:
        verdicts = [
            examine(settings(server, certificate), now=NOW - timedelta(days=days))["smtp.certificate"].verdict
            for days in (0, 10, 100)
        ]
    assert verdicts == [Verdict.PROBLEM, Verdict.WARNING, Verdict.OK]


def test_a_certificate_that_nobody_vouches_for_ends_the_conversation(certificate: Path, context: ssl.SSLContext) -> None:
    with running(RecordingSmtp(extensions=EXTENSIONS, context=context)) as server:
        found = examine(settings(server, certificate, ca_file=""))
        assert not any(command.startswith("AUTH") for command in server.commands)
    assert [*found] == ["smtp.connect"]
    assert "does not hold" in found["smtp.connect"].said


def test_a_wrong_password_is_a_problem_and_is_in_nothing_that_is_said(certificate: Path, context: ssl.SSLContext) -> None:
    def refuse(command: str) -> str:
        return "535 5.7.8 no" if command.startswith("AUTH") else ""

    with running(RecordingSmtp(extensions=EXTENSIONS, context=context, refuse=refuse)) as server:
        found = examine(settings(server, certificate))
    assert found["smtp.sign-in"].verdict is Verdict.PROBLEM
    assert found["smtp.sender"].verdict is Verdict.SKIPPED
    assert "sesame" not in str(found)


def test_a_password_is_never_shown_without_tls() -> None:
    with running(RecordingSmtp(extensions=EXTENSIONS)) as server:
        found = examine(settings(server, username="letter", password="open sesame"))
    assert found["smtp.connect"].verdict is Verdict.PROBLEM
    assert found["smtp.sign-in"].verdict is Verdict.PROBLEM
    assert not any(command.startswith("AUTH") for command in server.commands)


@pytest.mark.parametrize(
    ("said", "shown"), [("550", "550"), ("550 no\x1b]0;owned\x07", "550 no ]0;owned"), ("550-no\r\n550 way", "550 no")]
)
def test_whatever_a_server_says_is_shown_as_plain_words(said: str, shown: str) -> None:
    """It may say nothing, or write to the terminal of whoever reads it."""
    with running(RecordingSmtp(refuse=lambda line: said if line.upper().startswith("MAIL") else "")) as server:
        found = examine(settings(server))
    assert found["smtp.sender"].said.endswith(shown)


@pytest.mark.parametrize("size", [f"SIZE {'9' * 5000}", "SIZE \u00b2"])
def test_a_size_that_is_no_number_is_no_limit(size: str) -> None:
    with running(RecordingSmtp(extensions=("PIPELINING", "8BITMIME", size))) as server:
        assert examine(settings(server))["smtp.extensions"].verdict is Verdict.OK


def test_a_refused_sender_is_a_problem() -> None:
    def refuse(command: str) -> str:
        return "553 5.7.1 not yours" if command.upper().startswith("MAIL") else ""

    with running(RecordingSmtp(extensions=EXTENSIONS, refuse=refuse)) as server:
        found = examine(settings(server))
    assert found["smtp.sender"].verdict is Verdict.PROBLEM
    assert "553 5.7.1 not yours" in found["smtp.sender"].said


@pytest.mark.parametrize(
    ("extensions", "verdict"),
    [(("8BITMIME",), Verdict.WARNING), (("PIPELINING", "8BITMIME", "SIZE 1000"), Verdict.PROBLEM)],
    ids=["no pipelining", "small mails only"],
)
def test_what_the_server_cannot_do_is_said(extensions: tuple[str, ...], verdict: Verdict) -> None:
    with running(RecordingSmtp(extensions=extensions)) as server:
        assert examine(settings(server))["smtp.extensions"].verdict is verdict


@pytest.mark.parametrize("greeting", ["554 5.3.2 closed", "", "what?"], ids=["refuses", "silent", "no mail server"])
def test_whoever_does_not_answer_as_a_mail_server_is_a_problem(greeting: str) -> None:
    with running(RecordingSmtp(greeting=greeting)) as server:
        found = examine(settings(server))
    assert [one.verdict for one in found.values()] == [Verdict.PROBLEM]


@pytest.mark.parametrize("instead", [DROP, SILENCE])
def test_a_server_that_hangs_up_or_falls_silent_is_not_waited_for(instead: str) -> None:
    def refuse(command: str) -> str:
        return instead if command.upper().startswith("MAIL") else ""

    with running(RecordingSmtp(extensions=EXTENSIONS, refuse=refuse)) as server:
        assert examine(settings(server))["smtp.sender"].verdict is Verdict.PROBLEM


def test_nobody_there_is_a_problem() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = RecordingSmtp(port=taken.getsockname()[1])
        assert examine(settings(server))["smtp.connect"].verdict is Verdict.PROBLEM


def test_starttls_that_is_wanted_and_not_offered_is_a_problem(certificate: Path) -> None:
    with running(RecordingSmtp(extensions=("PIPELINING",))) as server:
        assert "does not offer STARTTLS" in examine(settings(server, certificate))["smtp.connect"].said
