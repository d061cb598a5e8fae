"""Through all deliveries of a send in flat memory: by its batches, which an index finds, however large the table is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection

from newsletter.delivery.report import statements
from newsletter.delivery.statements import among


def rows_by_batch(statement: str, send_id: int, *, batches: int) -> Iterator[tuple[Any, ...]]:
    """Run a statement whose ``{ids}`` are batches for so many of a send's batches at a time, and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FIND_BATCHES, [send_id])
        found = iter([row[0] for row in cursor.fetchall()])
    while some := list(islice(found, batches)):
        with connection.cursor() as cursor:
            cursor.execute(statement.format(ids=among(len(some))), some)
            rows = cursor.fetchall()
        yield from rows
