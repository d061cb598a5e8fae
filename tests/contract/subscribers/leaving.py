"""Readers who leave, and who take it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.subscribers.farewells import (
    Farewell,
    Returned,
    bring_back,
    find_farewell,
    say_goodbye,
    undo_mark,
)
from newsletter.subscribers.models import Subscription
from tests.readers import NOVEMBER, SignedUp, sign_up

TODAY = NOVEMBER.date()
LEFT = NOVEMBER + timedelta(days=1)
JUST_IN_TIME = LEFT + timedelta(minutes=9, seconds=59)
TOO_LATE = LEFT + timedelta(minutes=10)


def leave(reader: SignedUp, *, now: datetime = LEFT, mailed: bool = True) -> bool:
    return say_goodbye(reader.subscription_id, lookup=bytes(reader.subscriber().lookup), now=now, mailed=mailed)


def farewell_of(reader: SignedUp) -> Farewell:
    found = find_farewell(reader.subscription_id)
    assert found is not None
    return found


def left(*, now: datetime = LEFT) -> tuple[SignedUp, str]:
    """Have a reader leave; give what takes it back."""
    reader = sign_up()
    assert leave(reader, now=now)
    return reader, undo_mark(farewell_of(reader))


def back(reader: SignedUp, mark: str, *, now: datetime = JUST_IN_TIME) -> Returned:
    return bring_back(mark, public_id=bytes(reader.subscription().public_id), now=now)


def open_ones() -> list[Subscription]:
    return list(Subscription.objects.filter(ended_at__isnull=True))
