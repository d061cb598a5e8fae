"""What is reported, taken into the ledger and to the readers it concerns: in any order, any number of times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.handovers import (
    HANDOVER_TRANSITIONS,
    OUTCOME_RANK,
    date_back,
    explain_dropped,
    moment,
    raise_bounce,
    raise_outcome,
    settle_by_evidence,
    to_the_hour,
)
from newsletter.delivery.leaving import say_farewell
from newsletter.delivery.models import BounceKind, Handover, Outcome
from newsletter.delivery.policy_bounces import pause_for_policy
from newsletter.delivery.provider_calls import lock_cancelled
from newsletter.delivery.reports import Report
from newsletter.delivery.statements import among
from newsletter.postbox.models import PostState
from newsletter.postbox.reported import settle_reported
from newsletter.settings import DeliverySettings

AT_A_TIME: Final = 1_000
"""Reports applied in one transaction; SendGrid posts about as many."""

SAID_OF_CANCELLED: Final = frozenset({"processed", "dropped"})
"""Kinds of reports that a cancelled call brings as well: on receipt, and when it is discarded at its ``send_at``."""

CAME_BACK: Final = "it came back"


@dataclass(frozen=True, slots=True)
class Taken:
    """How many reports were new, known already, or about nothing of ours; and which sends were paused because of them."""

    new: int = 0
    known: int = 0
    foreign: int = 0
    paused: tuple[str, ...] = ()

    def plus(self, other: Taken) -> Taken:
        """Add up two parts of one whole."""
        return Taken(self.new + other.new, self.known + other.known, self.foreign + other.foreign, self.paused + other.paused)


class Reported(NamedTuple):
    """A delivery that a report is about, as it stands."""

    delivery_id: int
    subscription_id: int | None
    send_id: int
    handover: Handover
    outcome: Outcome
    bounce: BounceKind


@dataclass(slots=True)
class _Changes:
    """What is to be done, in groups of deliveries that share it."""

    failed: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    taken: dict[datetime, set[int]] = field(default_factory=lambda: defaultdict(set))
    outcomes: dict[Outcome, set[int]] = field(default_factory=lambda: defaultdict(set))
    bounces: dict[BounceKind, set[int]] = field(default_factory=lambda: defaultdict(set))
    settling: set[int] = field(default_factory=set)


def take_reports(reports: Sequence[Report], settings: DeliverySettings, *, now: datetime) -> Taken:
    """Store new reports as events and apply what they mean; a report that is known already changes nothing.

    Whatever their order and however often they come, ledger, suppressions and endings are the same in the end.
    """
    taken = Taken()
    for start in range(0, len(reports), AT_A_TIME):
        taken = taken.plus(_take_some(reports[start : start + AT_A_TIME], settings, now=now))
    return taken


def _take_some(reports: Sequence[Report], settings: DeliverySettings, *, now: datetime) -> Taken:
    with transaction.atomic(), connection.cursor() as cursor:
        by_dedupe = {report.dedupe: report for report in _without_void_proofs(cursor, reports)}
        _lock_sends(cursor, {report.key for report in by_dedupe.values() if report.bounce is BounceKind.POLICY})
        about = _find_deliveries(cursor, {report.key for report in by_dedupe.values()})
        others = [report for report in by_dedupe.values() if report.key not in about]
        posted = _settle_service_mails(others, now=now) if others else 0
        ours = [report for report in by_dedupe.values() if report.key in about]
        fresh = _store(cursor, ours, about, now=now)
        paused: tuple[str, ...] = ()
        if fresh:
            _apply(cursor, fresh, about)
            say_farewell(cursor, fresh, about, soft_in_a_row=settings.bounces.soft_in_a_row, now=now)
            sends = {about[one.key].send_id for one in fresh if one.bounce is BounceKind.POLICY}
            paused = pause_for_policy(cursor, sends, percent=settings.pause_when_failed_percent, now=now)
    return Taken(len(fresh) + posted, len(reports) - len(fresh) - len(others), len(others) - posted, paused)


def _without_void_proofs(cursor: CursorWrapper, reports: Sequence[Report]) -> Sequence[Report]:
    """Take no word for a proof that SendGrid may also say of a call that we cancel: that a mail was processed, or dropped."""
    void = lock_cancelled(cursor, {report.call for report in reports if report.call})
    if not void:
        return reports
    return [one._replace(evidence=None) if one.call in void and one.kind in SAID_OF_CANCELLED else one for one in reports]


def _lock_sends(cursor: CursorWrapper, keys: Iterable[str]) -> None:
    """Take the sends that may be paused for these before any delivery, as a worker does; SQLite has one writer anyway."""
    wanted = sorted(keys)
    if wanted and connection.vendor == "postgresql":
        cursor.execute(statements.FIND_REPORTED.format(ids=among(len(wanted))), wanted)
        sends = sorted({row[3] for row in cursor.fetchall()}) or [0]
        cursor.execute(statements.LOCK_SENDS.format(ids=among(len(sends))) + " FOR NO KEY UPDATE", sends)


def _find_deliveries(cursor: CursorWrapper, keys: Iterable[str]) -> dict[str, Reported]:
    wanted = sorted(keys)
    if not wanted:
        return {}
    find = statements.LOCK_REPORTED if connection.vendor == "postgresql" else statements.FIND_REPORTED
    cursor.execute(find.format(ids=among(len(wanted))), wanted)
    return {row[0]: Reported(*row[1:]) for row in cursor.fetchall()}


def _settle_service_mails(reports: Sequence[Report], *, now: datetime) -> int:
    """Settle service mails: what came back for good has failed, so that whoever waits for an answer learns of it."""
    failed = {one.key for one in reports if one.evidence is Handover.FAILED or one.bounce is BounceKind.HARD}
    taken = {one.key for one in reports if one.evidence is Handover.ACCEPTED} - failed
    found = settle_reported(failed, PostState.FAILED, reason=CAME_BACK, now=now) if failed else set()
    if taken:
        found |= settle_reported(taken, PostState.ACCEPTED, reason="", now=now)
    return sum(one.key in found for one in reports)


def _store(cursor: CursorWrapper, reports: Sequence[Report], about: Mapping[str, Reported], *, now: datetime) -> list[Report]:
    """Store and give what is not known yet: in one order, so that two posts do not wait for each other.

    The delivery's number stands before what tells events apart: a send's events come about in its order, and random places of
    the index would make a write of every one of them.
    """
    if not reports:
        return []
    received = moment(to_the_hour(now))
    hours = {at: moment(to_the_hour(at)) for at in {one.at for one in reports}}
    named = {f"{about[one.key].delivery_id:010x}{one.dedupe[:48]}": one for one in reports}
    values: list[str | int | datetime | None] = []
    for dedupe in sorted(named):
        one = named[dedupe]
        values += (dedupe, about[one.key].delivery_id, one.kind, one.reason[:200], hours[one.at], received)
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(named))
    cursor.execute(statements.INSERT_EVENTS.format(rows=rows), values)
    return [named[row[0]] for row in cursor.fetchall()]


def _apply(cursor: CursorWrapper, reports: Sequence[Report], about: Mapping[str, Reported]) -> None:
    """Raise outcomes and settle handovers, one statement for all deliveries that share what is to be done.

    A mail that was dropped has failed, whatever else is reported of it: failed first, and accepted leaves it alone.
    """
    changes = _changes(reports, about)
    for reason, delivery_ids in sorted(changes.failed.items()):
        settle_by_evidence(cursor, sorted(delivery_ids), target=Handover.FAILED, reason=reason)
    if changes.failed:
        explain_dropped(cursor, sorted(set().union(*changes.failed.values())))
    for at, delivery_ids in sorted(changes.taken.items()):
        settle_by_evidence(cursor, sorted(delivery_ids & changes.settling), target=Handover.ACCEPTED, at=at)
        date_back(cursor, sorted(delivery_ids - changes.settling), at=at)
    for outcome, delivery_ids in sorted(changes.outcomes.items()):
        raise_outcome(cursor, sorted(delivery_ids), outcome=outcome)
    for bounce, delivery_ids in sorted(changes.bounces.items()):
        raise_bounce(cursor, sorted(delivery_ids), bounce=bounce)


def _changes(reports: Sequence[Report], about: Mapping[str, Reported]) -> _Changes:
    changes = _Changes()
    earliest: dict[int, datetime] = {}
    hours = {at: to_the_hour(at) for at in {one.at for one in reports}}
    for report in reports:
        delivery = about[report.key]
        if report.outcome is not None and OUTCOME_RANK[report.outcome] > OUTCOME_RANK[delivery.outcome]:
            changes.outcomes[report.outcome].add(delivery.delivery_id)
        if report.bounce and report.bounce != delivery.bounce:
            changes.bounces[report.bounce].add(delivery.delivery_id)
        if report.evidence is Handover.FAILED:
            changes.failed[report.reason].add(delivery.delivery_id)
        elif report.evidence is Handover.ACCEPTED:
            at = hours[report.at]
            earliest[delivery.delivery_id] = min(at, earliest.get(delivery.delivery_id, at))
            if Handover.ACCEPTED in HANDOVER_TRANSITIONS[delivery.handover]:
                changes.settling.add(delivery.delivery_id)
    for delivery_id, at in earliest.items():
        changes.taken[at].add(delivery_id)
    return changes
