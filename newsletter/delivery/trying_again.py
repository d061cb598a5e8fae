"""Trying the failed again: those whose refusal shows that no copy was taken, and who may be luckier next time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from newsletter.delivery.ageing import in_words, still_since
from newsletter.delivery.handovers import MAY_BE_PUT_BACK_INTO, put_back
from newsletter.delivery.kept_counts import require_deliveries
from newsletter.delivery.models import Delivery, Event, Handover, Send, SendState
from newsletter.delivery.pausing import begin_anew
from newsletter.delivery.sendgrid_events import DROPPED, TAKEN
from newsletter.delivery.steering import get_send
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import AuditEntry

log = structlog.get_logger()

AT_A_TIME: Final = 1_000
"""Deliveries looked at, and put back, in one transaction."""

UNKNOWN_USER: Final = re.compile(r"\b5\.1\.(?![78]\b)\d+|\b5\.2\.1\b|\b55[13]\b|stored address")
"""RFC 3463: 5.1.x speaks of the recipient's address, but for 5.1.7 and 5.1.8, which speak of the sender's; 5.2.1 says that it is
disabled; RFC 5321: 551, 553."""


class LeftOut(StrEnum):
    """Why a failed delivery is not tried again."""

    TAKEN = "a report shows that the provider had taken it"
    OF_THE_READER = "the provider does not mail this reader: it bounced, complained or left before"
    UNKNOWN_USER = "the address does not exist (--also-unknown-users tries them too)"


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """How many failed deliveries were queued again, how many were left out and why, and where the send stands now."""

    issue: str
    queued: int = 0
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    state: SendState = SendState.RUNNING


def try_failed_again(
    issue: str,
    *,
    person: str,
    now: datetime,
    system_user: str,
    within: timedelta,
    also_unknown_users: bool = False,
    although_old: bool = False,
    although_restored: bool = False,
) -> TriedAgain:
    """Queue the failed of an issue again, each once; raises NotAllowedError where the state of its send does not allow it.

    Who has failed again meanwhile is not tried a third time: deliveries are looked at in the order of their ids. Killed in
    between, it is simply called again.
    """
    send = get_send(issue)
    require_deliveries(issue)
    if send.state not in MAY_BE_PUT_BACK_INTO:
        raise NotAllowedError(f"{issue} is {send.state}: nobody of it is tried again.")
    if (correction := send.corrections.first()) is not None:
        raise NotAllowedError(
            f"{issue} was corrected by {correction.issue}, whose readers are settled: whoever got it now would get the mistake "
            "and not the correction. Nobody is tried again."
        )
    if not although_restored and _was_over_when_restored(send):
        raise NotAllowedError(
            f"The database came from a backup that was made when {issue} was over: whom a retry mailed after that is not in it. "
            f"If nobody was: newsletter retry {issue} --as {person} --although-restored"
        )
    still = now - still_since(send, now=now)
    if still > within and not although_old:
        raise NotAllowedError(
            f"Nothing happened on {issue} for {in_words(still)}. If what it says is still true and welcome: newsletter retry "
            f"{issue} --as {person} --although-old"
        )
    left_out: Counter[LeftOut] = Counter()
    queued = 0
    for found in _failed(send):
        reasons = {
            delivery_id: reason
            for delivery_id, reason in found.items()
            if not (reason is LeftOut.UNKNOWN_USER and also_unknown_users)
        }
        left_out.update(reason for reason in reasons.values() if reason is not None)
        again = [delivery_id for delivery_id in found if reasons.get(delivery_id) is None]
        queued += _put_back(send, again, first=queued == 0, person=person, now=now, system_user=system_user)
    if queued:
        begin_anew(send)
    state = SendState(get_send(issue).state)
    log.info("failed tried again", issue=issue, queued=queued, left_out=sum(left_out.values()))
    return TriedAgain(issue, queued, left_out, state)


def _was_over_when_restored(send: Send) -> bool:
    """Say whether a restore, which holds only what would go on by itself, found a send over, and nobody has looked since."""
    acts = AuditEntry.objects.order_by("-pk")
    restored = acts.filter(act="restore").first()
    if restored is None or send.finished_at is None or restored.at < send.finished_at:
        return False
    return not acts.filter(act="retry", subject=send.issue, pk__gt=restored.pk).exists()


def _put_back(send: Send, ids: Collection[int], *, first: bool, person: str, now: datetime, system_user: str) -> int:
    if not ids:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        queued = put_back(cursor, sorted(ids), source=Handover.FAILED)
        if first and queued:
            record_act("retry", send.issue, person=person, note="the failed are tried again", now=now, system_user=system_user)
    return queued


def _failed(send: Send) -> Iterator[Mapping[int, LeftOut | None]]:
    """Give the failed deliveries of a send, some at a time, each with why it is not tried again, if so."""
    after = 0
    taken = Event.objects.filter(delivery=OuterRef("pk"), kind__in=TAKEN)
    while True:
        failed = Delivery.objects.filter(send=send, handover=Handover.FAILED, pk__gt=after).annotate(was_taken=Exists(taken))
        rows = list(failed.order_by("pk").values_list("pk", "reason", "outcome", "was_taken")[:AT_A_TIME])
        if not rows:
            return
        after = rows[-1][0]
        yield {pk: _why_left_out(reason, reported=bool(outcome or was_taken)) for pk, reason, outcome, was_taken in rows}


def _why_left_out(reason: str, *, reported: bool) -> LeftOut | None:
    if reported:
        return LeftOut.TAKEN
    if reason in DROPPED:
        return LeftOut.OF_THE_READER
    return LeftOut.UNKNOWN_USER if UNKNOWN_USER.search(reason) else None
