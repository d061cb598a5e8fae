"""What a transport promises. Three do so now (outbox, smtp, sendgrid); one contract suite runs against all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag


class AnswerKind(StrEnum):
    """What became of a letter, as far as the transport can know."""

    ACCEPTED = "accepted"
    """Somebody else is responsible for it now."""
    RETRYABLE = "retryable"
    """Certainly not taken; another attempt may succeed."""
    THROTTLED = "throttled"
    """Certainly not taken, since we are too fast; the attempt does not count."""
    FINAL = "final"
    """Refused for good."""
    POLICY = "policy"
    """Refused for what we are, not for whom it goes to: the reader is not to blame, and another attempt follows."""
    UNKNOWN = "unknown"
    """Handed over entirely, but the answer was lost."""
    NOT_SENT = "not_sent"
    """It never reached the wire, or the wire was gone already; the attempt does not count."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a letter. ``reason`` names no person; ``retry_after`` is in seconds, where the other side said so.

    ``refused_with`` is what a mail server refused it with in our own conversation: its reply code and, where it gave one, the
    enhanced status code ("550 5.1.1"). Nothing else fills it.
    """

    kind: AnswerKind
    reason: str = ""
    retry_after: float | None = None
    refused_with: str = ""


AnswerSink = Callable[[Letter, Answer], None]
"""Takes the one answer for a letter, on the event loop's thread."""


class Transport(Protocol):
    """A way for mail to leave.

    ``lanes``: how many ``run_lane`` are run at a time. ``group``: how many letters a lane holds unanswered at most.
    ``batches_at_once``: how many batches it is worth holding at a time.
    """

    name: str
    lanes: int
    group: int
    batches_at_once: int

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Take letters until the bag is closed and empty, and answer for each one taken exactly once.

        Raises TransportError when it cannot work at all at present; every letter it took is answered before that.
        """
        ...


AnswerGroup = Callable[[Sequence[Letter], Answer], None]
"""Takes the one answer for several letters, on the event loop's thread."""


@runtime_checkable
class AnswersGroups(Protocol):
    """A transport that answers for many letters alike: whoever runs it may take that at once, by ``answer_group``."""

    answer_group: AnswerGroup | None


class NoteCall(Protocol):
    """Stores in the ledger, and commits, which deliveries a call is about to carry."""

    async def __call__(self, delivery_ids: Sequence[int], *, ref: str, send_at: float) -> None:
        """Store the call ``ref``, which takes effect at ``send_at`` (Unix seconds). Raises NewsletterError: do not call then."""
        ...


@runtime_checkable
class NotesCalls(Protocol):
    """A transport whose calls can be called back, where ``notes_calls`` says so; who runs it for the ledger gives ``note_call``.

    While that is None its calls cannot be called back, and take effect at once.
    """

    notes_calls: bool
    note_call: NoteCall | None
