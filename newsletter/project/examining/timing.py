"""Clocks, the calendar, and whether anybody does what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from newsletter.config import Config
from newsletter.errors import SettingsError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.publishing.cadence import time_zone, upcoming

SLIGHTLY_WRONG, WRONG = timedelta(seconds=5), timedelta(minutes=5)
"""A Date header is of whole seconds; SendGrid's signatures and TLS certificates bear minutes."""

SLOTS_SHOWN: Final = 3


def examine_calendar(config: Config, *, now: datetime) -> Diagnosis:
    """Say the next dates, here and in UTC, so that a person sees whether they are the ones that are meant."""
    try:
        zone = time_zone(config.cadence)
        dates = upcoming(config.cadence, now, SLOTS_SHOWN)
    except SettingsError as error:
        return problem("calendar.slots", str(error), "If the zone is right: .venv/bin/python -m pip install --upgrade tzdata")
    if not dates:
        return problem("calendar.slots", "The cadence has no date to come.", "In newsletter.toml: [cadence] month and day.")
    said = "; ".join(f"{at.astimezone(zone):%a %d %b %Y, %H:%M %Z} ({at:%H:%M} UTC)" for at in dates)
    return ok("calendar.slots", f"The next dates in {config.cadence.timezone}: {said}.")


def examine_clock_against(date_header: str | None, *, asked: datetime, answered: datetime, whose: str) -> Diagnosis:
    """Compare this machine's clock with the Date header (RFC 9110, 6.6.1) of an answer."""
    try:
        theirs = parsedate_to_datetime(date_header or "")
    except ValueError:
        return skipped("clock.world", f"{whose} said no date.")
    if theirs.tzinfo is None:  # its zone is "-0000": unknown (RFC 5322, 3.3)
        return skipped("clock.world", f"{whose} did not say of which zone its date is.")
    # Their second began at some moment between our question and its answer.
    off = max(theirs - answered, asked - theirs - timedelta(seconds=1), timedelta(0))
    said = f"This machine is {off.total_seconds():.0f} seconds {'behind' if theirs > answered else 'ahead of'} {whose}."
    if off > WRONG:
        return problem("clock.world", said, "Set the clock: timedatectl set-ntp true")
    if off > SLIGHTLY_WRONG:
        return warning("clock.world", said, "Set the clock: timedatectl set-ntp true")
    return ok("clock.world", f"This machine and {whose} agree.")


def examine_clock_of_database(read_clock: Callable[[], datetime], *, clock: Callable[[], datetime]) -> Diagnosis:
    """Compare with the database server's clock, which leases go by."""
    asked = clock()
    theirs = read_clock()
    answered = clock()
    off = max(theirs - answered, asked - theirs, timedelta(0))
    if off > SLIGHTLY_WRONG:
        act = problem if off > WRONG else warning
        return act(
            "clock.database",
            f"The database server's clock is {off.total_seconds():.0f} seconds away from this machine's.",
            "Set both clocks: timedatectl set-ntp true",
        )
    return ok("clock.database", "This machine and the database server agree.")
