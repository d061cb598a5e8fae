"""What a server's reply means for the letter that it answers."""

from __future__ import annotations

import pytest

from newsletter.delivery.transports.port import AnswerKind
from newsletter.delivery.transports.smtp_reply import About, Reply

ACCEPTED, RETRYABLE, THROTTLED = AnswerKind.ACCEPTED, AnswerKind.RETRYABLE, AnswerKind.THROTTLED
FINAL, POLICY = AnswerKind.FINAL, AnswerKind.POLICY


@pytest.mark.parametrize(
    ("code", "text", "kind", "status"),
    [
        (250, "2.0.0 ok", ACCEPTED, "250 2.0.0"),
        (251, "will forward", ACCEPTED, "251"),
        (421, "4.3.2 shutting down", THROTTLED, "421 4.3.2 (mail system)"),
        (421, "", THROTTLED, "421"),
        (421, "4.7.28 rate", THROTTLED, "421 4.7.28 (policy)"),
        (450, "4.7.1 greylisted", RETRYABLE, "450 4.7.1 (policy)"),
        (450, "4.2.0 greylisted", RETRYABLE, "450 4.2.0 (mailbox)"),
        (450, "4.7.28 flood", THROTTLED, "450 4.7.28 (policy)"),
        (450, "4.2.1 receiving at a rate", RETRYABLE, "450 4.2.1 (mailbox)"),
        (451, "4.7.650 rate limited", THROTTLED, "451 4.7.650 (policy)"),
        (451, "4.4.5 congested", THROTTLED, "451 4.4.5 (network or routing)"),
        (451, "try again", RETRYABLE, "451"),
        (452, "4.3.1 no room", RETRYABLE, "452 4.3.1 (mail system)"),
        (452, "4.5.3 too many recipients", THROTTLED, "452 4.5.3 (protocol)"),
        (454, "Throttling failure: Maximum sending rate exceeded", THROTTLED, "454"),
        (550, "5.1.1 <ana@example.org> unknown", FINAL, "550 5.1.1 (address)"),
        (550, "5.7.515 access denied", POLICY, "550 5.7.515 (policy)"),
        (550, "5.1.8 ana@example.org: sender", POLICY, "550 5.1.8 (address)"),
        (554, "5.7.1 ana@example.org: relay access denied", POLICY, "554 5.7.1 (policy)"),
        (530, "sign in first", POLICY, "530"),
        (503, "5.5.1 bad sequence", POLICY, "503 5.5.1 (protocol)"),
        (552, "5.3.4 too big", FINAL, "552 5.3.4 (mail system)"),
        (552, "5.2.2 ana@example.org is full", FINAL, "552 5.2.2 (mailbox)"),
        (554, "ana@example.org", FINAL, "554"),
        (550, "5.9.1 odd", FINAL, "550 5.9.1"),
        (550, "5.1 no enhanced code", FINAL, "550"),
    ],
)
def test_a_reply_is_judged_by_its_codes_and_none_of_its_words_are_kept(
    code: int, text: str, kind: AnswerKind, status: str
) -> None:
    reply = Reply(code, (text,))
    assert reply.judge(About.RECIPIENT).kind is kind
    assert reply.status == status
    assert "ana" not in reply.judge(About.RECIPIENT).reason


def test_552_is_about_storage_when_a_recipient_is_named_and_about_size_when_the_mail_is_there() -> None:
    """RFC 5321, 4.5.3.1.10: servers of old say 552 for too many recipients, and clients should take it as 452."""
    assert Reply(552, ("too much",)).judge(About.RECIPIENT).kind is RETRYABLE
    assert Reply(552, ("5.5.3 too many",)).judge(About.RECIPIENT).kind is THROTTLED
    assert Reply(552, ("too much",)).judge(About.MESSAGE).kind is FINAL


def test_whatever_is_said_against_the_sender_is_no_readers_fault() -> None:
    assert Reply(550, ("who are you",)).judge(About.SENDER).kind is POLICY
    assert Reply(451, ("later",)).judge(About.SENDER).kind is RETRYABLE


def test_a_refusal_gives_its_codes_and_nothing_else() -> None:
    assert Reply(550, ("5.1.1 <ana@example.org> unknown",)).judge(About.RECIPIENT).refused_with == "550 5.1.1"
    assert Reply(550, ("ana@example.org unknown, not 5.1.1",)).judge(About.MESSAGE).refused_with == "550"
    assert Reply(550, ("5.1.1 no such sender",)).judge(About.SENDER).kind is POLICY
