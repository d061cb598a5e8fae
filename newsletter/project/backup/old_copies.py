"""What is done when the database turns out to be an older copy that somebody put back by hand: it is held like a restored one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from newsletter.config import Config
from newsletter.delivery.generations import adopt, is_old_copy, remembered_generation
from newsletter.project.backup.holding import HeldBack, hold_everything

WHY: Final = "the database is an older copy that was put back by hand: look whether it went out since"


def hold_an_old_copy(config: Config, *, now: datetime, system_user: str) -> HeldBack | None:
    """Hold everything in a database of which this machine has seen a later state; None where it is the present one."""
    if not is_old_copy(config):
        return None
    with transaction.atomic():
        held = hold_everything(WHY, person="", note="found at a start", now=now, system_user=system_user)
        adopt(remembered_generation(config))
    return held
