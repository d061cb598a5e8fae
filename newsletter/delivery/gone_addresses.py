"""Readers whose address a mail server refused since it does not exist: they leave, but not before their send is over.

A relay that is set up wrongly says "550 5.1.1" of everybody. Only once a send has ended can it be seen whether the fault is the
addresses': of one that paused itself, or of which too many were refused so, nobody leaves. The act in the audit log remembers
that a send was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletter.delivery import statements
from newsletter.delivery.models import BounceKind, Delivery, Handover, Outcome, Send, SendState
from newsletter.delivery.pausing import PROGRAM
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import AuditEntry
from newsletter.subscribers.models import EndReason, Suppression, SuppressionReason
from newsletter.subscribers.reported_ends import ReportedEnd, end_as_reported

log = structlog.get_logger()

SUPPRESSED: Final = "suppress"
NOBODY: Final = "suppress nobody"

AT_A_TIME: Final = 1_000
"""Readers who leave in one transaction."""

LOOKED_AT_FOR: Final = timedelta(days=30)
"""After the end of a send; the next issue finds the same addresses."""


@dataclass(frozen=True, slots=True)
class GoneReaders:
    """How many readers of a send are suppressed since their address does not exist, and why nobody is, where that is so."""

    suppressed: int = 0
    why_nobody: str = ""


def find_to_be_looked_at(now: datetime) -> QuerySet[Send]:
    """Give the sends that are over and of whose refusals nobody has yet seen whether the addresses are at fault."""
    acts = AuditEntry.objects.filter(act__in=[SUPPRESSED, NOBODY], subject=OuterRef("issue"), at__gte=OuterRef("finished_at"))
    over = Send.objects.filter(state__in=[SendState.DONE, SendState.CANCELLED], finished_at__gt=now - LOOKED_AT_FOR)
    return over.filter(~Exists(acts), Exists(_refused().filter(send=OuterRef("pk")))).order_by("pk")


def suppress_the_gone(*, percent: float, now: datetime) -> int:
    """End and suppress the readers whose address does not exist, of every send that is over, once; give how many left.

    Nobody leaves of a send that paused itself, or of which ``percent`` or more of those handed over were refused so.
    """
    return sum(_look_at(send, percent=percent, now=now) for send in find_to_be_looked_at(now))


def gone_readers(send: Send) -> GoneReaders:
    """Give what became of the readers of a send whose address does not exist."""
    latest = AuditEntry.objects.filter(act__in=[SUPPRESSED, NOBODY], subject=send.issue).order_by("-pk").first()
    if latest is None:
        return GoneReaders()
    if latest.act == NOBODY:
        return GoneReaders(why_nobody=latest.note)
    theirs = Suppression.objects.filter(lookup=OuterRef("subscription__subscriber__lookup"), reason=SuppressionReason.BOUNCED)
    return GoneReaders(_refused().filter(Exists(theirs), send=send).count())


def _refused() -> QuerySet[Delivery]:
    # The first condition is the index's own.
    return Delivery.objects.filter(
        bounce__gt="", bounce=BounceKind.HARD, handover=Handover.FAILED, outcome=Outcome.NONE
    ).order_by()


def _look_at(send: Send, *, percent: float, now: datetime) -> int:
    """Let readers leave, some in each transaction; killed in between, the next look goes on where this one ended."""
    refused = _refused().filter(send=send).count()
    handed_over = Delivery.objects.filter(send=send, handover__in=[Handover.ACCEPTED, Handover.FAILED]).count()
    why_nobody = _why_nobody(send, refused, handed_over, percent=percent)
    left = 0
    while (gone := _let_leave(send, why_nobody, left, now=now)) is not None:
        left += gone
    log.info("addresses that do not exist", issue=send.issue, refused=refused, handed_over=handed_over, suppressed=left)
    return left


def _let_leave(send: Send, why_nobody: str, left: int, *, now: datetime) -> int | None:
    """Let some leave, or write down that all have left; None when there is nothing more to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.LOCK_SEND, [send.pk])
        if not find_to_be_looked_at(now).filter(pk=send.pk, finished_at=send.finished_at).exists():
            return None
        readers = [] if why_nobody else _find_readers(send)
        if readers:
            # Of the mail's own moment: who came back since then has shown that the address exists.
            begun = send.created_at
            end_as_reported([ReportedEnd(reader, EndReason.BOUNCED, begun, mailed_since=begun) for reader in readers], now=now)
            return len(readers)
        assert send.finished_at is not None
        act, note = (NOBODY, why_nobody) if why_nobody else (SUPPRESSED, f"{left} readers whose address does not exist")
        record_act(act, send.issue, person="", note=note, now=max(now, send.finished_at), system_user=PROGRAM)
        return None


def _find_readers(send: Send) -> Sequence[int]:
    """Find who is still subscribed, and has the address that was refused."""
    moved = Q(subscription__subscriber__address_since__gt=send.created_at)
    staying = _refused().filter(~moved, send=send, subscription__ended_at__isnull=True, subscription__isnull=False)
    return [reader for reader in staying.order_by("pk").values_list("subscription_id", flat=True)[:AT_A_TIME] if reader]


def _why_nobody(send: Send, refused: int, handed_over: int, *, percent: float) -> str:
    said = f"{refused} of {handed_over} mails were refused since the address does not exist"
    if refused * 100 >= percent * handed_over:
        return f"{said}: so many that the mail server may be at fault"
    if AuditEntry.objects.filter(act="pause", subject=send.issue, person="").exists():
        return f"{said}, of a send that had paused itself: the mail server may be at fault"
    return ""
