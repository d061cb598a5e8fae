"""Settling what is unknown: the one place that turns what evidence says into moves of the ledger.

Each part is a transaction of its own, with its entry in the audit log; done again, it finds nothing left to settle.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection, transaction

from newsletter.delivery.bounces.kinds import STATUS, kind_of_bounce
from newsletter.delivery.doubt import Clue, Verdict
from newsletter.delivery.evidence import take_reports
from newsletter.delivery.handovers import put_back
from newsletter.delivery.models import BounceKind, Delivery, Handover, Outcome, Send
from newsletter.delivery.reports import Farewell, Report
from newsletter.publishing.audit import record_act
from newsletter.settings import DeliverySettings

AT_ONCE: Final = 500
"""Deliveries settled in one transaction."""

MOST_KEYS_IN_A_NOTE: Final = 100


class Witnessed(StrEnum):
    """Who or what gives evidence."""

    MAIL_LOG = "mail log"
    PROVIDER = "provider"
    PERSON = "person"

    @property
    def event(self) -> str:
        """The kind of event that a report by it becomes."""
        return {"mail log": "found_in_mail_log", "provider": "found_at_provider", "person": "said_by_person"}[self.value]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever has it done: a key of [people], the login, and why."""

    person: str
    system_user: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A delivery that was lost sight of, and by when (Unix seconds): its last attempt was not later."""

    delivery_id: int
    key: str
    batch_id: int
    subscription_id: int | None
    lost_by: float = 0


def find_unknown(send: Send) -> list[Unknown]:
    """Give what is unknown of a send, in the order in which it was marked."""
    found = Delivery.objects.filter(send=send, handover=Handover.UNKNOWN).order_by("pk")
    return [Unknown(*row) for row in found.values_list("pk", "key", "batch_id", "subscription_id", "due_at")]


def settle(
    send: Send, clues: Sequence[Clue], *, by: Witnessed, settings: DeliverySettings, actor: Actor, now: datetime
) -> Counter[Verdict]:
    """Settle the unknown deliveries of a send that ``clues`` speak of; give how many were settled, by verdict.

    What was taken is accepted, with its outcome; what was refused has failed; what never left is queued again: its send goes on.
    A send that was cancelled or corrected mails nobody any more: what never left of it stays unknown.
    """
    telling = [clue for clue in clues if clue.verdict is not Verdict.NOT_FOUND]
    settled: Counter[Verdict] = Counter()
    for start in range(0, len(telling), AT_ONCE):
        with transaction.atomic():
            settled += _settle_some(send, telling[start : start + AT_ONCE], by=by, settings=settings, actor=actor, now=now)
    return settled


def _settle_some(
    send: Send, clues: Sequence[Clue], *, by: Witnessed, settings: DeliverySettings, actor: Actor, now: datetime
) -> Counter[Verdict]:
    unknown = Delivery.objects.filter(send=send, handover=Handover.UNKNOWN, key__in=[clue.key for clue in clues])
    ids = dict(unknown.values_list("key", "pk"))
    known = {clue.key: clue for clue in clues if clue.key in ids}
    take_reports(
        [_report(clue, by, now=now) for clue in known.values() if clue.verdict is not Verdict.NEVER_LEFT], settings, now=now
    )
    never_left = sorted(ids[clue.key] for clue in known.values() if clue.verdict is Verdict.NEVER_LEFT)
    with connection.cursor() as cursor:
        put_back(cursor, never_left, source=Handover.UNKNOWN)
    still = set(unknown.values_list("key", flat=True))
    moved = {key: clue for key, clue in known.items() if key not in still}
    counts = Counter(clue.verdict for clue in moved.values())
    if moved:
        said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
        keys = f" ({', '.join(sorted(moved))})" if by is Witnessed.PERSON and len(moved) <= MOST_KEYS_IN_A_NOTE else ""
        note = f"{by}: {said}{keys}{f'. {actor.note}' if actor.note else ''}"
        record_act("reconcile", send.issue, person=actor.person, note=note, now=now, system_user=actor.system_user)
    return counts


def _report(clue: Clue, by: Witnessed, *, now: datetime) -> Report:
    status = STATUS.search(clue.reason)
    bounce = _kind_of_bounce(clue)
    named = f"{clue.key}\0{by}\0{clue.verdict}\0{clue.outcome}\0{status and status[0]}"
    return Report(
        clue.key,
        by.event,
        clue.at or now,
        hashlib.sha256(named.encode()).hexdigest(),
        reason=clue.reason,
        outcome=clue.outcome,
        evidence=Handover.FAILED if clue.verdict is Verdict.REFUSED else Handover.ACCEPTED,
        bounce=bounce,
        farewell=Farewell.BOUNCED if bounce is BounceKind.HARD else Farewell.NONE,
    )


def _kind_of_bounce(clue: Clue) -> BounceKind:
    """Take it from the clue, else from a status code in its reason; a bounce of which no more is known blames nobody."""
    if clue.outcome is not Outcome.BOUNCED or clue.bounce:
        return clue.bounce
    if "blocked" in clue.reason:
        return BounceKind.POLICY
    return kind_of_bounce(found[0]) if (found := STATUS.search(clue.reason)) else BounceKind.NONE
