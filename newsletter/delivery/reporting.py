"""What became of a send, as sums that have to hold: handovers and outcomes are counted apart and never added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.gone_addresses import GoneReaders, gone_readers
from newsletter.delivery.kept_counts import kept_counts, kept_handovers
from newsletter.delivery.models import Handover, Outcome, Send, SendState
from newsletter.errors import NotAllowedError


@dataclass(frozen=True, slots=True)
class SendStatus:
    """Where a send stands. While it is prepared, ``frozen`` grows and the sum is of what is frozen so far.

    ``corrects`` is the issue whose readers a correction goes to.
    """

    issue: str
    state: SendState
    transport: str
    created_at: datetime
    prepared_at: datetime | None
    finished_at: datetime | None
    frozen: int
    handovers: Mapping[Handover, int]
    corrects: str = ""

    @property
    def sum_holds(self) -> bool:
        """Whether every frozen delivery is in exactly one handover."""
        return self.frozen == sum(self.handovers.values())


@dataclass(frozen=True, slots=True)
class SendReport:
    """A send's status with its details: excluded and failed by reason, by language, outcomes, and who is unknown, by key.

    ``gone`` are the readers who left since their address does not exist.
    """

    status: SendStatus
    excluded: Mapping[str, int]
    failed: Mapping[str, int]
    by_language: Mapping[str, Mapping[Handover, int]]
    outcomes: Mapping[Outcome, int]
    unknown_keys: tuple[str, ...]
    gone: GoneReaders

    @property
    def sum_holds(self) -> bool:
        """Whether frozen = accepted + failed + excluded + unknown + queued + sending."""
        return self.status.sum_holds

    @property
    def the_sum(self) -> str:
        """The sum in words, as people like to see it."""
        handovers = self.status.handovers
        parts = [f"{handovers[one]} {one.value}" for one in Handover if handovers[one] or one in _AT_THE_END]
        return f"{self.status.frozen} = {' + '.join(parts)}"


_MAY_BE_REPORTED = {Handover.ACCEPTED, Handover.UNKNOWN}
"""The handovers after which an outcome can be expected at all."""

_AT_THE_END = {Handover.ACCEPTED, Handover.FAILED, Handover.EXCLUDED, Handover.UNKNOWN}


def find_sends() -> list[SendStatus]:
    """Give the status of every send, the latest first: in three queries, however many there are."""
    counts: dict[int, Counter[Handover]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statements.COUNT_HANDOVERS)
        for send_id, handover, count in cursor.fetchall():
            counts.setdefault(send_id, _none_yet())[Handover(handover)] = count
    for send_id, kept in kept_handovers().items():
        counts[send_id] = _none_yet()
        counts[send_id].update(kept)
    return [_status(send, counts.get(send.pk, _none_yet())) for send in Send.objects.select_related("corrects").order_by("-id")]


def send_report(issue: str) -> SendReport:
    """Give the whole report of the send of an issue; raises NotAllowedError when there is none."""
    send = Send.objects.select_related("corrects").filter(issue=issue).first()
    if send is None:
        raise NotAllowedError(f"{issue} was not sent. See when it is due with: newsletter calendar")
    handovers = _none_yet()
    outcomes: Counter[Outcome] = Counter(dict.fromkeys(Outcome, 0))
    reasons: dict[Handover, Counter[str]] = {Handover.EXCLUDED: Counter(), Handover.FAILED: Counter()}
    by_language: dict[str, Counter[Handover]] = {}
    kept = kept_counts(send.pk)
    for language, name, outcome, reason, count in sum_deliveries(send.pk) if kept is None else kept["sums"]:
        handover = Handover(name)
        handovers[handover] += count
        if outcome or handover in _MAY_BE_REPORTED:
            outcomes[Outcome(outcome)] += count
        by_language.setdefault(language, Counter())[handover] += count
        if handover in reasons:
            reasons[handover][reason] += count
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_UNKNOWN_KEYS, [send.pk])
        unknown_keys = tuple(row[0] for row in cursor.fetchall())
    return SendReport(
        _status(send, handovers),
        reasons[Handover.EXCLUDED],
        reasons[Handover.FAILED],
        by_language,
        outcomes,
        unknown_keys,
        gone_readers(send) if kept is None else GoneReaders(**kept["gone"]),
    )


def sum_deliveries(send_id: int) -> list[tuple[str, str, str, str, int]]:
    """Count the deliveries of a send by language, handover, outcome and reason."""
    with connection.cursor() as cursor:
        cursor.execute(statements.SUM_DELIVERIES, [send_id])
        return [*cursor.fetchall()]


def _none_yet() -> Counter[Handover]:
    return Counter(dict.fromkeys(Handover, 0))


def _status(send: Send, handovers: Mapping[Handover, int]) -> SendStatus:
    return SendStatus(
        issue=send.issue,
        state=SendState(send.state),
        transport=send.transport,
        created_at=send.created_at,
        prepared_at=send.prepared_at,
        finished_at=send.finished_at,
        frozen=send.frozen,
        handovers=handovers,
        corrects=send.corrects.issue if send.corrects else "",
    )
