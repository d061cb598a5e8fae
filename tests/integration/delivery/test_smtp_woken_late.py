"""A worker that stood still between taking a letter and handing it over: its lease ran out, and the letter is unknown."""

from __future__ import annotations

import pytest

from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.smtp import HELD_TOO_LONG, SmtpTransport
from newsletter.settings import SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_smtp import RecordingSmtp, running


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_letter_whose_batch_was_given_up_since_it_was_taken_is_not_handed_over(extensions: tuple[str, ...]) -> None:
    server = RecordingSmtp()
    server.extensions = extensions

    def is_ours(letter: Letter) -> bool:
        """Say no once the server has heard of the second reader: the letter was taken by then."""
        return not any("reader2@" in line for line in server.commands if letter.delivery_id == 2)

    with running(server):
        settings = SmtpSettings(port=server.port, connections=1, timeout_seconds=1, final_timeout_seconds=1)
        answers = {one.delivery_id: answer for one, answer in deliver(SmtpTransport(settings), letters(3), is_ours=is_ours)}
    assert answers[2] == Answer(AnswerKind.NOT_SENT, HELD_TOO_LONG)
    assert "reader2@example.org" not in {recipient for mail in server.mails for recipient in mail.recipients}
    assert answers[1].kind is AnswerKind.ACCEPTED
