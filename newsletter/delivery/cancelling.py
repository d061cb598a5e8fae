"""Ending a send before everybody was mailed: what is queued is excluded and counted, what is on the wire is finished."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from newsletter.delivery.models import Send, SendState
from newsletter.delivery.pausing import overtaken
from newsletter.delivery.steering import OPEN, get_send, move_send
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act

log = structlog.get_logger()


def get_send_to_cancel(issue: str) -> Send:
    """Give the send of an issue if it can be cancelled, or is being so; raises NotAllowedError otherwise."""
    send = get_send(issue)
    if send.state not in OPEN:
        raise NotAllowedError(f"{issue} is {send.state}: there is nothing left to cancel.")
    return send


@transaction.atomic
def cancel_send(issue: str, *, person: str, note: str, now: datetime, system_user: str) -> Send:
    """Begin to end a send for good; again it changes nothing. Raises NotAllowedError when it is over.

    ``sweeping.sweep`` does the rest, batch by batch: whoever calls it next, should this process die. An audience that is only
    half frozen is frozen no further, and the sum holds for what was frozen.
    """
    send = get_send_to_cancel(issue)
    if send.state == SendState.CANCELLING:
        return send
    reason = f"cancelled by {person}" + (f": {note.strip()}" if note.strip() else "")
    if not move_send(send.pk, expected={SendState(send.state)}, to=SendState.CANCELLING, reason=reason):
        raise overtaken(issue)
    record_act("cancel", issue, person=person, note=note.strip(), now=now, system_user=system_user)
    log.info("send cancelled", issue=issue)
    send.refresh_from_db()
    return send
