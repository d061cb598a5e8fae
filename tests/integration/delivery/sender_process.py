"""A worker as a process of its own, for tests that kill it: ``python -m tests.integration.delivery.sender_process ACT``.

``prepare N`` makes the database and a send to N invented readers, whose choices of topics take turns; ``deliver`` delivers until
the send is done; ``tick MOMENT`` looks for due slots once, at that moment of the wall clock (Unix seconds), as two schedulers do.
``post N`` makes the database and N service mails. ``empty`` empties the postbox,
``empty-much-later`` when every claim of before is old.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta

import django
from django.conf import settings
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
django.setup()

from newsletter.clock import system_clock  # noqa: E402 - Django comes first
from newsletter.delivery import service_mails  # noqa: E402
from newsletter.delivery.lease import LeaseTime, read_lease_clock  # noqa: E402
from newsletter.delivery.sending import deliver_open_sends, start_due_sends  # noqa: E402
from newsletter.postbox.emptying import CLAIM_SECONDS  # noqa: E402
from newsletter.publishing.models import Approval, Slot  # noqa: E402
from tests.contract.delivery.samples import CHOICES, ISSUE, add_readers, begin_send, freeze_candidate  # noqa: E402
from tests.contract.delivery.service_samples import posted  # noqa: E402


def prepare(readers: int) -> None:
    call_command("migrate", verbosity=0)
    add_readers(readers, choices=CHOICES)
    begin_send(transport="smtp", filler="Words. " * 300, varied=True)


def prepare_slot(readers: int) -> None:
    call_command("migrate", verbosity=0)
    add_readers(readers)
    candidate = freeze_candidate()
    now = system_clock()
    for person, role in (("ada", "editor"), ("maria", "medical")):
        Approval.objects.create(candidate=candidate, role=role, person=person, at=now)
    Slot.objects.create(at=now - timedelta(seconds=1), issue=ISSUE)


def deliver() -> None:
    worker = f"test:{os.getpid()}"
    while not deliver_open_sends(settings.NEWSLETTER, system_clock, worker=worker).finished:
        time.sleep(0.05)


def tick(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
    started = start_due_sends(settings.NEWSLETTER, system_clock, lambda _: [])
    print(sum(result.send_id is not None for result in started))  # noqa: T201


def post(count: int) -> None:
    call_command("migrate", verbosity=0)
    for _ in range(count):
        posted(now=system_clock())


def empty(*, later: float = 0) -> None:
    def clock() -> LeaseTime:
        lease = read_lease_clock()
        return LeaseTime(lease.epoch, lease.seconds + later)

    service_mails.empty_postbox(settings.NEWSLETTER, system_clock, lease_clock=clock)


def main(act: str, argument: str) -> None:
    match act:
        case "prepare":
            prepare(int(argument))
        case "prepare-slot":
            prepare_slot(int(argument))
        case "deliver":
            deliver()
        case "post":
            post(int(argument))
        case "empty":
            empty()
        case "empty-much-later":
            empty(later=CLAIM_SECONDS + 1)
        case "tick":
            tick(float(argument))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
