"""APScheduler's only job here: to tick. The rows in the database decide what a tick does (docs/adr/0007)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from django.db import close_old_connections

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.refusals import RefusalWatch
from newsletter.delivery.sending import deliver_open_sends, start_due_sends
from newsletter.delivery.service_mails import empty_postbox
from newsletter.errors import NewsletterError
from newsletter.sources.registry import TrialRegistry

log = structlog.get_logger()

SECONDS_BETWEEN_LOOKS_FOR_WORK = 5

SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX = 3
"""Somebody may sit and wait for a service mail."""


class Ticking:
    """The calendar's minute tick, the look for open sends and the look into the postbox, each in a thread of its own.

    Two of these on one database are harmless: conditional updates decide who starts a send and who claims a batch.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._stop = threading.Event()
        self._watch = RefusalWatch(config.delivery)
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )

    def start(self) -> None:
        """Begin ticking, in background threads, with a first look at once."""
        now = self._clock()
        self._scheduler.add_job(
            _guarded(self._start_due), CronTrigger(second=0, timezone="UTC"), id="calendar", next_run_time=now
        )
        every = IntervalTrigger(seconds=SECONDS_BETWEEN_LOOKS_FOR_WORK, timezone="UTC")
        self._scheduler.add_job(_guarded(self._deliver), every, id="delivery", next_run_time=now)
        often = IntervalTrigger(seconds=SECONDS_BETWEEN_LOOKS_INTO_THE_POSTBOX, timezone="UTC")
        self._scheduler.add_job(_guarded(self._empty_postbox), often, id="postbox", next_run_time=now)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop claiming, let what is in flight finish and be recorded, and return."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)

    def _start_due(self) -> None:
        start_due_sends(self._config, self._clock, ask_trials=TrialRegistry(self._config.trials).ask)

    def _deliver(self) -> None:
        deliver_open_sends(self._config, self._clock, worker=self._worker, stop=self._stop, watch=self._watch)

    def _empty_postbox(self) -> None:
        empty_postbox(self._config, self._clock, stop=self._stop)


def _guarded(job: Callable[[], None]) -> Callable[[], None]:
    """Say in one line why a tick could not work; the next one tries again. Other errors are APScheduler's to log."""

    def run() -> None:
        close_old_connections()
        try:
            job()
        except NewsletterError as error:
            log.warning("tick failed", problem=str(error))

    return run
