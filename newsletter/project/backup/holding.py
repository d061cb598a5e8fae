"""Keeping a database that came from a backup from mailing anybody: an old ledger would take who was mailed for who was not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from newsletter.delivery.handovers import Record, record
from newsletter.delivery.models import Delivery, Handover, PausedFor, Send, SendState
from newsletter.delivery.provider_calls import forget_all_calls
from newsletter.delivery.steering import move_send
from newsletter.postbox.emptying import settle_all
from newsletter.publishing.audit import record_act
from newsletter.publishing.models import HeldFor, Slot, SlotState
from newsletter.publishing.slots import move_slot
from newsletter.subscribers.requests import give_up_requests

AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What was kept from going on."""

    slots: tuple[str, ...]
    sends: tuple[str, ...]
    deliveries_unknown: int
    service_mails: int


def hold_everything(why: str, *, person: str, note: str, now: datetime, system_user: str) -> HeldBack:
    """Hold every slot and pause every send that is not over, in one transaction; say what was held.

    A slot held for something else, or a send paused for it, is held for this as well: it would go on by itself otherwise. What
    was being sent is unknown, and no service mail of then is sent now, nor is any asked for that was not looked at then.
    """
    with transaction.atomic():
        held = HeldBack(
            slots=tuple(_hold_slot(slot, why) for slot in Slot.objects.exclude(state=SlotState.RELEASED).order_by("at")),
            sends=tuple(_pause_sends(why)),
            deliveries_unknown=_lose_sight(why, now=now),
            service_mails=settle_all(why, now=now),
        )
        give_up_requests(now=now)
        record_act("restore", "database", person=person, note=note, now=now, system_user=system_user)
        for issue in held.slots:
            record_act("hold", issue, person=person, note=why, now=now, system_user=system_user)
        for issue in held.sends:
            record_act("pause", issue, person=person, note=why, now=now, system_user=system_user)
        return held


def _hold_slot(slot: Slot, why: str) -> str:
    if slot.state == SlotState.HELD:
        before = f" (before: {slot.reason})" if slot.reason and slot.held_for != HeldFor.RESTORE else ""
        Slot.objects.filter(pk=slot.pk).update(held_for=HeldFor.RESTORE, reason=f"{why}{before}")
    else:
        move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.HELD, held_for=HeldFor.RESTORE, reason=why)
    return slot.issue


def _pause_sends(why: str) -> list[str]:
    """Pause what would go on. One that is being cancelled mails nobody, and goes on being cancelled."""
    paused = []
    going_on = [SendState.PREPARING, SendState.RUNNING]
    for send in Send.objects.filter(state__in=[*going_on, SendState.PAUSED]).order_by("pk"):
        if send.state == SendState.PAUSED:
            Send.objects.filter(pk=send.pk).update(paused_for=PausedFor.RESTORE, reason=why)
        else:
            move_send(send.pk, expected=going_on, to=SendState.PAUSED, paused_for=PausedFor.RESTORE, reason=why)
        paused.append(send.issue)
    return paused


def _lose_sight(why: str, *, now: datetime) -> int:
    lost = list(Delivery.objects.filter(handover=Handover.SENDING).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for start in range(0, len(lost), AT_ONCE):
            record(cursor, [Record(pk, Handover.UNKNOWN, why) for pk in lost[start : start + AT_ONCE]], now=now)
    forget_all_calls()
    return len(lost)
