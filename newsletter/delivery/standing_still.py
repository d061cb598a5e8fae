"""Why a running send does not go on: kept where `newsletter status` finds it, and logged when it changes."""

from __future__ import annotations

import structlog

from newsletter.delivery.models import Send, SendState

log = structlog.get_logger()


def note_why(send_id: int, why: str) -> None:
    """Keep why nothing of a send goes out at present; what is known already is not logged again."""
    waiting = Send.objects.filter(pk=send_id, state__in=[SendState.PREPARING, SendState.RUNNING]).exclude(reason=why)
    if waiting.update(reason=why):
        log.warning("send stands still", issue=_issue(send_id), problem=why)


def note_going_on(send_id: int) -> None:
    """Forget why a send stood still, since it does no longer."""
    standing = Send.objects.filter(pk=send_id, state__in=[SendState.PREPARING, SendState.RUNNING]).exclude(reason="")
    if standing.update(reason=""):
        log.info("send goes on", issue=_issue(send_id))


def _issue(send_id: int) -> str:
    return Send.objects.values_list("issue", flat=True).get(pk=send_id)
