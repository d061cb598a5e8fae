"""Letters sent by SMTP to a recording server, and what was answered for each."""

from __future__ import annotations

from collections import Counter

from newsletter.delivery.transports.port import Answer
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.settings import SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_smtp import RecordingSmtp


def transport(server: RecordingSmtp, **settings: object) -> SmtpTransport:
    quick = {"port": server.port, "connections": 1, "timeout_seconds": 1, "final_timeout_seconds": 1}
    return SmtpTransport(SmtpSettings(**{**quick, **settings}), pauses=(0.01, 0.02))


def send(server: RecordingSmtp, count: int = 3, **settings: object) -> dict[int, Answer]:
    answers = deliver(transport(server, **settings), letters(count))
    assert Counter(one.delivery_id for one, _ in answers) == Counter(range(1, count + 1)), "each letter is answered once"
    return {one.delivery_id: answer for one, answer in answers}
