"""Calls whose answer was lost are cancelled by the scheduler itself: their time runs out before anybody types a command."""

from __future__ import annotations

from collections import Counter
from typing import Final

from django.db.models import Q

from newsletter.clock import Clock
from newsletter.config import Config
from newsletter.delivery.clues import clues_from_provider
from newsletter.delivery.doubt import Verdict
from newsletter.delivery.models import Delivery, Handover, Send
from newsletter.delivery.provider_calls import NO_CALL_YET
from newsletter.delivery.reconciling import Actor, Unknown, Witnessed, settle

BY_ITSELF: Final = "calls in doubt were cancelled by themselves"


def is_calling_back(config: Config) -> bool:
    """Say whether calls are noted before they are made, and cancelled when they are in doubt."""
    return config.delivery.transport == "sendgrid" and config.delivery.sendgrid.in_doubt == "cancel"


def call_back(config: Config, clock: Clock, *, system_user: str) -> int:
    """Cancel what is in doubt and can still be cancelled, and queue again whoever was in it; give how many that were.

    Raises TransportError when SendGrid cannot be asked.
    """
    now = clock()
    ahead = Q(call__send_at__gt=now.timestamp()) | Q(call__cancelled=True) | Q(call__ref=NO_CALL_YET)
    in_doubt = Delivery.objects.filter(ahead, handover=Handover.UNKNOWN)
    counts = Counter[Verdict]()
    for send in Send.objects.filter(pk__in=in_doubt.values("send")).order_by("pk"):
        found = in_doubt.filter(send=send).order_by("pk").values_list("pk", "key", "batch_id", "subscription_id")
        clues = clues_from_provider(config, [Unknown(*row) for row in found], now=now)
        actor = Actor("", system_user, BY_ITSELF)
        counts += settle(send, clues.found, by=Witnessed.PROVIDER, settings=config.delivery, actor=actor, now=clock())
    return counts[Verdict.NEVER_LEFT]
