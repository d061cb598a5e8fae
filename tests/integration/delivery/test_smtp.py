"""The SMTP client against a server that misbehaves in every way that matters."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import TransportError
from newsletter.settings import SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letter, letter_form, letters
from tests.integration.delivery.recording_smtp import DROP, SILENCE, RecordingSmtp, running
from tests.integration.delivery.smtp_sending import send, transport
from tests.unit.delivery.signing import signer, verifies


@dataclass
class Restarting(RecordingSmtp):
    """Greets each connection in its turn, and hangs up on whom it does not welcome."""

    greetings: Iterator[str] = field(default_factory=lambda: iter(()))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greeting = next(self.greetings)
        await super()._talk(reader, writer)


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
    assert answers[2] == Answer(kind, reason, refused_with=reason.partition(" (")[0])
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


@pytest.mark.parametrize("stray", ["250 2.0.0 again", "550 5.1.1 nobody here", "354 go on", "421 4.4.2 idle for too long"])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_reply_too_many_is_the_answer_to_nobodys_letter(extensions: tuple[str, ...], stray: str) -> None:
    """Else each letter would be answered by what the server said of the one before."""
    replies = {"reader1@example.org": f"250 2.0.0 queued\r\n{stray}"}
    server = RecordingSmtp(extensions=extensions, after_message=lambda recipient: replies.get(recipient, ""))
    with running(server):
        answers = send(server)
    assert answers[1].kind is AnswerKind.ACCEPTED
    assert answers[2].kind in {AnswerKind.NOT_SENT, AnswerKind.THROTTLED}
    assert answers[3].kind is AnswerKind.ACCEPTED
    assert [mail.recipients[0] for mail in server.mails] == ["reader3@example.org"], "the script keeps no first one"


def test_421_slows_down_and_starts_a_new_connection() -> None:
    server = refusing(2, "421 4.7.0 too many")
    with running(server):
        answers = send(server)
    assert answers[2] == Answer(AnswerKind.THROTTLED, "421 4.7.0 (policy)", refused_with="421 4.7.0")
    assert answers[3].kind is AnswerKind.ACCEPTED
    assert server.connections == 2


def test_a_sender_who_is_refused_is_a_matter_of_policy_not_of_the_reader() -> None:
    server = RecordingSmtp(refuse=lambda line: "553 5.1.8 not yours" if line.startswith("MAIL") else "")
    with running(server):
        answers = send(server, 1)
    assert answers[1].kind is AnswerKind.POLICY


@pytest.mark.parametrize("reset", ["500 what", DROP, SILENCE])
def test_a_server_that_refuses_somebody_and_then_itself_has_refused_only_them(reset: str) -> None:
    """Some hang up after a refusal: it stands, and the others get their mail over another connection."""
    server = refusing(1, "550 5.1.1 no")
    usual = server.refuse
    server.refuse = lambda line: reset if line.startswith("RSET") else usual(line)
    with running(server):
        answers = send(server, 3)
    assert [answers[number].kind for number in (1, 2, 3)] == [AnswerKind.FINAL, AnswerKind.ACCEPTED, AnswerKind.ACCEPTED]
    assert server.connections == 2


def test_one_connection_carries_as_many_messages_as_allowed() -> None:
    server = RecordingSmtp()
    with running(server):
        send(server, 10, messages_per_connection=4)
    assert server.connections == 3
    assert server.commands.count("QUIT") == 3


def test_several_connections_share_the_work() -> None:
    server = RecordingSmtp(slowness=0.005)
    with running(server):
        send(server, 60, connections=4)
    assert server.connections == 4
    assert Counter(mail.key for mail in server.mails).most_common(1)[0][1] == 1


@pytest.mark.parametrize("extensions", [("PIPELINING", "SIZE 1500", "8BITMIME"), ("SIZE 1500",)])
def test_a_mail_that_is_too_large_is_refused_before_it_is_sent(extensions: tuple[str, ...]) -> None:
    """RFC 1870: the server said what it takes, so it is not asked."""
    small = letters(3)
    large = replace(small[1], form=letter_form(filler="long " * 400))
    server = RecordingSmtp(extensions=extensions)
    with running(server):
        answers = {one.delivery_id: answer for one, answer in deliver(transport(server), [small[0], large, small[2]])}
    assert answers[2].kind is AnswerKind.FINAL
    assert re.fullmatch(r"the mail has \d,\d{3} octets, and the mail server takes 1,500 at most \(SIZE\)", answers[2].reason)
    assert [mail.recipients for mail in server.mails] == [["reader1@example.org"], ["reader3@example.org"]]
    assert server.connections == 1
    assert not any("reader2@" in command for command in server.commands)


@pytest.mark.parametrize("announced", ["SIZE", "SIZE 0", "SIZE 1000000", f"SIZE {'9' * 5000}"])
def test_the_size_is_said_where_sizes_are_announced(announced: str) -> None:
    server = RecordingSmtp(extensions=("PIPELINING", announced))
    with running(server):
        send(server, 2)
    sizes = [len(mail.content) for mail in server.mails]
    assert [command.partition(" SIZE=")[2] for command in server.commands if command.startswith("MAIL")] == [
        str(n) for n in sizes
    ]


def test_bodies_are_7bit_whether_or_not_the_server_takes_8bit() -> None:
    """RFC 6152: what is not declared is 7bit, so that nothing has to be converted on the way."""
    for extensions in (("PIPELINING", "8BITMIME"), ("PIPELINING",)):
        server = RecordingSmtp(extensions=extensions)
        with running(server):
            deliver(transport(server), [letter(1, letter_form("es"), first_name="Zoë 日本")])
        assert server.mails[0].content.isascii()
        assert not any("BODY=" in command for command in server.commands)


def test_a_server_that_starts_anew_is_tried_again_within_the_run() -> None:
    """Its connection breaks and new ones are refused for a while; the letters wait, and nobody is blamed."""
    greetings = iter(["220 first", "554 starting", "554 starting", *["220 back"] * 20])
    refusals = {"left": 1}

    def hang_up_once(line: str) -> str:
        if line.startswith("MAIL") and len(server.mails) == 2 and refusals["left"]:
            refusals["left"] = 0
            return DROP
        return ""

    server = Restarting(greetings=greetings, refuse=hang_up_once, extensions=())
    with running(server):
        answers = deliver(transport(server), letters(8))
    kinds = Counter(answer.kind for _, answer in answers)
    assert kinds == {AnswerKind.ACCEPTED: 5, AnswerKind.NOT_SENT: 3}
    assert server.connections == 4


def test_a_server_that_does_not_come_back_ends_the_lane() -> None:
    greetings = iter(["220 first", *["554 gone"] * 20])
    server = Restarting(greetings=greetings)
    problems: list[TransportError] = []
    with running(server):
        answers = deliver(transport(server, messages_per_connection=2), letters(8), problems=problems)
    assert Counter(answer.kind for _, answer in answers) == {AnswerKind.ACCEPTED: 2, AnswerKind.NOT_SENT: 3}
    assert "does not want to talk to us (554)" in str(problems[0])


def test_lanes_that_get_no_connection_leave_the_work_to_those_that_have_one() -> None:
    """Many servers allow a client only so many connections."""
    greetings = iter(["220 one", "220 two", *["421 4.7.0 too many connections"] * 50])
    server = Restarting(greetings=greetings, slowness=0.002)
    problems: list[TransportError] = []
    with running(server):
        answers = deliver(transport(server, connections=6), letters(60), problems=problems)
    accepted = sum(answer.kind is AnswerKind.ACCEPTED for _, answer in answers)
    assert accepted + sum(answer.kind is AnswerKind.NOT_SENT for _, answer in answers) == 60
    assert accepted >= 40
    assert len(server.mails) == accepted


def test_who_gets_nothing_through_waits_longer_each_time() -> None:
    """Throttled twice, then taken, then throttled again."""
    replies = iter(["450 4.7.28 too fast", "450 4.7.28 too fast", "", "450 4.7.28 too fast"])
    server = RecordingSmtp(extensions=(), refuse=lambda line: next(replies) if line.startswith("RCPT") else "")
    waited: list[float] = []

    class WatchedBag(Mailbag):
        async def closed_within(self, seconds: float) -> bool:
            waited.append(seconds)
            return False

    async def run() -> list[AnswerKind]:
        bag, given = WatchedBag(), list[AnswerKind]()
        bag.put(letters(4))
        bag.close()
        await transport(server).run_lane(bag, answer=lambda _, answer: given.append(answer.kind))
        return given

    with running(server):
        slowed = AnswerKind.THROTTLED
        assert asyncio.run(run()) == [slowed, slowed, AnswerKind.ACCEPTED, slowed]
    assert waited == [0.01, 0.02, 0.01]


def test_a_letter_is_signed_and_arrives_as_it_was_signed() -> None:
    server = RecordingSmtp()
    with running(server):
        signing = SmtpTransport(SmtpSettings(port=server.port, connections=3, timeout_seconds=5), signer=signer())
        now = datetime.now(UTC)
        deliver(signing, [replace(one, date=now) for one in letters(12)])
    assert len(server.mails) == 12
    assert all(verifies(mail.content) for mail in server.mails)
