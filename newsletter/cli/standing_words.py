"""Where a send stands, in words: how far, how fast, how long yet, and what it waits for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.cli.printing import counted, local
from newsletter.delivery.models import PausedFor
from newsletter.delivery.pausing import resume_command
from newsletter.delivery.standing import SendStanding


def progress_in_words(standing: SendStanding, frozen: int) -> str:
    """Say how far a send is; and how fast, unless it rests: then its pace says nothing."""
    progress = standing.progress
    share = f" ({progress.settled * 100 // frozen} %)" if frozen else ""
    words = f"{progress.settled:,} of {frozen:,} settled{share}"
    rests = standing.quiet_until or standing.next_due
    if not rests and progress.rate_per_minute is not None and progress.seconds_left is not None:
        words += f", {progress.rate_per_minute:,.0f} a minute, about {duration(progress.seconds_left)} left"
    return words


def duration(seconds: float) -> str:
    """Say how long, as people say it."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if minutes < 90:
        return f"{minutes} minutes"
    hours, minutes = divmod(minutes, 60)
    return f"{counted(hours, 'hour')} {counted(minutes, 'minute')}" if hours < 48 else f"{hours // 24} days"


def quiet_in_words(until: datetime, timezone: str) -> str:
    """Say until when it is quiet."""
    return f"quiet until {until.astimezone(ZoneInfo(timezone)):%H:%M}"


def what_it_waits_for(standing: SendStanding, timezone: str) -> Iterator[str]:
    """Say what keeps a send from going on, and what to do where something is to be done."""
    if standing.paused_for:
        yield f"paused{_why_paused(standing)}"
        yield f"look at it, then: {resume_command(standing.issue, standing.paused_for)}"
    elif standing.reason:
        yield _sentence(standing.reason)
    if standing.quiet_until:
        yield quiet_in_words(standing.quiet_until, timezone)
    elif standing.next_due:
        yield f"the next mail is due {local(standing.next_due, timezone)}"
    if standing.spread_until:
        yield f"spread until {local(standing.spread_until, timezone)}"
    if standing.workers:
        yield f"worked on by {', '.join(standing.workers)}"


def _why_paused(standing: SendStanding) -> str:
    """Say who paused it, or the program's own reason, which says more than the kind of it."""
    reason = standing.reason.strip().rstrip(".")
    if standing.paused_for == PausedFor.PERSON and reason:
        return f" {reason}"
    return f": {reason or PausedFor(standing.paused_for).label}"


def _sentence(reason: str) -> str:
    reason = reason.strip()
    return reason if not reason or reason.endswith((".", "!", "?")) else f"{reason}."
