"""Emptying the postbox: what is due goes out through the configured transport, one mail after the other.

Every mail is marked, and that is committed, before the wire; sent with no transaction open; and recorded. Two processes that do
this at the same time are harmless: each mail is marked by one of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.lease import LeaseClock, read_lease_clock
from newsletter.delivery.models import Handover
from newsletter.delivery.retrying import record_for
from newsletter.delivery.service_lane import ServiceLane
from newsletter.delivery.service_letters import service_letter
from newsletter.delivery.transports.opening import open_transport
from newsletter.delivery.transports.port import Answer, AnswerKind, Transport
from newsletter.errors import NewsletterError
from newsletter.postbox.emptying import ClaimedMail, claim_mail, record_settled, record_waiting, settle_overdue
from newsletter.postbox.models import PostState, ServiceMail

PAUSE_WITHOUT_TRANSPORT: Final = timedelta(seconds=30)
"""A transport that cannot work is not knocked at every three seconds for the same mail."""

IN_THE_SANDBOX: Final = (
    "delivery.sendgrid.sandbox is true: SendGrid would say yes to every mail and deliver none. Set it to false; service mails "
    "then go out by themselves."
)


@dataclass(slots=True)
class Emptied:
    """What one look into the postbox did: answers by kind, and why the transport cannot work at present, empty when it can."""

    answers: Counter[AnswerKind] = field(default_factory=Counter)
    problem: str = ""


def empty_postbox(
    config: Config,
    clock: Clock,
    *,
    stop: threading.Event | None = None,
    at_most: int | None = None,
    transport: Transport | None = None,
    lease_clock: LeaseClock = read_lease_clock,
) -> Emptied:
    """Send the service mails that are due, the latest first.

    Returns when none is, when ``stop`` is set, after ``at_most`` mails, or when the transport cannot work. ``transport`` is the
    configured one unless another is given.
    """
    emptied = Emptied()
    stop = stop or threading.Event()
    if not is_anything_due(clock()):
        return emptied
    # Also while no transport can be had: what has expired is forgotten.
    lease = lease_clock()
    settle_overdue(now=clock(), epoch=lease.epoch, seconds=lease.seconds)
    if config.delivery.transport == "sendgrid" and config.delivery.sendgrid.sandbox and transport is None:
        emptied.problem = IN_THE_SANDBOX
        return emptied
    try:
        with ServiceLane(transport or open_transport(config)) as lane:
            while not (emptied.problem or stop.is_set() or emptied.answers.total() == at_most):
                lease = lease_clock()
                claimed = claim_mail(now=clock(), epoch=lease.epoch, seconds=lease.seconds)
                if claimed is None:
                    break
                answer = _hand_over(lane, claimed, config, clock)
                pause = PAUSE_WITHOUT_TRANSPORT if lane.problem else timedelta(0)
                _record(claimed, answer, config, now=clock(), pause=pause)
                emptied.answers[answer.kind] += 1
                emptied.problem = lane.problem
    except NewsletterError as error:
        emptied.problem = str(error)
    return emptied


def is_anything_due(now: datetime) -> bool:
    """Say whether a look into the postbox is worth opening a transport: something is due, or was left behind."""
    waiting = ServiceMail.objects.filter(state=PostState.QUEUED, due_at__lte=now)
    return waiting.exists() or ServiceMail.objects.filter(state=PostState.SENDING).exists()


def _hand_over(lane: ServiceLane, claimed: ClaimedMail, config: Config, clock: Clock) -> Answer:
    letter = service_letter(claimed, config, now=clock())
    try:
        _ = letter.form.template
    except ValueError as error:
        lane.problem = f"The settings of newsletter.toml make no mail: {error}. Correct them; sending goes on by itself."
        return Answer(AnswerKind.NOT_SENT, "the settings make no mail")
    return lane.hand_over(letter)


@dataclass(frozen=True, slots=True)
class _Attempt:
    delivery_id: int
    attempts: int


def _record(claimed: ClaimedMail, answer: Answer, config: Config, *, now: datetime, pause: timedelta) -> None:
    attempt = _Attempt(claimed.mail_id, claimed.attempts)
    record = record_for(answer, attempt, attempts=config.delivery.attempts, now=now)
    if record.handover is not Handover.QUEUED:
        record_settled(claimed, PostState(record.handover.value), reason=record.reason, now=now)
        return
    due_at = max(datetime.fromtimestamp(record.due_at, UTC), now + pause)
    if not record_waiting(claimed, reason=record.reason, due_at=due_at, counted=record.counted):
        # Somebody gave us up for dead and its content is forgotten; what we know now is more than "unknown".
        record_settled(claimed, PostState.FAILED, reason=f"not taken, and given up meanwhile ({record.reason})", now=now)
