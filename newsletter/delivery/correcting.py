"""What a correction waits for: the send that it corrects has to be over, so that it is known who got that issue."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import connection

from newsletter.delivery import statements
from newsletter.delivery.kept_counts import forgotten
from newsletter.delivery.models import Send, SendState
from newsletter.publishing.candidates import latest_candidate
from newsletter.subscribers.audience import AudienceCount

OVER: Final = frozenset({SendState.DONE, SendState.CANCELLED})
"""States of a send in which it is settled who got the issue, or may have got it."""

NO_END: Final = 2**62
"""Higher than any delivery's id."""


def corrected_by(issue: str) -> str:
    """Give the issue that ``issue`` corrects, as its send or else its latest candidate says; "" when it is no correction."""
    send = Send.objects.select_related("corrects").filter(issue=issue).first()
    if send is not None:
        return send.corrects.issue if send.corrects else ""
    candidate = latest_candidate(issue)
    return candidate.corrects if candidate else ""


def correction_audience(issue: str, *, on: date) -> AudienceCount:
    """Count whom a correction of ``issue`` would go to now, by language, and who is left out since, by reason."""
    count = AudienceCount({}, {}, {})
    with connection.cursor() as cursor:
        corrected = find_corrected_send(issue)
        cursor.execute(statements.COUNT_CORRECTED, [on.isoformat(), corrected.pk if corrected else 0, 0, NO_END])
        for language, exclusion, number in cursor.fetchall():
            counted, key = (count.excluded, exclusion) if exclusion else (count.by_language, language)
            counted[key] = counted.get(key, 0) + number
    return count


def find_corrected_send(issue: str) -> Send | None:
    """Give the send of the issue that a correction names."""
    return Send.objects.filter(issue=issue).first()


def lock_corrected_send(issue: str) -> Send | None:
    """Give the send of the issue that a correction names; until the transaction ends nobody of it is queued again."""
    return Send.objects.select_for_update().filter(issue=issue).first()


def correction_obstacle(issue: str) -> str:
    """Say what keeps a correction of ``issue`` from going out now; "" when ``issue`` goes to nobody any more."""
    send = find_corrected_send(issue)
    if send is None:
        return f"{issue} was not sent, so that nobody could get its correction. See: newsletter calendar"
    if said := forgotten(issue):
        return f"Nobody can be told that {issue} is corrected. {said}"
    if send.state in OVER:
        return ""
    if send.state == SendState.PAUSED:
        return (
            f"{issue} is paused in the middle of its send, and its correction goes to all who got it. First go on with it "
            f"(newsletter resume {issue}) or end it (newsletter cancel {issue}): whoever has not got it yet then gets neither."
        )
    return f"{issue} is still being sent; its correction goes out when that is done. See: newsletter status {issue}"
