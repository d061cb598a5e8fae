"""What a worker of the chaos suite does, with the product's own code."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections, transaction

from newsletter.cli.ticking import Ticking
from newsletter.clock import Clock, system_clock
from newsletter.delivery.cancelling import cancel_send
from newsletter.delivery.clues import clues_by_word
from newsletter.delivery.models import Delivery, Handover, Send
from newsletter.delivery.pausing import pause_send, resume_send
from newsletter.delivery.reconciling import Actor, Witnessed, find_unknown
from newsletter.delivery.reconciling import settle as by_word
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import DeliverySummary, deliver_open_sends
from newsletter.errors import NewsletterError, NotAllowedError
from newsletter.publishing.models import Approval, Slot
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.subscribing import end_subscription
from tests.chaos.disturbances import SteppingClock, say
from tests.chaos.journal import read_held
from tests.contract.delivery.samples import CHOICES, add_readers, begin_send, freeze_candidate

STUCK: Final = 4
"""Exit code: something is open, and nothing is left to do for it."""

ROUND: Final = 0.05
"""Seconds between looks for work."""

MOST_IDLE_ROUNDS: Final = 40


def migrate(_: Clock) -> None:
    """Make the database's tables."""
    call_command("migrate", verbosity=0)


def add(_: Clock, *, readers: int, languages: Sequence[str] = ("en", "es")) -> None:
    """Add invented readers, whose languages take turns."""
    add_readers(readers, choices=CHOICES, languages=tuple(languages))


def begin(_: Clock, *, issues: list[str], transport: str, varied: bool = False) -> None:
    """Open a send of each issue, to all readers there are."""
    for issue in issues:
        with transaction.atomic():
            begin_send(transport=transport, issue=issue, varied=varied)


def put_on_the_calendar(clock: Clock, *, issues: list[str], cards: Mapping[str, str] | None = None) -> None:
    """Give each issue its approvals and a slot that is due now; ``cards`` are its trials, with what their cards say."""
    for late, issue in enumerate(issues, start=1):
        candidate = freeze_candidate(issue=issue, cards=cards)
        for person, role in (("ada", "editor"), ("maria", "medical")):
            Approval.objects.create(candidate=candidate, role=role, person=person, at=clock())
        Slot.objects.create(at=clock() - timedelta(seconds=late), issue=issue)


def deliver(clock: SteppingClock, *, name: str) -> None:
    """Deliver until no send is open, as a scheduler does with its looks; where all that is left waits, the wait is skipped."""
    worker, idle = f"{name}:{os.getpid()}", 0
    while idle < MOST_IDLE_ROUNDS:
        close_old_connections()
        try:
            summary = deliver_open_sends(settings.NEWSLETTER, clock, worker=worker)
        except (NewsletterError, DatabaseError) as error:
            say(f"look failed: {error}")
            time.sleep(ROUND)
            continue
        if summary.finished:
            return
        idle = idle + 1 if _is_idle(summary, clock()) else 0
        if summary.next_due is not None and summary.next_due > clock().timestamp() and not summary.held_elsewhere:
            clock.skip_to(summary.next_due)
        time.sleep(ROUND)
    raise SystemExit(STUCK)


def _is_idle(summary: DeliverySummary, now: datetime) -> bool:
    waits = summary.next_due is not None and summary.next_due > now.timestamp()
    return bool(summary.running) and not (
        summary.run.answers or summary.held_elsewhere or summary.problem or waits or summary.prepared
    )


def tick(clock: Clock) -> None:
    """Be a scheduler until told to end."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    ticking = Ticking(settings.NEWSLETTER, clock)
    ticking.start()
    stopped.wait()
    ticking.stop()


def say_goodbye(clock: Clock, *, subscriptions: list[int], certain: str) -> None:
    """End subscriptions, and write down whose mails of which sends cannot have been begun before that.

    A batch that nobody had ever claimed when the goodbye was committed is claimed after it.
    """
    with transaction.atomic():
        for subscription_id in subscriptions:
            end_subscription(subscription_id, reason=EndReason.UNSUBSCRIBED, now=clock())
    keys = Delivery.objects.filter(subscription__in=subscriptions, batch__fence=0, handover=Handover.QUEUED)
    with Path(certain).open("a", encoding="ascii") as file:
        file.writelines(f"{key}\n" for key in keys.values_list("key", flat=True))


def steer(clock: Clock, *, issue: str, how: str) -> None:
    """Pause, resume or cancel a send, as a person would; at the moment it may be over, or paused already."""
    who: Any = {"person": "ada", "now": clock(), "system_user": "chaos"}
    try:
        match how:
            case "pause":
                pause_send(issue, note="", **who)
            case "resume":
                resume_send(issue, within=timedelta(days=1_000), although_old=True, **who)
            case "cancel":
                cancel_send(issue, note="", **who)
    except NotAllowedError as error:
        say(str(error))


def settle(clock: Clock, *, journals: list[str]) -> None:
    """Settle the unknown by what the servers hold, as a person does who knows it."""
    held = {one.key for journal in journals for one in read_held(Path(journal))}
    actor = Actor("ada", "chaos", "what the servers hold")
    for send in Send.objects.filter(deliveries__handover=Handover.UNKNOWN).distinct():
        unknown = find_unknown(send)
        keys = {one.key for one in unknown}
        clues = clues_by_word(unknown, taken=keys & held, never_left=keys - held)
        by_word(send, clues.found, by=Witnessed.PERSON, settings=settings.NEWSLETTER.delivery, actor=actor, now=clock())


def report_unknown(_: Clock, *, issues: list[str], into: str) -> None:
    """Write down the keys that the reports of these sends list as unknown."""
    keys = [key for issue in issues for key in send_report(issue).unknown_keys]
    Path(into).write_text("\n".join(keys), "ascii")


def act(name: str, worker: str, clock: SteppingClock, arguments: Mapping[str, Any]) -> None:
    """Do the act of that name."""
    match name:
        case "deliver":
            deliver(clock, name=worker)
        case "tick":
            tick(system_clock if clock.is_true else clock)
        case _:
            ACTS[name](clock, **arguments)


ACTS: Final[Mapping[str, Callable[..., None]]] = {
    "migrate": migrate,
    "add": add,
    "begin": begin,
    "put_on_the_calendar": put_on_the_calendar,
    "say_goodbye": say_goodbye,
    "settle": settle,
    "steer": steer,
    "report_unknown": report_unknown,
}
