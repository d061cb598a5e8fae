"""What providers report, taken into the ledger and to the readers it concerns: in any order, any number of times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.ledger import lock_deliveries, moment, raise_outcome, settle_by_evidence, to_the_hour
from newsletter.delivery.models import Handover
from newsletter.delivery.sendgrid_events import Farewell, Report
from newsletter.delivery.statements import among
from newsletter.subscribers.models import EndReason, Subscription, SuppressionReason
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress

AT_A_TIME: Final = 1_000
"""Reports applied in one transaction; SendGrid posts about as many."""

FAREWELLS: Final[Mapping[Farewell, tuple[EndReason, SuppressionReason | None]]] = {
    Farewell.UNSUBSCRIBED: (EndReason.UNSUBSCRIBED, None),
    Farewell.BOUNCED: (EndReason.BOUNCED, SuppressionReason.BOUNCED),
    Farewell.COMPLAINED: (EndReason.COMPLAINED, SuppressionReason.COMPLAINED),
}
"""How a subscription ends, and whether its address is suppressed; of several in one post the last in this order counts."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many reports were new, known already, or about nothing of ours."""

    new: int
    known: int
    foreign: int


@dataclass(frozen=True, slots=True)
class _About:
    """The delivery that a report is about."""

    delivery_id: int
    subscription_id: int | None


def take_reports(reports: Sequence[Report], *, now: datetime) -> Taken:
    """Store new reports as events and apply what they mean; a report that is known already changes nothing."""
    new = known = foreign = 0
    for start in range(0, len(reports), AT_A_TIME):
        chunk = {report.dedupe: report for report in reports[start : start + AT_A_TIME]}
        repeated = len(reports[start : start + AT_A_TIME]) - len(chunk)
        with transaction.atomic(), connection.cursor() as cursor:
            about = _find_deliveries(cursor, {report.key for report in chunk.values()})
            ours = {dedupe: report for dedupe, report in chunk.items() if report.key in about}
            fresh = [ours[dedupe] for dedupe in sorted(ours.keys() - _find_known(cursor, list(ours)))]
            _insert_events(cursor, fresh, about, now=now)
            lock_deliveries(cursor, sorted({about[one.key].delivery_id for one in fresh}))
            _apply(cursor, fresh, about)
            _say_farewell(fresh, about, now=now)
        new, known, foreign = new + len(fresh), known + len(ours) - len(fresh) + repeated, foreign + len(chunk) - len(ours)
    return Taken(new, known, foreign)


def _find_deliveries(cursor: CursorWrapper, keys: Iterable[str]) -> dict[str, _About]:
    wanted = sorted(keys)
    if not wanted:
        return {}
    cursor.execute(statements.FIND_DELIVERIES_BY_KEY.format(ids=among(len(wanted))), wanted)
    return {key: _About(delivery_id, subscription_id) for key, delivery_id, subscription_id in cursor.fetchall()}


def _find_known(cursor: CursorWrapper, dedupes: Sequence[str]) -> set[str]:
    if not dedupes:
        return set()
    cursor.execute(statements.FIND_KNOWN_EVENTS.format(ids=among(len(dedupes))), list(dedupes))
    return {row[0] for row in cursor.fetchall()}


def _insert_events(cursor: CursorWrapper, reports: Sequence[Report], about: Mapping[str, _About], *, now: datetime) -> None:
    received = moment(to_the_hour(now))
    rows = [
        [one.dedupe, about[one.key].delivery_id, one.kind, one.reason[:200], moment(to_the_hour(one.at)), received]
        for one in reports
    ]
    if rows:
        cursor.executemany(statements.INSERT_EVENT, rows)


def _apply(cursor: CursorWrapper, reports: Sequence[Report], about: Mapping[str, _About]) -> None:
    """Raise outcomes and settle handovers, one statement for all deliveries that share what is to be done."""
    outcomes = defaultdict(list)
    failed = defaultdict(list)
    taken = []
    for report in reports:
        delivery_id = about[report.key].delivery_id
        if report.outcome is not None:
            outcomes[report.outcome].append(delivery_id)
        if report.evidence is Handover.FAILED:
            failed[report.reason].append(delivery_id)
        elif report.evidence is Handover.ACCEPTED:
            taken.append((report.at, delivery_id))
    for outcome, delivery_ids in sorted(outcomes.items()):
        raise_outcome(cursor, delivery_ids, outcome=outcome)
    # A mail that was dropped has failed, whatever else is reported of it: failed first, and accepted leaves it alone.
    for reason, delivery_ids in sorted(failed.items()):
        settle_by_evidence(cursor, delivery_ids, target=Handover.FAILED, reason=reason)
    if taken:
        at = min(moment for moment, _ in taken)
        settle_by_evidence(cursor, [delivery_id for _, delivery_id in taken], target=Handover.ACCEPTED, at=at)


def _say_farewell(reports: Sequence[Report], about: Mapping[str, _About], *, now: datetime) -> None:
    weakest_first = sorted(
        (one for one in reports if one.farewell in FAREWELLS), key=lambda one: [*FAREWELLS].index(one.farewell)
    )
    leaving = {about[one.key].subscription_id: one for one in weakest_first}
    leaving.pop(None, None)
    subscriptions = Subscription.objects.select_related("subscriber").filter(pk__in=[*leaving])
    for subscription in subscriptions.order_by("pk"):
        farewell = leaving[subscription.pk]
        end_reason, suppression = FAREWELLS[farewell.farewell]
        if suppression is not None:
            suppress(subscription.subscriber, reason=suppression, now=now)
        end_subscription(subscription.pk, reason=end_reason, now=now)
        # By an old mail, after they came back: then they mean all mail, as with an old link.
        since = Subscription.objects.filter(subscriber=subscription.subscriber, ended_at=None, started_at__lte=farewell.at)
        for later in since.values_list("pk", flat=True):
            end_subscription(later, reason=end_reason, now=now)
