"""What people and the program may do to a send that has begun, in words for tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.delivery.cancelling import cancel_send
from newsletter.delivery.handovers import Record
from newsletter.delivery.lease import LeaseTime
from newsletter.delivery.ledger import Claim, claim_batch, leave_batch, take_step
from newsletter.delivery.models import Send
from newsletter.delivery.pausing import Resumed, pause_send, resume_send
from newsletter.delivery.sweeping import Swept, sweep
from newsletter.publishing.models import AuditEntry
from tests.contract.delivery.samples import ISSUE, NOW, TODAY

LEASE = 10.0

WITHIN = timedelta(hours=72)


def lease_clock(at: float = 100.0) -> LeaseTime:
    return LeaseTime("boot", at)


def claimed(worker: str = "one", *, at: float = 100.0) -> Claim:
    found = claim_batch(worker, lease_seconds=LEASE, now=NOW, lease_clock=lambda: lease_clock(at))
    assert found is not None
    return found


def step(held: Claim, *records: Record, room: int = 20) -> list[int]:
    taken = take_step(held, records=records, room=room, on=TODAY, now=NOW, lease_clock=lease_clock)
    return [one.delivery_id for one in taken.marked]


def leave(held: Claim) -> bool:
    return leave_batch(held, now=NOW, lease_clock=lease_clock)


def swept(*, at: float = 100.0, passed_over: tuple[int, ...] = ()) -> Swept:
    return sweep(lease_seconds=LEASE, now=NOW, passed_over=passed_over, lease_clock=lambda: lease_clock(at))


def pause() -> Send:
    return pause_send(ISSUE, person="ada", note="a wrong number", now=NOW, system_user="test")


def resume(*, now: datetime = NOW, although_old: bool = False, although_restored: bool = False) -> Resumed:
    return resume_send(
        ISSUE,
        person="ada",
        now=now,
        system_user="test",
        within=WITHIN,
        although_old=although_old,
        although_restored=although_restored,
    )


def cancel() -> Send:
    return cancel_send(ISSUE, person="ada", note="", now=NOW, system_user="test")


def state() -> str:
    return Send.objects.get().state


def acts() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", "person"))
