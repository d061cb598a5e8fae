"""Mail that comes back for what we are: no reader is to blame, and sending more of it makes a bad name worse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.backends.utils import CursorWrapper

from newsletter.delivery import statements
from newsletter.delivery.models import PausedFor, Send, SendState
from newsletter.delivery.pausing import pause_by_itself
from newsletter.delivery.progress import count_settled
from newsletter.publishing.models import AuditEntry

FEWEST: Final = 50
"""Bounces before a share means anything."""

REASON: Final = "Mail comes back for what we are (5.7.x, or blocked)"


def pause_for_policy(cursor: CursorWrapper, send_ids: Iterable[int], *, percent: float, now: datetime) -> tuple[str, ...]:
    """Pause those of the running sends of whose mails too many came back for policy; give their issues.

    Too many are fifty, and ``percent`` of those that were handed over; twice as many after every time that a person resumed it.
    """
    paused = []
    for send in Send.objects.filter(pk__in=sorted(send_ids), state=SendState.RUNNING):
        cursor.execute(statements.COUNT_POLICY_BOUNCES, [send.pk])
        bounced = cursor.fetchone()[0]
        before = AuditEntry.objects.filter(act="pause", subject=send.issue, person="", note__startswith=REASON).count()
        patience = 2**before
        if bounced < FEWEST * patience:
            continue
        handed_over = count_settled(send.pk)
        if bounced * 100 < percent * patience * handed_over:
            continue
        reason = f"{REASON}: {bounced} of about {handed_over} so far."
        if pause_by_itself(send.pk, paused_for=PausedFor.ERRORS, reason=reason, now=now):
            paused.append(send.issue)
    return tuple(paused)
