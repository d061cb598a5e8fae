"""What follows from a transport's answer: the one place that knows when a delivery is tried again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final, Protocol

from newsletter.delivery.bounces.kinds import kind_of_refusal
from newsletter.delivery.handovers import Record
from newsletter.delivery.models import BounceKind, Handover
from newsletter.delivery.transports.port import Answer, AnswerKind

BACK_OFF: Final = (60.0, 300.0, 1800.0)
"""Seconds before the second, third and every later attempt; servers that greylist let the second or third one in."""

THROTTLE: Final = 60.0
"""Seconds before a throttled letter is tried again, where the other side did not say."""

LONGEST_THROTTLE: Final = 1800.0
"""Seconds after which a throttled letter is tried again at the latest, whatever the other side's clock says."""


class Attempted(Protocol):
    """What was marked and handed over; ``attempts`` includes this one."""

    @property
    def delivery_id(self) -> int:
        """The ledger's number for it."""
        ...

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        ...


def record_for(answer: Answer, marked: Attempted, *, attempts: int, now: datetime) -> Record:
    """Say what is to be written down; ``attempts`` is how many there are before a delivery counts as failed."""
    if answer.kind is AnswerKind.ACCEPTED:
        return Record(marked.delivery_id, Handover.ACCEPTED)
    record = partial(Record, marked.delivery_id)
    later = partial(record, Handover.QUEUED, answer.reason)
    failed = partial(record, Handover.FAILED, bounce=_kind_of_bounce(answer))
    match answer.kind:
        case AnswerKind.UNKNOWN:
            found = record(Handover.UNKNOWN, answer.reason)
        case AnswerKind.FINAL:
            found = failed(answer.reason)
        case AnswerKind.NOT_SENT:
            found = later(counted=False)
        case AnswerKind.THROTTLED:
            wait = min(answer.retry_after or THROTTLE, LONGEST_THROTTLE)
            found = later(due_at=now.timestamp() + wait, counted=False)
        case AnswerKind.RETRYABLE | AnswerKind.POLICY if marked.attempts >= attempts:
            found = failed(f"{answer.reason} (attempt {marked.attempts})")
        case AnswerKind.RETRYABLE | AnswerKind.POLICY:
            found = later(due_at=now.timestamp() + BACK_OFF[min(marked.attempts, len(BACK_OFF)) - 1])
    return found


def _kind_of_bounce(answer: Answer) -> BounceKind:
    """Only a mail server's own words say something about an address; what is refused for what we are says nothing."""
    if not answer.refused_with:
        return BounceKind.NONE
    return BounceKind.POLICY if answer.kind is AnswerKind.POLICY else kind_of_refusal(answer.refused_with)
