"""Settling what is in doubt, as a process of its own, for tests that kill it.

Asks SendGrid about every unknown delivery and queues again what certainly never left. Says how many that were.
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.db import connection, transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
django.setup()

from newsletter.clock import system_clock  # noqa: E402 - Django comes first
from newsletter.delivery.doubt import InDoubt, Verdict  # noqa: E402
from newsletter.delivery.handovers import put_back  # noqa: E402
from newsletter.delivery.models import Delivery, Handover  # noqa: E402
from newsletter.delivery.transports.sendgrid_doubt import sendgrid_clues  # noqa: E402


def settle() -> int:
    """Put back what never left; give how many."""
    unknown = list(Delivery.objects.filter(handover=Handover.UNKNOWN).select_related("call").order_by("pk"))
    asked = [InDoubt(one.key, "", one.call.ref if one.call else "", one.call.send_at if one.call else None) for one in unknown]
    clues = sendgrid_clues(settings.NEWSLETTER, asked, now=system_clock())
    never_left = {clue.key for clue in clues if clue.verdict is Verdict.NEVER_LEFT}
    with transaction.atomic(), connection.cursor() as cursor:
        return put_back(cursor, [one.pk for one in unknown if one.key in never_left], source=Handover.UNKNOWN)


if __name__ == "__main__":
    print(settle())  # noqa: T201
