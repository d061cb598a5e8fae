"""The states of a service mail, each step one function: claim one (committed before the wire), record what became of it.

A mail whose process died between the two is unknown once its claim is old, and is never sent again by guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from newsletter.errors import KeyMissingError, SealError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content

log = structlog.get_logger()

POST_TRANSITIONS: Final[Mapping[PostState, frozenset[PostState]]] = {
    # Reports can come late: what was put back and is reported as taken must not be sent again.
    PostState.QUEUED: frozenset({PostState.SENDING, PostState.FAILED, PostState.ACCEPTED}),
    PostState.SENDING: frozenset({PostState.QUEUED, PostState.ACCEPTED, PostState.FAILED, PostState.UNKNOWN}),
    PostState.UNKNOWN: frozenset({PostState.ACCEPTED, PostState.FAILED}),
    # Whoever took a mail may say later that it was dropped, or came back.
    PostState.ACCEPTED: frozenset({PostState.FAILED}),
    PostState.FAILED: frozenset(),
}
"""What may follow each state. Unknown ends only by evidence: the word of whoever marked it, though it comes late."""

SETTLED: Final = frozenset({PostState.ACCEPTED, PostState.FAILED, PostState.UNKNOWN})
"""States in which nothing more will be sent, so that the content is forgotten."""

_OPEN_TO_ITS_CLAIM: Final = (PostState.SENDING, PostState.UNKNOWN)
"""States that whoever marked a mail may still change; of an accepted one only those who carried it know more."""

CLAIM_SECONDS: Final = 600.0
"""Seconds of the lease clock after which a claim is given up for dead: longer than all replies of one SMTP session may take."""

TOO_LATE: Final = "it could not be sent before it expired"
DAMAGED: Final = "its stored content does not open"
KEY_IS_MISSING: Final = "it waits for a key that the key ring does not have"
KEY_PAUSE: Final = timedelta(minutes=5)
"""After this a mail whose key is missing is looked at again: somebody may have put the key ring back."""

LOST_SIGHT: Final = "the process that sent it ended before it recorded what became of it"


WITHDRAW_ALL_OF: Final = """
    UPDATE postbox_servicemail
    SET state = CASE state WHEN %s THEN %s ELSE state END,
        reason = CASE state WHEN %s THEN %s ELSE reason END,
        content = CASE state WHEN %s THEN %s ELSE content END,
        settled_at = CASE state WHEN %s THEN %s ELSE settled_at END,
        expires_at = CASE state WHEN %s THEN expires_at ELSE %s END
    WHERE lookup = %s AND state IN (%s, %s)
"""
"""Of what is on the wire nothing changes, but should it not be taken there, it comes back too late."""


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A service mail that may now go on the wire; ``attempts`` includes this one."""

    mail_id: int
    key: str
    claim: str
    attempts: int
    content: ServiceContent = field(repr=False)


def claim_mail(*, now: datetime, epoch: str, seconds: float) -> ClaimedMail | None:
    """Mark the latest mail that is due as ``sending`` and commit; None when there is none.

    The latest, for somebody waits for it: it does not stand behind thousands that an import asks.

    ``epoch`` and ``seconds`` are the lease clock's. On the way, what came too late has failed, and what a dead process held is
    unknown. A mail whose key is missing is set aside, and said once; it does not hold up the others.
    """
    settle_overdue(now=now, epoch=epoch, seconds=seconds)
    while True:
        with transaction.atomic():
            due = ServiceMail.objects.filter(state=PostState.QUEUED, due_at__lte=now).order_by("-due_at", "-pk")
            mail = due.select_for_update(skip_locked=True).first()
            if mail is None:
                return None
            try:
                content = open_content(mail.key, mail.content)
            except KeyMissingError as error:
                _set_aside(mail, str(error), now=now)
            except SealError:
                _settle(ServiceMail.objects.filter(pk=mail.pk), PostState.FAILED, DAMAGED, now=now)
            else:
                return _mark(mail, content, epoch=epoch, seconds=seconds)


def settle_overdue(*, now: datetime, epoch: str, seconds: float) -> None:
    """Forget what came too late and give up what a dead process held; ``claim_mail`` does so by itself."""
    queued, sending = (ServiceMail.objects.filter(state=state) for state in (PostState.QUEUED, PostState.SENDING))
    _settle(queued.filter(expires_at__lte=now), PostState.FAILED, TOO_LATE, now=now)
    dead = ~Q(claim_epoch=epoch) | Q(claimed_at__lte=seconds - CLAIM_SECONDS) | Q(claimed_at__gt=seconds + CLAIM_SECONDS)
    _settle(sending.filter(dead), PostState.UNKNOWN, LOST_SIGHT, now=now)


def settle_all(reason: str, *, now: datetime) -> int:
    """Send nothing more of what waits: the queued have failed, and what was being sent is unknown. Give how many there were."""
    queued, sending = (ServiceMail.objects.filter(state=state) for state in (PostState.QUEUED, PostState.SENDING))
    return _settle(queued, PostState.FAILED, reason, now=now) + _settle(sending, PostState.UNKNOWN, reason, now=now)


def record_settled(claimed: ClaimedMail, state: PostState, *, reason: str, now: datetime) -> bool:
    """Record that nothing more will be sent, and forget the content; say whether the claim was still ours."""
    assert state in SETTLED
    mine = _claimed_by(claimed, reaching=state)
    return _settle(mine, state, reason, now=now) == 1


def record_waiting(claimed: ClaimedMail, *, reason: str, due_at: datetime, counted: bool) -> bool:
    """Put a mail back that was certainly not taken; say whether the claim was still ours. ``counted``: as an attempt."""
    mine = _claimed_by(claimed, reaching=PostState.QUEUED)
    attempts = claimed.attempts if counted else claimed.attempts - 1
    return mine.update(state=PostState.QUEUED, reason=reason[:200], due_at=due_at, attempts=attempts, claim="") == 1


def withdraw(mails: QuerySet[ServiceMail], reason: str, *, now: datetime) -> int:
    """Send nothing of ``mails`` that still waits; give how many those were.

    What is on the wire already cannot be called back, but is not tried again if it is not taken.
    """
    mails.filter(state=PostState.SENDING, expires_at__gt=now).update(expires_at=now)
    return _settle(mails.filter(state=PostState.QUEUED), PostState.FAILED, reason, now=now)


def withdraw_all_of(lookup: bytes, reason: str, *, now: datetime) -> int:
    """Withdraw what waits for the reader with this lookup hash: one statement, since goodbyes come by the hundred."""
    at = connection.ops.adapt_datetimefield_value(now)
    queued, sending = PostState.QUEUED.value, PostState.SENDING.value
    changes = [queued, PostState.FAILED.value, queued, reason[:200], queued, b"", queued, at, queued, at]
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW_ALL_OF, [*changes, lookup, queued, sending])
        return int(cursor.rowcount)


def _set_aside(mail: ServiceMail, problem: str, *, now: datetime) -> None:
    if mail.reason != KEY_IS_MISSING:
        log.warning("service mail waits for its key", mail=mail.key, kind=mail.kind, problem=problem)
    ServiceMail.objects.filter(pk=mail.pk).update(due_at=now + KEY_PAUSE, reason=KEY_IS_MISSING)


def _mark(mail: ServiceMail, content: ServiceContent, *, epoch: str, seconds: float) -> ClaimedMail:
    claim = secrets.token_hex(16)
    ServiceMail.objects.filter(pk=mail.pk).update(
        state=PostState.SENDING, claim=claim, claim_epoch=epoch, claimed_at=seconds, attempts=F("attempts") + 1
    )
    return ClaimedMail(mail.pk, mail.key, claim, mail.attempts + 1, content)


def _claimed_by(claimed: ClaimedMail, *, reaching: PostState) -> QuerySet[ServiceMail]:
    before = [state for state in _OPEN_TO_ITS_CLAIM if reaching in POST_TRANSITIONS[state]]
    return ServiceMail.objects.filter(pk=claimed.mail_id, claim=claimed.claim, state__in=before)


def _settle(mails: QuerySet[ServiceMail], state: PostState, reason: str, *, now: datetime) -> int:
    return mails.update(state=state, reason=reason[:200], content=b"", settled_at=now)
