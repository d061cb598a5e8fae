from __future__ import annotations

import pytest

from newsletter.delivery.handovers import HANDOVER_TRANSITIONS, Record
from newsletter.delivery.ledger import Marked
from newsletter.delivery.models import BounceKind, Handover
from newsletter.delivery.retrying import BACK_OFF, LONGEST_THROTTLE, record_for
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.subscribers.audience import Addressee
from tests.contract.delivery.samples import NOW


def after(kind: AnswerKind, *, attempts: int = 1, retry_after: float | None = None) -> Record:
    marked = Marked(7, "k", attempts, Addressee(1, b"", "a@example.org", ""))
    return record_for(Answer(kind, "why", retry_after=retry_after), marked, attempts=4, now=NOW)


@pytest.mark.parametrize("kind", AnswerKind)
def test_every_answer_leads_where_the_ledger_allows(kind: AnswerKind) -> None:
    assert after(kind).handover in HANDOVER_TRANSITIONS[Handover.SENDING]


@pytest.mark.parametrize("kind", [AnswerKind.UNKNOWN, AnswerKind.FINAL, AnswerKind.ACCEPTED])
def test_what_may_have_been_taken_or_was_refused_for_good_is_never_queued_again(kind: AnswerKind) -> None:
    assert after(kind).handover is not Handover.QUEUED


@pytest.mark.parametrize("kind", [AnswerKind.RETRYABLE, AnswerKind.POLICY])
@pytest.mark.parametrize(("attempts", "seconds"), [(1, BACK_OFF[0]), (2, BACK_OFF[1]), (3, BACK_OFF[2])])
def test_each_attempt_waits_longer_than_the_one_before(kind: AnswerKind, attempts: int, seconds: float) -> None:
    record = after(kind, attempts=attempts)
    assert (record.handover, record.due_at, record.counted) == (Handover.QUEUED, NOW.timestamp() + seconds, True)
    assert list(BACK_OFF) == sorted(BACK_OFF)


def test_the_last_attempt_fails() -> None:
    assert after(AnswerKind.RETRYABLE, attempts=4) == Record(7, Handover.FAILED, "why (attempt 4)")


def test_what_is_not_the_letters_fault_does_not_count() -> None:
    assert after(AnswerKind.NOT_SENT, attempts=9) == Record(7, Handover.QUEUED, "why", counted=False)
    throttled = after(AnswerKind.THROTTLED, attempts=9, retry_after=5)
    assert (throttled.handover, throttled.due_at, throttled.counted) == (Handover.QUEUED, NOW.timestamp() + 5, False)


@pytest.mark.parametrize("retry_after", [1e12, float("inf")])
def test_nobody_waits_for_ever_because_of_another_machines_clock(retry_after: float) -> None:
    """A rate limit's end comes as a time of day, which may be in milliseconds, or by a clock far ahead of ours."""
    assert after(AnswerKind.THROTTLED, retry_after=retry_after).due_at == NOW.timestamp() + LONGEST_THROTTLE


@pytest.mark.parametrize("codes", ["550 5.1.1", "550 5.1.2", "553 5.1.3", "551 5.1.6", "556 5.1.10", "550 5.2.1", "554 5.1.1"])
def test_a_refusal_whose_code_says_that_the_address_does_not_exist_is_hard(codes: str) -> None:
    assert refused(AnswerKind.FINAL, codes).bounce is BounceKind.HARD


@pytest.mark.parametrize(
    ("kind", "codes", "bounce"),
    [
        (AnswerKind.FINAL, "550", BounceKind.SOFT),
        (AnswerKind.FINAL, "550 5.1.0", BounceKind.SOFT),
        (AnswerKind.FINAL, "550 5.1.11", BounceKind.SOFT),
        (AnswerKind.FINAL, "552 5.2.2", BounceKind.SOFT),
        (AnswerKind.FINAL, "550 5.6.0", BounceKind.POLICY),
        (AnswerKind.RETRYABLE, "450 5.1.1", BounceKind.SOFT),
        (AnswerKind.RETRYABLE, "450 4.1.1", BounceKind.SOFT),
        (AnswerKind.RETRYABLE, "450 4.7.1", BounceKind.SOFT),
        (AnswerKind.POLICY, "550 5.7.1", BounceKind.POLICY),
        (AnswerKind.POLICY, "550 5.1.1", BounceKind.POLICY),
        (AnswerKind.POLICY, "550 5.1.8", BounceKind.POLICY),
        (AnswerKind.FINAL, "", BounceKind.NONE),
        (AnswerKind.RETRYABLE, "", BounceKind.NONE),
    ],
)
def test_every_other_refusal_says_nothing_that_suppresses(kind: AnswerKind, codes: str, bounce: BounceKind) -> None:
    """A 550 alone says many things; 5.1.1 to the sender, or with a code that may pass, is not about the reader's address."""
    assert refused(kind, codes).bounce is bounce


def refused(kind: AnswerKind, codes: str) -> Record:
    marked = Marked(7, "k", 4, Addressee(1, b"", "a@example.org", ""))
    return record_for(Answer(kind, "why", refused_with=codes), marked, attempts=4, now=NOW)


def test_what_is_tried_again_says_nothing_of_the_address_yet() -> None:
    marked = Marked(7, "k", 1, Addressee(1, b"", "a@example.org", ""))
    again = record_for(Answer(AnswerKind.RETRYABLE, "why", refused_with="450 4.2.1"), marked, attempts=4, now=NOW)
    assert (again.handover, again.bounce) == (Handover.QUEUED, BounceKind.NONE)
