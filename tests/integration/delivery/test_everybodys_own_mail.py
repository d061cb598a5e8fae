"""Two thousand readers with odd names, over real connections: each mail holds its own reader's values and nobody else's."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes

import pytest
from pydantic import SecretStr

from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import AnswerKind
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.settings import SendgridSettings, SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letter, letter_form
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to
from tests.integration.delivery.recording_smtp import RecordingSmtp, running

READERS = 2_000

ODD = (
    *(
        "",
        " ",
        "Ana",
        "José",
        "Åse Ødegård",
        "李雷",
        "👩🏽‍🦰",
        "\u202eana",
        "O'Hara & <Söhne>",
        '"; drop',
        "%s%d%%",
        "{name}",
        "\\n\\u0041",
    ),
    *(
        "@@MM:manage_url:@@",
        "-mm_manage_url_1_html-",
        "-mm_first_name_0_text-",
        "{{first_name}}",
        "[Unsubscribe]",
        "\r\nBcc: x@y.z",
    ),
    *("\r\n.\r\n", "=3D=0D=0A", "<%asm_group_unsubscribe_raw_url%>", "x" * 90, "\ud800", "\x00\x7f", "From me", ".."),
)

MARKS = re.compile(r"Name\d{6}|reader\d{6}@|/[mu]/\d{6}")

Delivered = Callable[[list[Letter]], Iterator[tuple[str, str]]]


def many(chance: random.Random) -> list[Letter]:
    forms = [letter_form("en"), letter_form("es"), letter_form("en", filler="-mm @@ -m {{x}} %s\n" * 3)]
    made = []
    for number in range(100_000, 100_000 + READERS):
        name = f"{chance.choice(ODD)}Name{number}{chance.choice(ODD)}" if chance.random() < 0.9 else ""
        made.append(letter(number, chance.choice(forms), first_name=name, address=f"reader{number}@example.org"))
    return made


def by_smtp(sent: list[Letter]) -> Iterator[tuple[str, str]]:
    with running(RecordingSmtp()) as server:
        answers = deliver(SmtpTransport(SmtpSettings(port=server.port, connections=4, messages_per_connection=90)), sent)
    assert {answer.kind for _, answer in answers} == {AnswerKind.ACCEPTED}
    for mail in server.mails:
        message = message_from_bytes(mail.content)
        parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
        said = [
            *(f"{name}: {value}" for name, value in message.items()),
            *(part.decode() for part in parts if isinstance(part, bytes)),
        ]
        assert max(map(len, mail.content.split(b"\r\n"))) <= 998
        assert message.get_all("Bcc") is None
        yield "\n".join(said), mail.recipients[0]


def by_sendgrid(sent: list[Letter]) -> Iterator[tuple[str, str]]:
    with posting_to(RecordingSendgrid()) as service:
        settings = SendgridSettings(api_key=SecretStr("SG.key"), host=service.url, connections=4)
        answers = deliver(SendgridTransport(settings), sent)
    assert {answer.kind for _, answer in answers} == {AnswerKind.ACCEPTED}
    for mail in service.mails:
        yield "\n".join([*mail.headers.values(), mail.html, mail.text, mail.key, mail.address]), mail.address


@pytest.mark.parametrize("delivered", [by_smtp, by_sendgrid])
def test_every_mail_holds_its_own_readers_values_and_nobody_elses(delivered: Delivered) -> None:
    seed = time.time_ns()
    sent = many(random.Random(seed))  # noqa: S311 - for names, not for keys
    wanted = {one.address: one for one in sent}
    for said, address in delivered([replace(one) for one in sent]):
        one = wanted.pop(address)
        number = one.delivery_id
        own = {f"reader{number}@", f"/m/{number}", f"/u/{number}"} | ({f"Name{number}"} if one.personal.first_name else set())
        assert set(MARKS.findall(said)) == own, f"seed {seed}"
        assert one.key in said
        assert "@@MM:manage_url:@@" not in said or "@@MM" in one.personal.first_name
        assert "<Söhne>" not in said.partition("<html>")[2].partition("</html>")[0], "markup in a name stays a name"
    assert not wanted, f"nobody is left out; seed {seed}"
