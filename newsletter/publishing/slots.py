"""The states of a slot: one table of what may follow what, and one function that makes a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from newsletter.errors import NotAllowedError
from newsletter.publishing.models import Candidate, HeldFor, Slot, SlotState

SLOT_TRANSITIONS: Mapping[SlotState, frozenset[SlotState]] = {
    SlotState.SCHEDULED: frozenset({SlotState.HELD, SlotState.RELEASED}),
    SlotState.HELD: frozenset({SlotState.SCHEDULED}),
    SlotState.RELEASED: frozenset(),
}
"""What may follow each state. A release is final: what comes after it is a correction, never a second send."""


def move_slot(
    slot_id: int,
    *,
    expected: SlotState,
    to: SlotState,
    held_for: HeldFor = HeldFor.NOTHING,
    reason: str = "",
    candidate: Candidate | None = None,
    at: datetime | None = None,
    stops: Sequence[dict[str, Any]] = (),
    warnings: Sequence[str] = (),
) -> bool:
    """Take a slot from the state ``expected`` to the state ``to`` in one conditional UPDATE; say whether it was there.

    Of two schedulers that try, one gets True. Raises NotAllowedError for a step that SLOT_TRANSITIONS does not know.
    """
    if to not in SLOT_TRANSITIONS[expected]:
        raise NotAllowedError(f"A slot that is {expected.value} cannot become {to.value}.")
    values: dict[str, object] = {"state": to, "held_for": held_for, "reason": reason, "candidate": candidate}
    values |= {"stops": list(stops), "warnings": list(warnings)}
    if at is not None:
        values["at"] = at
    return Slot.objects.filter(pk=slot_id, state=expected).update(**values) == 1


def find_slot(issue: str) -> Slot | None:
    """Give the slot of an issue."""
    return Slot.objects.filter(issue=issue).first()


def was_released(issue: str) -> bool:
    """Say whether an issue is on its way to readers, or with them."""
    return Slot.objects.filter(issue=issue, state=SlotState.RELEASED).exists()


def lock_slot(issue: str) -> Slot | None:
    """Give the slot of an issue and keep others from changing it until the transaction ends."""
    return Slot.objects.select_for_update().filter(issue=issue).first()


def get_slot_to_change(issue: str) -> Slot:
    """Lock the slot of an issue. Raises NotAllowedError when it has none or when it is released."""
    slot = lock_slot(issue)
    if slot is None:
        raise NotAllowedError(f"{issue} is not on the calendar. Put it there with: newsletter schedule {issue}")
    refuse_released(slot)
    return slot


def refuse_released(slot: Slot | None) -> None:
    """Raise NotAllowedError when the issue of a slot is on its way to readers."""
    if slot is not None and slot.state == SlotState.RELEASED:
        raise NotAllowedError(
            f"{slot.issue} was released for its slot at {slot.at:%Y-%m-%d %H:%M} UTC: readers have it, and nothing of it can be "
            "changed any more. What has to be put right is a correction, in an issue of its own: newsletter correct "
            f"{slot.issue} FILE"
        )
