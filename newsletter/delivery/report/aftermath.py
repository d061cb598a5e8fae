"""Everything the report of a send says, put together from counts that the database makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection

from newsletter.delivery.handovers import moment
from newsletter.delivery.kept_counts import kept_counts
from newsletter.delivery.models import Handover, Send
from newsletter.delivery.report import statements
from newsletter.delivery.report.domains import DomainCount, count_domains
from newsletter.delivery.reporting import SendReport, send_report
from newsletter.publishing.models import FrozenEdition
from newsletter.subscribers.sealing import Sealer

LONGEST_AFTERMATH: Final = timedelta(days=60)
"""Goodbyes later than this have another reason, even where no issue followed."""

MOST_MOMENTS: Final = 240
"""Of the time line; a picture shows no more."""


@dataclass(frozen=True, slots=True)
class BounceCount:
    """How many mails came back of one kind and for one reason; both are empty where nobody said."""

    kind: str
    reason: str
    mails: int


@dataclass(frozen=True, slots=True)
class ElsewhereCount:
    """How many readers of a language got the edition of another one."""

    language: str
    written_in: str
    people: int


@dataclass(frozen=True, slots=True)
class Endings:
    """Subscriptions of this send's readers that ended after it began and before ``until``, by reason. Counts, no names."""

    since: datetime
    until: datetime
    by_reason: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SettledBy:
    """How many deliveries were settled by a moment."""

    at: datetime
    settled: int


@dataclass(frozen=True, slots=True)
class FullReport:
    """A send's report with all that was told of it later.

    ``by_hour`` counts what was accepted: of a mail only the hour is known, on purpose. ``seconds`` is from the frozen audience to
    the last delivery, None while it is under way.
    """

    summary: SendReport
    paused_for: str
    reason: str
    subjects: Mapping[str, str]
    bounces: tuple[BounceCount, ...]
    domains: tuple[DomainCount, ...]
    elsewhere: tuple[ElsewhereCount, ...]
    endings: Endings
    by_hour: Mapping[datetime, int]
    time_line: tuple[SettledBy, ...]
    seconds: float | None
    corrects: str
    corrections: tuple[str, ...]

    @property
    def per_minute(self) -> float | None:
        """Mails that left in a minute, on the average of the whole send; None where it took no time or is under way."""
        sent = sum(self.summary.status.handovers[one] for one in _LEFT)
        return sent * 60 / self.seconds if self.seconds else None


_LEFT: Final = (Handover.ACCEPTED, Handover.UNKNOWN)


def full_report(issue: str, sealer: Sealer, *, now: datetime) -> FullReport:
    """Give the whole report of the send of an issue; raises NotAllowedError when there is none."""
    summary = send_report(issue)
    send = Send.objects.select_related("corrects").get(issue=issue)
    kept = kept_counts(send.pk)
    aftermath = count_aftermath(send, sealer, now=now) if kept is None else read_aftermath(kept)
    editions = {one.language: one for one in FrozenEdition.objects.filter(candidate=send.candidate_id).only(*_EDITION)}
    return FullReport(
        summary=summary,
        paused_for=send.paused_for,
        reason=send.reason,
        subjects={language: edition.subject for language, edition in sorted(editions.items())},
        bounces=aftermath.bounces,
        domains=aftermath.domains,
        elsewhere=_elsewhere(summary, {language: edition.written_in for language, edition in editions.items()}),
        endings=aftermath.endings,
        by_hour=aftermath.by_hour,
        time_line=aftermath.time_line,
        seconds=_seconds(send),
        corrects=send.corrects.issue if send.corrects else "",
        corrections=tuple(send.corrections.order_by("pk").values_list("issue", flat=True)),
    )


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The part of a report that is counted in the deliveries of a send, and in what was reported of them."""

    bounces: tuple[BounceCount, ...]
    domains: tuple[DomainCount, ...]
    endings: Endings
    by_hour: Mapping[datetime, int]
    time_line: tuple[SettledBy, ...]


def count_aftermath(send: Send, sealer: Sealer, *, now: datetime) -> Aftermath:
    """Count what was told of a send later."""
    return Aftermath(
        bounces=_count_bounces(send.pk),
        domains=count_domains(send.pk, sealer),
        endings=_count_endings(send, now=now),
        by_hour=_count_by_hour(send.pk),
        time_line=_time_line(send),
    )


def write_aftermath(found: Aftermath) -> dict[str, Any]:
    """Write it as plain values, for JSON."""
    return {
        "bounces": [asdict(one) for one in found.bounces],
        "domains": [asdict(one) for one in found.domains],
        "endings": [found.endings.since.isoformat(), found.endings.until.isoformat(), dict(found.endings.by_reason)],
        "by_hour": [[at.isoformat(), count] for at, count in found.by_hour.items()],
        "time_line": [[one.at.isoformat(), one.settled] for one in found.time_line],
    }


def read_aftermath(kept: Mapping[str, Any]) -> Aftermath:
    """Read what ``write_aftermath`` wrote."""
    since, until, by_reason = kept["endings"]
    return Aftermath(
        bounces=tuple(BounceCount(**one) for one in kept["bounces"]),
        domains=tuple(DomainCount(**one) for one in kept["domains"]),
        endings=Endings(datetime.fromisoformat(since), datetime.fromisoformat(until), by_reason),
        by_hour={datetime.fromisoformat(at): count for at, count in kept["by_hour"]},
        time_line=tuple(SettledBy(datetime.fromisoformat(at), settled) for at, settled in kept["time_line"]),
    )


_EDITION: Final = ("language", "written_in", "subject")


def _count_bounces(send_id: int) -> tuple[BounceCount, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_BOUNCES, [send_id])
        found = [BounceCount(kind, reason, mails) for kind, reason, mails in cursor.fetchall()]
    return tuple(sorted(found, key=lambda one: (-one.mails, one.kind, one.reason)))


def _count_by_hour(send_id: int) -> Mapping[datetime, int]:
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_BY_HOUR, [send_id])
        return {read_moment(at): count for at, count in cursor.fetchall()}


def _count_endings(send: Send, *, now: datetime) -> Endings:
    following = Send.objects.filter(corrects=None, created_at__gt=send.created_at).order_by("created_at").first()
    latest = send.created_at + LONGEST_AFTERMATH
    until = max(send.created_at, min(latest, now, following.created_at if following else latest))
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_ENDINGS, [send.pk, moment(send.created_at), moment(until)])
        return Endings(send.created_at, until, dict(cursor.fetchall()))


def _elsewhere(summary: SendReport, written_in: Mapping[str, str]) -> tuple[ElsewhereCount, ...]:
    """Count who got a mail in a language that is not theirs; a language without any edition got what stands first."""
    return tuple(
        ElsewhereCount(language, written_in.get(language, ""), people)
        for language, handovers in sorted(summary.by_language.items())
        if written_in.get(language) != language and (people := sum(handovers.get(one, 0) for one in _LEFT))
    )


def _time_line(send: Send) -> tuple[SettledBy, ...]:
    found = [SettledBy(at, settled) for at, settled in send.progress.order_by("at", "pk").values_list("at", "settled")]
    step = -(-len(found) // MOST_MOMENTS) or 1
    thinned = found[:-1:step]
    return (*thinned, *found[-1:])


def _seconds(send: Send) -> float | None:
    if send.prepared_at is None or send.finished_at is None:
        return None
    return (send.finished_at - send.prepared_at).total_seconds()


def read_moment(stored: datetime | str) -> datetime:
    """Read a moment as raw SQL gives it: SQLite gives text without a zone, PostgreSQL an aware moment."""
    found = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return found if found.tzinfo else found.replace(tzinfo=UTC)
