"""APScheduler's only job here: to tick. The rows in the database decide what a tick does (docs/adr/0007)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from django.db import InternalError, OperationalError, close_old_connections

from newsletter.cli.acting import system_user
from newsletter.cli.looking_out import (
    SECONDS_BETWEEN_LOOKS_AT_FEEDS,
    SECONDS_BETWEEN_LOOKS_AT_LINKS,
    SECONDS_BETWEEN_LOOKS_AT_SEARCHES,
    SECONDS_BETWEEN_LOOKS_AT_TRIALS,
    LooksOut,
)
from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.delivery.bounces.pulling import is_anything_configured, pull_bounces
from newsletter.delivery.calling_back import call_back, is_calling_back
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.sending import deliver_open_sends, start_due_sends
from newsletter.delivery.service_mails import empty_postbox
from newsletter.delivery.staying_here import STAYS_HERE
from newsletter.errors import NewsletterError
from newsletter.project.backup.old_copies import hold_an_old_copy
from newsletter.project.retention.keeping import what_is_kept
from newsletter.project.retention.purging import is_purge_due, overwrite_what_is_deleted, purge
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.requests import handle_requests

log = structlog.get_logger()

SECONDS_BETWEEN_LOOKS_FOR_WORK = 5

SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX = 3
"""Somebody may sit and wait for a service mail."""

SECONDS_BETWEEN_LOOKS_AT_REQUESTS = 2
"""Whoever has sent a public form looks into their mailbox next."""

SECONDS_BETWEEN_LOOKS_AT_BOUNCES = 300

SECONDS_BETWEEN_LOOKS_AT_CALLS = 60
"""A call is cancelled until ten minutes before it takes effect, and takes effect after thirty."""

SECONDS_BETWEEN_LOOKS_AT_ERASURES = 60

SECONDS_BETWEEN_LOOKS_AT_RETENTION = 3_600
"""Once a day it then forgets what is kept no longer."""

SECOND_OF_ALERTS = 20
"""Of every minute: by then the calendar's tick has held what it holds."""


class Ticking:
    """The looks that a scheduler repeats for ever, each in a thread of its own, so that none waits for another.

    Two of these on one database are harmless: conditional updates and unique keys decide who starts a send, who claims a batch
    or a mail, and who tells people of something.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._stop = threading.Event()
        out = LooksOut(config, clock, self._stop.is_set)
        self._looking_at_the_copy = threading.Lock()
        self._watch = RefusalWatch(config.delivery)
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._jobs: list[tuple[Look, CronTrigger | IntervalTrigger]] = [
            (Look("calendar", self._start_due), CronTrigger(second=0, timezone="UTC")),
            (Look("delivery", self._deliver), _every(SECONDS_BETWEEN_LOOKS_FOR_WORK)),
            (Look("postbox", self._empty_postbox), _every(SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX)),
            (Look("requests", self._handle_requests), _every(SECONDS_BETWEEN_LOOKS_AT_REQUESTS)),
            (Look("alerts", self._post_alerts), CronTrigger(second=SECOND_OF_ALERTS, timezone="UTC")),
            (self._looking_out("trials", out.ask_about_trials), _every(SECONDS_BETWEEN_LOOKS_AT_TRIALS)),
            (self._looking_out("searches", out.ask_searches), _every(SECONDS_BETWEEN_LOOKS_AT_SEARCHES)),
            (self._looking_out("feeds", out.pull_feeds), _every(SECONDS_BETWEEN_LOOKS_AT_FEEDS)),
            (Look("erasures", self._erase), _every(SECONDS_BETWEEN_LOOKS_AT_ERASURES)),
            (Look("retention", self._purge), _every(SECONDS_BETWEEN_LOOKS_AT_RETENTION)),
        ]
        if config.links.ask and config.delivery.transport not in STAYS_HERE:
            self._jobs.append((self._looking_out("links", out.look_at_links), _every(SECONDS_BETWEEN_LOOKS_AT_LINKS)))
        if is_calling_back(config):
            self._jobs.append((Look("calls in doubt", self._call_back), _every(SECONDS_BETWEEN_LOOKS_AT_CALLS)))
        if is_anything_configured(config):
            self._jobs.append((Look("bounces", self._pull_bounces), _every(SECONDS_BETWEEN_LOOKS_AT_BOUNCES)))
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(len(self._jobs))},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin ticking, in background threads, with a first look at once."""
        now = self._clock()
        for look, trigger in self._jobs:
            self._scheduler.add_job(look, trigger, id=look.name, next_run_time=now)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop claiming, let what is in flight finish and be recorded, and return."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)

    def _start_due(self) -> str:
        self._hold_an_old_copy()
        start_due_sends(self._config, self._clock, ask_trials=TrialRegistry.of(self._config, self._clock).ask)
        return ""

    def _deliver(self) -> str:
        self._hold_an_old_copy()
        deliver_open_sends(self._config, self._clock, worker=self._worker, stop=self._stop, watch=self._watch)
        return ""

    def _empty_postbox(self, at_most: int | None = None) -> str:
        self._hold_an_old_copy()
        problem = empty_postbox(self._config, self._clock, stop=self._stop, at_most=at_most).problem
        return f"service mails wait: {problem}" if problem else ""

    def _handle_requests(self) -> str:
        self._hold_an_old_copy()
        handled = handle_requests(now=self._clock())
        return self._empty_postbox(at_most=handled) if handled else ""

    def _pull_bounces(self) -> str:
        return " ".join(pull_bounces(self._config, self._clock, stop=self._stop).problems)

    def _call_back(self) -> str:
        self._hold_an_old_copy()
        call_back(self._config, self._clock, system_user=system_user())
        return ""

    def _erase(self) -> str:
        self._hold_an_old_copy()
        overwrite_what_is_deleted()
        run_erasures(now=self._clock(), stopping=self._stop.is_set)
        return ""

    def _purge(self) -> str:
        self._hold_an_old_copy()
        now = self._clock()
        if is_purge_due(now):
            purge(what_is_kept(self._config.retention, sealer(), now=now), now=now, stopping=self._stop.is_set)
        return ""

    def _looking_out(self, name: str, look: Callable[[], str]) -> Look:
        def work() -> str:
            self._hold_an_old_copy()
            return look()

        return Look(name, work)

    def _post_alerts(self) -> str:
        return post_alerts(self._config, self._clock()).problem

    def _hold_an_old_copy(self) -> None:
        """Hold everything where an older copy of the database was put in place while this process went on."""
        with self._looking_at_the_copy:
            held = hold_an_old_copy(self._config, now=self._clock(), system_user=system_user())
        if held is not None:
            log.error("database is an old copy", slots=held.slots, sends=held.sends, service_mails=held.service_mails)


@dataclass(slots=True)
class Look:
    """One job: ``work`` gives what keeps it from its work, "" when nothing does. That is said when it changes, not every time.

    An error ends this look and not the next one. Those that were not raised on purpose are APScheduler's to log.
    """

    name: str
    work: Callable[[], str]
    _said: str = field(default="", init=False)

    def __call__(self) -> None:
        """Take one look."""
        close_old_connections()
        try:
            problem = self.work()
        except NewsletterError as error:
            problem = str(error)
        except (OperationalError, InternalError) as error:
            problem = f"the database did not do its part ({error}); it is asked again"
        if problem and problem != self._said:
            log.warning("tick failed", job=self.name, problem=problem)
        elif self._said and not problem:
            log.info("tick works again", job=self.name)
        self._said = problem


def _every(seconds: int) -> IntervalTrigger:
    return IntervalTrigger(seconds=seconds, timezone="UTC")
