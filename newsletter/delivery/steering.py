"""The states of a send: one table of what may follow what, and one function that makes a step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from newsletter.delivery.models import PausedFor, Send, SendState
from newsletter.errors import NotAllowedError

SEND_TRANSITIONS: Final[Mapping[SendState, frozenset[SendState]]] = {
    SendState.PREPARING: frozenset({SendState.RUNNING, SendState.PAUSED, SendState.CANCELLING}),
    SendState.RUNNING: frozenset({SendState.DONE, SendState.PAUSED, SendState.CANCELLING}),
    # Back to where it was: preparing where its audience is not frozen to its end.
    SendState.PAUSED: frozenset({SendState.PREPARING, SendState.RUNNING, SendState.CANCELLING}),
    SendState.CANCELLING: frozenset({SendState.CANCELLED}),
    # The failed are tried again, or evidence shows that an unknown one never left.
    SendState.DONE: frozenset({SendState.RUNNING}),
    SendState.CANCELLED: frozenset(),
}
"""What may follow each state of a send."""

OPEN: Final = frozenset({SendState.PREPARING, SendState.RUNNING, SendState.PAUSED, SendState.CANCELLING})
"""States in which something is still to be done."""


def move_send(
    send_id: int,
    *,
    expected: Collection[SendState],
    to: SendState,
    paused_for: PausedFor = PausedFor.NOTHING,
    reason: str = "",
    finished_at: datetime | None = None,
) -> bool:
    """Take a send from one of the states ``expected`` to ``to`` in one conditional UPDATE; say whether it was there."""
    if wrong := [state for state in expected if to not in SEND_TRANSITIONS[state]]:
        raise ValueError(f"a send never goes from {wrong[0]} to {to}")
    waiting = Send.objects.filter(pk=send_id, state__in=list(expected))
    return waiting.update(state=to, paused_for=paused_for, reason=reason, finished_at=finished_at) == 1


def get_send(issue: str) -> Send:
    """Give the send of an issue; raises NotAllowedError when it was not begun yet."""
    send = Send.objects.filter(issue=issue).first()
    if send is None:
        raise NotAllowedError(
            f"Sending {issue} has not begun, so there is nothing to change about it. To keep its slot back: newsletter hold "
            f"{issue}"
        )
    return send
