"""The two acts that a scheduler repeats for ever: start what is due, and deliver what is open. Doing either twice is harmless."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.db import connection, transaction

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery import statements
from newsletter.delivery.correcting import correction_obstacle, lock_corrected_send
from newsletter.delivery.gone_addresses import suppress_the_gone
from newsletter.delivery.ledger_thread import LedgerThread
from newsletter.delivery.models import Send, SendState
from newsletter.delivery.pausing import pause_what_is_old, resume_command
from newsletter.delivery.preparing import AudienceMismatchError, find_preparing_sends, freeze_audience, start_send
from newsletter.delivery.quiet_hours import quiet_until, stopping_when_quiet
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.runner import Runner, RunSummary
from newsletter.delivery.standing_still import note_going_on, note_why
from newsletter.delivery.statements import among
from newsletter.delivery.staying_here import STAYS_HERE, why_in_the_wrong_place
from newsletter.delivery.sweeping import sweep
from newsletter.delivery.transports.opening import open_transport
from newsletter.delivery.transports.port import Transport
from newsletter.errors import SettingsError, TransportError
from newsletter.publishing.approving import missing_approvals
from newsletter.publishing.cadence import in_words
from newsletter.publishing.calendar import due_slots
from newsletter.publishing.candidates import latest_candidate, trials_of
from newsletter.publishing.models import Slot
from newsletter.publishing.releasing import Held, Released, Waiting, release_slot
from newsletter.publishing.slots import lock_slot
from newsletter.publishing.trial_checks import AskTrials, ask_again_at, ask_before_send

log = structlog.get_logger()

NOT_IN_THE_SANDBOX: Final = (
    "delivery.sendgrid.sandbox is true: SendGrid would say yes to every mail and deliver none, and an issue is sent only once. "
    "Set it to false; sending goes on by itself. To try SendGrid in its sandbox: newsletter test-send"
)


ANSWERS_HOLD: Final = timedelta(minutes=10)
"""So long the registry's answers are those of the minute of the send: a machine that slept in between asks anew."""


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
    ``held_elsewhere`` batches are in other hands; one that is being cancelled is among them until it is swept. ``problem`` says
    why the transport cannot work at present; ``faults`` say by issue why nothing of one send goes out, be it paused, while the
    others go on. ``quiet_until``: nothing is begun before.
    """

    prepared: int
    run: RunSummary
    running: tuple[str, ...]
    next_due: float | None
    held_elsewhere: int
    problem: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    quiet_until: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether no send is left open."""
        return not self.running and not self.faults


@dataclass(frozen=True, slots=True)
class _OpenSend:
    issue: str
    transport: str
    running: bool
    paused: bool


def start_due_sends(config: Config, clock: Clock, ask_trials: AskTrials, *, patient: bool = True) -> list[SlotResult]:
    """Look at every due slot: release it and start its send in one transaction, or hold it, or let it wait.

    The registry is asked before, with no transaction open, and where it gave no answer with growing pauses, unless somebody who
    waits for it is not ``patient``. Of two schedulers one starts the send. What breaks at one slot is raised when
    all were looked at.
    """
    results, broken = [], None
    for slot in due_slots(clock()):
        try:
            results.append(_start_slot(slot, config, clock, ask_trials, patient=patient))
        except Exception as error:  # noqa: BLE001 - one issue must not keep another from going out
            broken = broken or error
    if broken:
        raise broken
    return results


def _start_slot(slot: Slot, config: Config, clock: Clock, ask_trials: AskTrials, *, patient: bool) -> SlotResult:
    if _is_rehearsing(config):
        log.warning("slot waits", issue=slot.issue, problem=NOT_IN_THE_SANDBOX)
        return SlotResult(slot.issue, Waiting((NOT_IN_THE_SANDBOX,)), None)
    candidate = latest_candidate(slot.issue)
    # While an approval is missing the gate has nothing to judge: the registry is not asked every minute for nothing.
    cards = trials_of(candidate) if candidate and not missing_approvals(candidate) else {}
    transport = config.delivery.transport
    if candidate and cards and patient and transport not in STAYS_HERE:
        again = ask_again_at(slot, candidate)
        if again is not None and clock() < again <= slot.at + timedelta(hours=config.cadence.grace_hours):
            return SlotResult(slot.issue, Waiting((_asked_again(again, config),)), None)
    began = clock()
    verdicts = ask_before_send(slot.issue, cards, config=config, clock=clock, ask_trials=ask_trials)
    send_id = None
    with transaction.atomic():
        lock_slot(slot.issue)
        now = clock()
        candidate = latest_candidate(slot.issue)
        corrects = candidate.corrects if candidate else ""
        corrected = lock_corrected_send(corrects) if corrects else None
        result = release_slot(
            slot.pk,
            now=now,
            cadence=config.cadence,
            verdicts=verdicts if timedelta(0) <= now - began <= ANSWERS_HOLD else (),
            leaves_machine=transport not in STAYS_HERE,
            not_yet=correction_obstacle(corrects) if corrects else "",
        )
        if isinstance(result, Released):
            send_id = start_send(
                slot_id=result.slot_id,
                issue=slot.issue,
                candidate_id=result.candidate_id,
                transport=transport,
                # A correction is for people who may act on a mistake: it is not spread.
                spread_seconds=0 if corrected else config.delivery.spread_minutes * 60,
                corrects=corrected.pk if corrected else None,
                now=now,
            )
    log.info("slot", issue=slot.issue, result=type(result).__name__.lower(), send=send_id)
    return SlotResult(slot.issue, result, send_id)


def _asked_again(at: datetime, config: Config) -> str:
    return f"The registry gave no answer about a trial; it is asked again {in_words(at, config.cadence)}."


def deliver_open_sends(
    config: Config,
    clock: Clock,
    *,
    worker: str,
    stop: threading.Event | None = None,
    transport: Transport | None = None,
    watch: RefusalWatch | None = None,
) -> DeliverySummary:
    """Freeze the audience of every send that is being prepared, and deliver all that is due; return when nothing is.

    ``stop``, once set, ends it early: what is in flight is finished and recorded, the rest waits for the next look.
    ``transport`` is the configured one unless another is given. ``watch`` goes on counting refusals where the last look ended.
    """
    stop = stop or threading.Event()
    watch = watch or RefusalWatch(config.delivery)
    pause_what_is_old(within=timedelta(hours=config.delivery.resume_within_hours), now=clock())
    preparing = find_preparing_sends()
    faults = _freeze_audiences(preparing, config, clock)
    found = _find_open_sends()
    faults |= _in_the_wrong_place(found, config)
    sweep(lease_seconds=config.delivery.lease_seconds, now=clock(), passed_over=faults)
    percent = config.delivery.pause_when_failed_percent
    suppress_the_gone(percent=percent, now=clock())  # of what was cancelled, or left when a worker died
    run, problem = RunSummary(), ""
    quiet = quiet_until(config, clock())
    if quiet is None and any(one.running for send_id, one in found.items() if send_id not in faults):
        try:
            transport = transport or _transport_to_readers(config)
            run = asyncio.run(_run(config, clock, transport, worker=worker, stop=stop, faults=faults, watch=watch))
            problem = run.problem
        except TransportError as error:
            problem = str(error)
        except SettingsError as error:
            _note_standing(found, faults, run, problem=str(error))
            raise
    _note_standing(found, faults, run, problem=problem)
    suppress_the_gone(percent=percent, now=clock())
    still_open = _find_open_sends()
    issues = {send_id: one.issue for send_id, one in (found | still_open).items()}
    by_issue = {issues[send_id]: fault for send_id, fault in faults.items() if send_id in issues} | _paused()
    next_due, held = _what_is_left(faults)
    running = tuple(one.issue for one in still_open.values() if not one.paused)
    quiet = quiet_until(config, clock())
    return DeliverySummary(len(preparing), run, running, next_due, held, problem, by_issue, quiet)


def _freeze_audiences(send_ids: Iterable[int], config: Config, clock: Clock) -> dict[int, str]:
    """Freeze audiences one after the other; give what is wrong with those that could not be."""
    faults = {}
    for send_id in send_ids:
        try:
            freeze_audience(send_id, on=today(config, clock()), now=clock())
        except AudienceMismatchError as error:
            faults[send_id] = str(error)
    return faults


async def _run(
    config: Config,
    clock: Clock,
    transport: Transport,
    *,
    worker: str,
    stop: threading.Event,
    faults: dict[int, str],
    watch: RefusalWatch,
) -> RunSummary:
    async with LedgerThread(config, clock, worker=worker, faults=faults) as ledger:
        runner = Runner(
            ledger,
            transport,
            clock=clock,
            lease_seconds=config.delivery.lease_seconds,
            attempts=config.delivery.attempts,
            stopping=stopping_when_quiet(config, clock, stop.is_set),
            watch=watch,
        )
        return await runner.run()


def today(config: Config, now: datetime) -> date:
    """Give the day it is where the newsletter is made."""
    return now.astimezone(ZoneInfo(config.cadence.timezone)).date()


def _is_rehearsing(config: Config) -> bool:
    return config.delivery.transport == "sendgrid" and config.delivery.sendgrid.sandbox


def _transport_to_readers(config: Config) -> Transport:
    """Give the configured transport; raises TransportError when it lacks something, or would only seem to deliver."""
    if _is_rehearsing(config):
        raise TransportError(NOT_IN_THE_SANDBOX)
    return open_transport(config)


def _in_the_wrong_place(found: Mapping[int, _OpenSend], config: Config) -> dict[int, str]:
    """Give the sends that would leave this machine and were released to stay, or the other way round, with what to do."""
    transport = config.delivery.transport
    running = {send_id: one for send_id, one in found.items() if one.running}
    why = {key: why_in_the_wrong_place(one.issue, begun_by=one.transport, transport=transport) for key, one in running.items()}
    return {send_id: said for send_id, said in why.items() if said}


def _note_standing(found: Mapping[int, _OpenSend], faults: Mapping[int, str], run: RunSummary, *, problem: str) -> None:
    """Keep of every send why it stands still, or that it does not; where nothing was tried, nothing is known."""
    for send_id, one in found.items():
        why = faults.get(send_id) or (problem if one.running else "")
        if why:
            note_why(send_id, why)
        elif run.answers:
            note_going_on(send_id)


def _paused() -> dict[str, str]:
    """Give the paused sends by issue, with why, and how they go on."""
    paused = Send.objects.filter(state=SendState.PAUSED).order_by("pk").values_list("issue", "reason", "paused_for")
    return {
        issue: f"{issue} is paused: {reason.rstrip('.')}. To let it go on: {resume_command(issue, paused_for)}"
        for issue, reason, paused_for in paused
    }


def _find_open_sends() -> dict[int, _OpenSend]:
    """Give the sends that are not over, by id."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_OPEN_SENDS)
        return {
            send_id: _OpenSend(issue, transport, running=state == SendState.RUNNING, paused=state == SendState.PAUSED)
            for send_id, issue, transport, state in cursor.fetchall()
        }


def _what_is_left(faults: Collection[int]) -> tuple[float | None, int]:
    passed_over = [0, *faults]  # no send has the id 0, and a list of none is no SQL
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_NEXT_DUE.format(ids=among(len(passed_over))), passed_over)
        next_due = cursor.fetchone()[0]
        cursor.execute(statements.COUNT_HELD_BATCHES.format(ids=among(len(passed_over))), passed_over)
        return next_due, cursor.fetchone()[0]
