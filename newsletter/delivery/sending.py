"""The two acts that a scheduler repeats for ever: start what is due, and deliver what is open. Doing either twice is harmless."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.db import connection, transaction

from newsletter.checking.trials import TrialAnswer, TrialVerdict, judge_trial
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery import statements
from newsletter.delivery.ledger_thread import LedgerThread
from newsletter.delivery.preparing import find_preparing_sends, freeze_audience, start_send
from newsletter.delivery.runner import Runner, RunSummary
from newsletter.delivery.transports.opening import open_transport
from newsletter.delivery.transports.port import Transport
from newsletter.errors import TransportError
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.calendar import due_slots
from newsletter.publishing.candidates import latest_candidate, trials_of
from newsletter.publishing.models import Slot
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot

log = structlog.get_logger()

AskTrials = Callable[[Sequence[str]], Sequence[TrialAnswer]]
"""Asks the registry about trials by NCT id; answers in the same order."""

STAYS_HERE: Final = frozenset({"outbox"})
"""Transports by which no mail leaves the machine."""


@dataclass(frozen=True, slots=True)
class SlotResult:
    """What became of a due slot."""

    issue: str
    result: Released | Held | Waiting
    send_id: int | None


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What one look for open sends did.

    ``running`` sends still have something to do: at ``next_due`` (Unix seconds) where a retry waits, after their lease where
    ``held_elsewhere`` batches are in other hands. ``problem`` says why the transport cannot work at present.
    """

    prepared: int
    run: RunSummary
    running: tuple[str, ...]
    next_due: float | None
    held_elsewhere: int
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether no send is left open."""
        return not self.running


def start_due_sends(config: Config, clock: Clock, ask_trials: AskTrials) -> list[SlotResult]:
    """Look at every due slot: release it and start its send in one transaction, or hold it, or let it wait.

    The registry is asked before, with no transaction open. Of two schedulers one starts the send.
    """
    return [_start_slot(slot, config, clock, ask_trials) for slot in due_slots(clock())]


def _start_slot(slot: Slot, config: Config, clock: Clock, ask_trials: AskTrials) -> SlotResult:
    candidate = latest_candidate(slot.issue)
    # While an approval is missing the gate has nothing to judge: the registry is not asked every minute for nothing.
    verdicts = _judge(trials_of(candidate), ask_trials) if candidate and not missing_approvals(candidate) else []
    transport = config.delivery.transport
    now = clock()
    send_id = None
    with transaction.atomic():
        result = release_slot(
            slot.pk, now=now, cadence=config.cadence, verdicts=verdicts, leaves_machine=transport not in STAYS_HERE
        )
        if isinstance(result, Released):
            send_id = start_send(
                slot_id=result.slot_id, issue=slot.issue, candidate_id=result.candidate_id, transport=transport, now=now
            )
    log.info("slot", issue=slot.issue, result=type(result).__name__.lower(), send=send_id)
    return SlotResult(slot.issue, result, send_id)


def _judge(cards: Mapping[str, str], ask_trials: AskTrials) -> list[TrialVerdict]:
    answers = ask_trials(sorted(cards)) if cards else []
    return [judge_trial(answer, card_status=cards[answer.nct_id]) for answer in answers]


def deliver_open_sends(
    config: Config, clock: Clock, *, worker: str, stop: threading.Event | None = None, transport: Transport | None = None
) -> DeliverySummary:
    """Freeze the audience of every send that is being prepared, and deliver all that is due; return when nothing is.

    ``stop``, once set, ends it early: what is in flight is finished and recorded, the rest waits for the next look.
    ``transport`` is the configured one unless another is given.
    """
    stop = stop or threading.Event()
    preparing = find_preparing_sends()
    for send_id in preparing:
        freeze_audience(send_id, on=today(config, clock()), now=clock())
    run, problem = RunSummary(), ""
    if running := _find_running_sends():
        try:
            _keep_here(running, config)
            run = asyncio.run(_run(config, clock, transport or open_transport(config), worker=worker, stop=stop))
            problem = run.problem
        except TransportError as error:
            problem = str(error)
    if problem:
        log.warning("sending stopped", transport=config.delivery.transport, problem=problem)
    next_due, held = _what_is_left()
    return DeliverySummary(len(preparing), run, tuple(_find_running_sends()), next_due, held, problem)


async def _run(config: Config, clock: Clock, transport: Transport, *, worker: str, stop: threading.Event) -> RunSummary:
    async with LedgerThread(config, clock, worker=worker) as ledger:
        runner = Runner(
            ledger,
            transport,
            clock=clock,
            lease_seconds=config.delivery.lease_seconds,
            attempts=config.delivery.attempts,
            stopping=stop.is_set,
        )
        return await runner.run()


def today(config: Config, now: datetime) -> date:
    """Give the day it is where the newsletter is made."""
    return now.astimezone(ZoneInfo(config.cadence.timezone)).date()


def _keep_here(running: Mapping[str, str], config: Config) -> None:
    """Raise TransportError when mail of a send that was released to stay on this machine would leave it now."""
    here = [issue for issue, transport in running.items() if transport in STAYS_HERE]
    if here and config.delivery.transport not in STAYS_HERE:
        raise TransportError(
            f"{', '.join(here)} was begun into the outbox, so its mails stay on this machine. Set delivery.transport back to "
            "outbox until it is done; what comes after it can go out."
        )


def _find_running_sends() -> dict[str, str]:
    """Give the transport that each running send was begun with, by issue."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_RUNNING_SENDS)
        return dict(cursor.fetchall())


def _what_is_left() -> tuple[float | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_NEXT_DUE)
        next_due = cursor.fetchone()[0]
        cursor.execute(statements.COUNT_HELD_BATCHES)
        return next_due, cursor.fetchone()[0]
