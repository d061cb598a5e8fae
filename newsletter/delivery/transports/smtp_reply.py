"""What a mail server says, and what it means for the letter that it says it of (RFC 5321, 4.2; RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from newsletter.delivery.transports.port import Answer, AnswerKind

REPLY_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
ENHANCED_CODE: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?: |$)")

SUBJECTS: Final = {
    "1": "address",
    "2": "mailbox",
    "3": "mail system",
    "4": "network or routing",
    "5": "protocol",
    "6": "content",
    "7": "policy",
}
"""What an enhanced status code is about (RFC 3463, 3)."""

TOO_FAST: Final = {"3.2", "4.5", "5.3", "7.28"}
"""Enhanced codes, after their class, that say that we are too many or too fast: a system that takes nothing at present and one
that is congested (RFC 3463, 3.4 and 3.5), too many recipients (3.6; we name one a mail, so that it counts over time), and a flood
of mail (IANA's registry; Gmail's 4.7.28)."""

MICROSOFTS_OWN: Final = range(500, 700)
"""Details of 4.7.x with which Microsoft limits rates, as 4.7.650, "temporarily rate limited due to IP reputation"."""

NOT_THE_READERS: Final = {503, 530, 534, 535, 538}
"""Out of order, not signed in, or not well enough (RFC 5321, 4.2.3; RFC 4954, 6): true of every letter alike."""

SENDER_REFUSED: Final = {"1.7", "1.8"}
"""The sender's address is wrong, or its domain (RFC 3463, 3.2); Postfix says so when it hears the recipient's."""


TAKEN: Final = Answer(AnswerKind.ACCEPTED)


class About(Enum):
    """What a reply answers."""

    SENDER = auto()
    RECIPIENT = auto()
    MESSAGE = auto()
    """DATA or the final dot."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply; ``lines`` may name a person, so they go nowhere but into the judgement."""

    code: int
    lines: tuple[str, ...]

    @property
    def accepts(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.code < 300

    @property
    def status(self) -> str:
        """The code, the enhanced code where there is one, and what that is about: all that may be kept of a reply."""
        match = ENHANCED_CODE.match(self.lines[0])
        subject = SUBJECTS.get(match[2]) if match else None
        return self.codes + (f" ({subject})" if subject else "")

    @property
    def codes(self) -> str:
        """The code, and the enhanced code where there is one."""
        match = ENHANCED_CODE.match(self.lines[0])
        return f"{self.code} {match[1]}.{match[2]}.{match[3]}" if match else str(self.code)

    def judge(self, about: About) -> Answer:
        """Say what the reply means for the letter that it answers.

        4xx: 421 and what is in TOO_FAST slow us down and count as no attempt; so does 454 outside of a sign-in, with which Amazon
        SES says that its rate is exceeded (docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html). All others can
        be tried again, among them 450 and 451 with or without 4.7.1 or 4.2.0, by which servers greylist, and 452 (storage).

        5xx: 5.7.x and what NOT_THE_READERS and SENDER_REFUSED name is policy; so is any refusal of the sender. 552 to a recipient
        is taken as 452, as RFC 5321, 4.5.3.1.10 asks for; to a message it says that it is too large (so do 5.3.4 and 5.2.3), for
        good.
        """
        if self.accepts:
            return TAKEN
        match = ENHANCED_CODE.match(self.lines[0])
        detail = f"{match[2]}.{match[3]}" if match else ""
        kind = self._judge_temporary(detail) if self.code < 500 else self._judge_permanent(detail, about)
        return Answer(kind, self.status, refused_with=self.codes)

    def _judge_temporary(self, detail: str) -> AnswerKind:
        subject, _, number = detail.partition(".")
        by_microsoft = subject == "7" and int(number) in MICROSOFTS_OWN
        too_fast = self.code in {421, 454} or detail in TOO_FAST or by_microsoft
        return AnswerKind.THROTTLED if too_fast else AnswerKind.RETRYABLE

    def _judge_permanent(self, detail: str, about: About) -> AnswerKind:
        if self.code == 552 and about is About.RECIPIENT and detail in {"", "5.3"}:
            return AnswerKind.THROTTLED if detail else AnswerKind.RETRYABLE
        ours = about is About.SENDER or self.code in NOT_THE_READERS or detail in SENDER_REFUSED
        return AnswerKind.POLICY if ours or detail.startswith("7.") else AnswerKind.FINAL
