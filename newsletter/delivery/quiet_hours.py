"""The hours in which no mail is begun: what the clock on the wall says where the newsletter is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.publishing.cadence import time_zone

MINUTES_OF_TWO_DAYS: Final = 2 * 24 * 60


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` to ``end``, over midnight where ``end`` is the earlier one."""

    begin: time
    end: time
    zone: tzinfo

    def until(self, now: datetime) -> datetime | None:
        """Give the moment at which they end, in the newsletter's time zone; None when it is not quiet now.

        The minutes are walked one by one: an hour that clocks skip or repeat needs no rule of its own then.
        """
        if not self.covers(now):
            return None
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        for ahead in range(1, MINUTES_OF_TWO_DAYS):
            then = minute + timedelta(minutes=ahead)
            if not self.covers(then):
                return then.astimezone(self.zone)
        raise AssertionError("quiet hours end within a day")

    def covers(self, moment: datetime) -> bool:
        """Say whether it is quiet at a moment."""
        wall = moment.astimezone(self.zone).time()
        if self.begin < self.end:
            return self.begin <= wall < self.end
        return wall >= self.begin or wall < self.end


def quiet_hours(config: Config) -> QuietHours | None:
    """Give the quiet hours of the settings, in the cadence's time zone; None where there are none."""
    if not config.delivery.quiet_hours:
        return None
    begin, _, end = config.delivery.quiet_hours.partition("-")
    return QuietHours(time.fromisoformat(begin), time.fromisoformat(end), time_zone(config.cadence))


def quiet_until(config: Config, now: datetime) -> datetime | None:
    """Give the moment until which nothing is begun; None when mail may go out now."""
    hours = quiet_hours(config)
    return None if hours is None else hours.until(now)


def stopping_when_quiet(config: Config, clock: Clock, asked_to_stop: Callable[[], bool]) -> Callable[[], bool]:
    """Give what says of a run whether it is to end: it was asked to, or quiet hours have begun."""
    hours = quiet_hours(config)
    if hours is None:
        return asked_to_stop
    return lambda: asked_to_stop() or hours.covers(clock())
