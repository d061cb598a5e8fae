"""Pausing a send and letting it go on: by a person, or by the program itself when something is wrong with it.

A worker notices at its next step, in whichever process it is: it marks nothing, records what was in flight, and gives its batch
back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import Count

from newsletter.delivery.ageing import in_words, still_since
from newsletter.delivery.ledger import finish_send
from newsletter.delivery.models import Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.steering import get_send, move_send
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act

log = structlog.get_logger()

PROGRAM: Final = "newsletter"
"""Stands in the audit log where a system user does, when nobody sat at the keyboard."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A send that goes on: what it was paused for, since when nothing had happened on it, and where it stands now."""

    issue: str
    paused_for: PausedFor
    reason: str
    still_since: datetime
    state: SendState


_ALTHOUGH: Final[Mapping[PausedFor, str]] = {PausedFor.AGE: " --although-old", PausedFor.RESTORE: " --although-restored"}


def resume_command(issue: str, paused_for: str, *, person: str = "YOU") -> str:
    """Give what lets a paused send go on, typed by a person who has looked."""
    return f"newsletter resume {issue} --as {person}{_ALTHOUGH.get(PausedFor(paused_for), '')}"


@transaction.atomic
def pause_send(issue: str, *, person: str, note: str, now: datetime, system_user: str) -> Send:
    """Pause a send until somebody resumes it; raises NotAllowedError when there is nothing to pause."""
    send = get_send(issue)
    if send.state == SendState.PAUSED:
        raise NotAllowedError(f"{issue} is paused already: {send.reason}")
    if send.state not in {SendState.PREPARING, SendState.RUNNING}:
        raise NotAllowedError(f"{issue} is {send.state}: there is nothing to pause.")
    reason = f"by {person}: {note.strip()}" if note.strip() else f"by {person}"
    if not move_send(send.pk, expected={SendState(send.state)}, to=SendState.PAUSED, paused_for=PausedFor.PERSON, reason=reason):
        raise overtaken(issue)
    record_act("pause", issue, person=person, note=note.strip(), now=now, system_user=system_user)
    send.refresh_from_db()
    return send


def pause_by_itself(send_id: int, *, paused_for: PausedFor, reason: str, now: datetime) -> bool:
    """Pause a send since the program will not go on without a person; say whether it was open and is paused now."""
    with transaction.atomic():
        expected = {SendState.PREPARING, SendState.RUNNING}
        if not move_send(send_id, expected=expected, to=SendState.PAUSED, paused_for=paused_for, reason=reason):
            return False
        issue = Send.objects.values_list("issue", flat=True).get(pk=send_id)
        record_act("pause", issue, person="", note=reason, now=now, system_user=PROGRAM)
    log.warning("send paused", issue=issue, reason=reason)
    return True


@transaction.atomic
def resume_send(
    issue: str,
    *,
    person: str,
    now: datetime,
    system_user: str,
    within: timedelta,
    although_old: bool = False,
    although_restored: bool = False,
) -> Resumed:
    """Let a paused send go on where it was; raises NotAllowedError when it is not paused, or when a person has to look first.

    On a send ``although_old`` nothing happened for longer than ``within``; one that is held after a restore goes on only
    ``although_restored``. It is judged anew from here on: what failed until now pauses it no more.
    """
    send = get_send(issue)
    if send.state != SendState.PAUSED:
        raise NotAllowedError(f"{issue} is not paused: it is {send.state}.")
    since = still_since(send, now=now)
    if send.paused_for == PausedFor.RESTORE and not although_restored:
        raise NotAllowedError(
            f"{issue} is paused: {send.reason.rstrip('.')}. Whom it mailed after the backup was made is not in this database. "
            f"To end it, so that nobody gets it twice: newsletter cancel {issue} --as {person}. If nothing of it went out since "
            f"the backup: {resume_command(issue, PausedFor.RESTORE, person=person)}"
        )
    if now - since > within and not although_old:
        raise NotAllowedError(
            f"Nothing happened on {issue} for {in_words(now - since)}. If what it says is still true and welcome: newsletter "
            f"resume {issue} --as {person} --although-old. To end it: newsletter cancel {issue} --as {person}"
        )
    to = SendState.RUNNING if send.prepared_at else SendState.PREPARING
    if not move_send(send.pk, expected={SendState.PAUSED}, to=to):
        raise overtaken(issue)
    begin_anew(send)
    record_act("resume", issue, person=person, note=f"was paused: {send.reason}", now=now, system_user=system_user)
    with connection.cursor() as cursor:
        # All of it may have been settled while it was paused.
        finish_send(cursor, send.pk, now=now)
    found = Resumed(issue, PausedFor(send.paused_for), send.reason, since, SendState(get_send(issue).state))
    log.info("send resumed", issue=issue, state=found.state)
    return found


def begin_anew(send: Send) -> None:
    """Note that a person has looked at a send: what failed until now does not pause it again."""
    by_handover = Delivery.objects.filter(send=send).values_list("handover").annotate(Count("pk")).order_by()
    counted = Counter(dict(by_handover))
    Send.objects.filter(pk=send.pk).update(seen_failed=counted[Handover.FAILED], seen_accepted=counted[Handover.ACCEPTED])


def pause_what_is_old(*, within: timedelta, now: datetime) -> None:
    """Pause every open send on which nothing happened for longer than ``within``: its news may be none any more."""
    for send in Send.objects.filter(state__in=[SendState.PREPARING, SendState.RUNNING]).order_by("pk"):
        still = now - still_since(send, now=now)
        if still > within:
            reason = f"Nothing happened on it for {in_words(still)}, so a person has to say whether it is still to go out."
            pause_by_itself(send.pk, paused_for=PausedFor.AGE, reason=reason, now=now)


def overtaken(issue: str) -> NotAllowedError:
    """Say that somebody else was quicker."""
    return NotAllowedError(f"{issue} changed its state at the same moment. Look with: newsletter status {issue}")
