"""Sealing every stored value again with the newest key, while everything else goes on.

The first byte of a value says which key sealed it, so that nothing has to be remembered: whoever was killed goes on with what
is still old. A value is replaced only while it is the one that was read; what somebody wrote meanwhile stays.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import monotonic
from typing import Any, Final

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Func, Model, Q

from newsletter.errors import KeyMissingError, NotAllowedError, SealError
from newsletter.keys import KeyRing
from newsletter.sealing import RowSeal, SealedColumn, sealed_columns

CHUNK: Final = 500
"""Rows sealed again in one transaction: SQLite's one writer is held for some ten milliseconds."""

LONGEST_PAUSE: Final = 0.1
"""Seconds. After each transaction others may write for as long as it took, so that a reader's press does not wait in vain."""


class KeyVersion(Func):
    """The byte of a sealed value that says which key sealed it; empty for an empty value."""

    function = "SUBSTR"
    template = "%(function)s(%(expressions)s, 1, 1)"
    output_field = models.BinaryField(max_length=1)


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table that holds sealed values."""

    model: type[Model]
    columns: Sequence[SealedColumn]

    def is_old(self, newest: int) -> Q:
        """Say which rows hold a value that was sealed with an older key than ``newest``."""
        old = Q()
        for column in self.columns:
            version = f"{column.column}_version"
            old |= Q(**{f"{version}__lt": bytes([newest]), f"{version}__gt": b""})
        return old

    def with_versions(self) -> models.QuerySet[Model]:
        """Give the table's rows with the version of each sealed value."""
        versions = {f"{column.column}_version": KeyVersion(column.column) for column in self.columns}
        rows: models.QuerySet[Model] = self.model._default_manager.annotate(**versions)  # noqa: SLF001 - Django's own name
        return rows


@dataclass(slots=True)
class PassResult:
    """What one pass over all tables did. ``overtaken`` rows were changed by somebody else, or held by them, at that moment."""

    resealed: int = 0
    overtaken: int = 0
    damaged: int = 0
    without_key: int = 0


def sealed_tables() -> list[SealedTable]:
    """Give the tables with sealed columns, each with all of them."""
    return [
        SealedTable(apps.get_model(label), list(columns))
        for label, columns in groupby(sealed_columns(), key=lambda column: column.model)
    ]


def count_versions() -> Counter[int]:
    """Count the stored values by the key that sealed them."""
    counts: Counter[int] = Counter()
    for table in sealed_tables():
        for column in table.columns:
            version = f"{column.column}_version"
            rows = table.with_versions().order_by().values(version).annotate(number=Count("pk"))
            for row in rows:
                if row[version]:
                    counts[bytes(row[version])[0]] += row["number"]
    return counts


def count_old_rows(newest: int) -> int:
    """Count the rows that hold a value which was sealed with an older key than ``newest``."""
    return sum(table.with_versions().filter(table.is_old(newest)).count() for table in sealed_tables())


def require_every_key(ring: KeyRing) -> None:
    """Raise NotAllowedError when values are stored whose key the ring does not have."""
    missing = {version: number for version, number in sorted(count_versions().items()) if version not in ring.seal}
    if missing:
        listed = ", ".join(f"{number} values are sealed with key {version}" for version, number in missing.items())
        raise NotAllowedError(
            f"{listed}, which the key ring does not have: these people could not be mailed. Put a copy of var/keys.json (or "
            "NEWSLETTER_KEYS) in place that still has it, and run the same command again. Nothing was changed."
        )


def is_anything_to_reseal(seal: RowSeal, newest: int) -> bool:
    """Say whether a value of an older key is stored that opens: a damaged one keeps its old key for ever."""
    return any(_resealed(seal, table, row, newest, PassResult()) for table in sealed_tables() for row in _old_rows(table, newest))


def is_sealed_with(seal: RowSeal, version: int) -> bool:
    """Say whether a value is stored that this key sealed, and that opens."""
    for table in sealed_tables():
        for column in table.columns:
            rows = table.with_versions().filter(**{f"{column.column}_version": bytes([version])})
            for name, sealed in rows.values_list(column.named_by, column.column).iterator(CHUNK):
                if _reseal(seal, column, name, bytes(sealed), PassResult()) is not None:
                    return True
    return False


def reseal_once(seal: RowSeal, newest: int, *, stop: threading.Event, tell: Callable[[int], None]) -> PassResult:
    """Go once through all tables; ``tell`` is told how many rows were looked at. Memory does not grow with the list."""
    result = PassResult()
    for table in sealed_tables():
        after = 0
        while not stop.is_set() and (rows := _chunk(table, newest, after=after)):
            after = rows[-1][0]
            changes = [change for row in rows if (change := _resealed(seal, table, row, newest, result))]
            began = monotonic()
            _write(table, changes, result)
            stop.wait(min(monotonic() - began, LONGEST_PAUSE))
            tell(len(rows))
    return result


def _chunk(table: SealedTable, newest: int, *, after: int) -> list[tuple[Any, ...]]:
    """Give the id, and of each column the row's name and the sealed value, of some rows that hold an old one."""
    wanted = [name for column in table.columns for name in (column.named_by, column.column)]
    rows = table.with_versions().filter(table.is_old(newest), pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", *wanted)[:CHUNK])


def _old_rows(table: SealedTable, newest: int) -> Iterator[tuple[Any, ...]]:
    after = 0
    while rows := _chunk(table, newest, after=after):
        yield from rows
        after = rows[-1][0]


def _resealed(seal: RowSeal, table: SealedTable, row: tuple[Any, ...], newest: int, result: PassResult) -> tuple[Any, ...] | None:
    """Give new values, id and old values of a row, as ``_write`` needs them; None where nothing of it can be sealed again."""
    pk, old = row[0], [bytes(value) for value in row[2::2]]
    new = list(old)
    for place, column in enumerate(table.columns):
        if old[place] and old[place][0] < newest:
            new[place] = _reseal(seal, column, row[1 + 2 * place], old[place], result) or old[place]
    return (*new, pk, *old) if new != old else None


def _reseal(seal: RowSeal, column: SealedColumn, name: str | bytes, sealed: bytes, result: PassResult) -> bytes | None:
    row = name.encode() if isinstance(name, str) else bytes(name)
    try:
        return seal.reseal(sealed, purpose=column.purpose, row=row)
    except KeyMissingError:
        result.without_key += 1
    except SealError:
        result.damaged += 1
    return None


def _write(table: SealedTable, changes: Sequence[tuple[Any, ...]], result: PassResult) -> None:
    """Replace values that are still the old ones. No row is waited for while others are held, so that nobody is in a deadlock."""
    if not changes:
        return
    quote = connection.ops.quote_name
    columns = [f"{quote(column.column)} = %s" for column in table.columns]
    update = (
        f"UPDATE {quote(table.model._meta.db_table)} SET {', '.join(columns)} "  # noqa: S608, SLF001 - names of our own tables
        f"WHERE id = %s AND {' AND '.join(columns)}"
    )
    place = len(table.columns)
    with transaction.atomic(), connection.cursor() as cursor:
        free = changes
        if connection.features.has_select_for_update_skip_locked:
            ids = [change[place] for change in changes]
            held = table.model._default_manager.select_for_update(skip_locked=True, no_key=True)  # noqa: SLF001
            ours = set(held.filter(pk__in=ids).values_list("pk", flat=True))
            free = [change for change in changes if change[place] in ours]
        replaced = 0
        if free:
            cursor.executemany(update, free)
            replaced = cursor.rowcount
    result.resealed += replaced
    result.overtaken += len(changes) - replaced
