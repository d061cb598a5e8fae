"""One event about one delivery, in our own words: the same whoever reported it, a provider, a bounce message or a log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from newsletter.delivery.models import BounceKind, Handover, Outcome


class Farewell(StrEnum):
    """What an event means for the reader."""

    NONE = ""
    """They stay."""
    BOUNCED = "bounced"
    """The address does not exist: suppress it and end the subscription."""
    UNSUBSCRIBED = "unsubscribed"
    """They said goodbye by the provider's own means: end."""
    COMPLAINED = "complained"
    """They reported spam: suppress and end."""


class Report(NamedTuple):
    """One event about one of our deliveries, or about a service mail.

    ``key`` is the mail's, ``kind`` the reporter's word for what happened, ``dedupe`` the same however often it is reported.
    ``reason`` is a status code or a word of ours: what servers say in prose quotes addresses. ``evidence``: the handover that it
    proves. ``call``: the provider's name for the call that the mail was in, where calls can be called back.
    """

    key: str
    kind: str
    at: datetime
    dedupe: str
    reason: str = ""
    outcome: Outcome | None = None
    evidence: Handover | None = None
    bounce: BounceKind = BounceKind.NONE
    farewell: Farewell = Farewell.NONE
    call: str = ""
