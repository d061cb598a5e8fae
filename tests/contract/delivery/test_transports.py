"""What every transport promises: the same suite against an outbox folder, an SMTP server and SendGrid's protocol."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from django.conf import settings
from pydantic import SecretStr

from newsletter.authoring.issue import MergeField
from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.service_letters import service_letter
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.port import Answer, AnswerKind, Transport
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import TransportError
from newsletter.postbox.emptying import ClaimedMail
from newsletter.rendering.merge import merge_token
from newsletter.settings import SendgridSettings, SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import NOW, letter, letter_form, letters
from tests.contract.delivery.service_samples import ADDRESS, content
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to
from tests.integration.delivery.recording_smtp import RecordingSmtp, running


@dataclass(frozen=True)
class Arrived:
    """A mail as its reader's program shows it."""

    key: str
    headers: dict[str, str]
    html: str
    text: str


def read(content: bytes) -> Arrived:
    message = email.message_from_bytes(content, policy=email.policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    headers = {name: str(value) for name, value in message.items()}
    return Arrived(headers["Message-ID"][1:33], headers, html.get_content(), text.get_content())


class Place(Protocol):
    """Where mail arrives, whatever the transport."""

    @property
    def transport(self) -> Transport:
        """The transport that leads here."""
        ...

    def arrived(self) -> list[Arrived]:
        """Give what came, in any order."""
        ...

    def unreachable(self) -> Transport:
        """Give the same transport with nobody at the other end."""
        ...


@dataclass
class OutboxPlace:
    folder: Path

    @property
    def transport(self) -> OutboxTransport:
        return OutboxTransport(self.folder)

    def arrived(self) -> list[Arrived]:
        return [read(file.read_bytes()) for file in (self.folder / "new").iterdir()]

    def unreachable(self) -> Transport:
        obstacle = self.folder.with_name("a-file")
        obstacle.write_text("in the way")
        return OutboxTransport(obstacle)


@dataclass
class SmtpPlace:
    server: RecordingSmtp

    @property
    def transport(self) -> SmtpTransport:
        return SmtpTransport(SmtpSettings(port=self.server.port, connections=3, timeout_seconds=5))

    def arrived(self) -> list[Arrived]:
        return [read(mail.content) for mail in self.server.mails]

    def unreachable(self) -> Transport:
        return SmtpTransport(SmtpSettings(port=1, connections=3, timeout_seconds=5))


@dataclass
class SendgridPlace:
    server: RecordingSendgrid

    @property
    def transport(self) -> SendgridTransport:
        return SendgridTransport(SendgridSettings(host=self.server.url, api_key=SecretStr("SG.test"), timeout_seconds=5))

    def arrived(self) -> list[Arrived]:
        return [Arrived(mail.key, mail.headers, mail.html, mail.text) for mail in self.server.mails]

    def unreachable(self) -> Transport:
        return SendgridTransport(SendgridSettings(host="http://127.0.0.1:1", api_key=SecretStr("SG.test"), timeout_seconds=5))


@pytest.fixture(params=["outbox", "smtp", "sendgrid"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "outbox":
        yield OutboxPlace(tmp_path / "outbox")
    elif request.param == "smtp":
        with running(RecordingSmtp()) as server:
            yield SmtpPlace(server)
    else:
        with posting_to(RecordingSendgrid()) as service:
            yield SendgridPlace(service)


def kinds(answers: Sequence[tuple[Letter, Answer]]) -> Counter[AnswerKind]:
    return Counter(answer.kind for _, answer in answers)


def test_every_letter_arrives_once_and_is_answered_once(place: Place) -> None:
    sent = letters(57)
    answers = deliver(place.transport, sent)
    assert kinds(answers) == {AnswerKind.ACCEPTED: 57}
    assert Counter(one.delivery_id for one, _ in answers) == Counter(range(1, 58))
    assert Counter(mail.key for mail in place.arrived()) == Counter(one.key for one in sent)


def test_each_letter_carries_its_own_links_and_our_message_id(place: Place) -> None:
    sent = letters(25)
    deliver(place.transport, sent)
    arrived = {mail.key: mail for mail in place.arrived()}
    for one in sent:
        mail = arrived[one.key]
        assert mail.headers["Message-ID"] == one.message_id
        assert mail.headers["List-Unsubscribe"] == f"<{one.personal.unsubscribe_url}>"
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert one.personal.manage_url in mail.html
        assert f"Sent to {one.address}." in mail.text


def test_a_name_that_looks_like_markup_stays_a_name(place: Place) -> None:
    form = letter_form()
    deliver(place.transport, [letter(1, form, first_name="<b>A&B</b>")])
    [mail] = place.arrived()
    assert "<p>Dear &lt;b&gt;A&amp;B&lt;/b&gt;,</p>" in mail.html
    assert "Dear <b>A&B</b>," in mail.text


def test_editions_of_two_languages_do_not_mix(place: Place) -> None:
    english, spanish = letter_form("en", filler="hello"), letter_form("es", filler="hola")
    sent = [letter(number, (english, spanish)[number % 2]) for number in range(1, 21)]
    deliver(place.transport, sent)
    arrived = {mail.key: mail.html for mail in place.arrived()}
    for one in sent:
        assert ("hola" in arrived[one.key]) == (one.form is spanish)


def test_when_nobody_is_there_nothing_was_sent_and_the_transport_says_so(place: Place) -> None:
    problems: list[TransportError] = []
    answers = deliver(place.unreachable(), letters(5), problems=problems)
    assert set(kinds(answers)) == {AnswerKind.NOT_SENT}
    assert problems
    assert "again later" in str(problems[0]) or "by itself" in str(problems[0])


def test_a_lane_waits_for_letters_and_ends_when_the_bag_is_closed(place: Place) -> None:
    async def late() -> list[Answer]:
        bag, given = Mailbag(), list[Answer]()
        lane = asyncio.create_task(place.transport.run_lane(bag, answer=lambda _, answer: given.append(answer)))
        for one in letters(3):
            await asyncio.sleep(0.02)
            bag.put([one])
        bag.close()
        await lane
        return given

    assert [answer.kind for answer in asyncio.run(late())] == [AnswerKind.ACCEPTED] * 3


def test_no_answer_names_a_person(place: Place) -> None:
    for transport in (place.transport, place.unreachable()):
        for one, answer in deliver(transport, letters(3), problems=[]):
            assert one.address not in answer.reason
            assert one.address not in repr(one)


def test_a_service_mail_arrives_as_what_it_is(place: Place) -> None:
    """It belongs to no list, says that a program wrote it, and nothing is merged into it."""
    token = merge_token(MergeField("address"))
    claimed = ClaimedMail(7, f"{7:032x}", "c" * 32, 1, content(text=f"Line one, ñ.\n{token}\n.\nFrom here.\n"))
    sent = service_letter(claimed, settings.NEWSLETTER, now=NOW)
    [(_, answer)] = deliver(place.transport, [sent])
    assert answer.kind is AnswerKind.ACCEPTED
    [mail] = place.arrived()
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert mail.headers["Message-ID"] == sent.message_id == f"<{7:032x}@metsmatters.example>"
    assert not {name for name in mail.headers if name.startswith("List-") or name == "Precedence"}
    assert mail.text.splitlines() == ["Line one, ñ.", token.replace("@@MM", "@@ MM"), ".", "From here."]
    assert "<p>the-secret-of-the-link ñ</p>" in mail.html
    assert ADDRESS not in repr(sent)
