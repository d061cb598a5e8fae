"""What is erased is in no free page of SQLite's file either: sealed, but whoever gets the keys later could open it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from newsletter.project.retention.purging import overwrite_what_is_deleted
from newsletter.subscribers.erasing import ask_erasure
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.models import ErasureReason, Subscriber
from tests.contract.delivery.samples import NOW, prepared_send

pytestmark = pytest.mark.django_db(transaction=True)


def bytes_on_disk() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(connection.settings_dict["NAME"]).read_bytes()


def test_the_sealed_address_of_who_was_erased_is_nowhere_in_the_database_file() -> None:
    prepared_send(50)
    erased, stays = Subscriber.objects.order_by("pk")[20:22]
    assert bytes(erased.contact) in bytes_on_disk()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")  # Debian's SQLite does so by itself
    overwrite_what_is_deleted()
    ask_erasure(erased.pk, reason=ErasureReason.ASKED, now=NOW)
    run_erasures(now=NOW)
    left = bytes_on_disk()
    assert bytes(erased.contact) not in left
    assert bytes(erased.topics) not in left
    assert bytes(stays.contact) in left
