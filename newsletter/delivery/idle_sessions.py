"""PostgreSQL ends the session of a worker that stands still in the middle of a transaction.

Frozen, or cut off from the network, it would keep its locks: nobody could pause its send or claim its batch.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

LEASES: Final = 3
"""After so many of them without a statement a transaction is given up."""


def end_idle_transactions() -> None:
    """See to it for every connection that is opened from now on."""
    connection_created.connect(_limit, dispatch_uid="idle transactions")


def _limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql":
        milliseconds = round(LEASES * settings.NEWSLETTER.delivery.lease_seconds * 1_000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [str(milliseconds)])
