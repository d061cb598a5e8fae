"""The list as a file for somebody allowed to have it: a page of people at a time, each with their last subscription.

Who must not be mailed goes out as somebody who has left, so that no other program mails them. Addresses of which only a keyed
hash is kept (erased, or suppressed and never a reader) are in no export: nobody can tell them.
"""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final

import orjson
from django.db import connection

from newsletter.errors import KeyMissingError, SealError, UsageError
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.lists.formats import OWN_COLUMNS, ListStanding
from newsletter.subscribers.lists.report import unlike_a_formula
from newsletter.subscribers.models import EndReason, SuppressionReason

PAGE: Final = 2_000

LAST_SUBSCRIPTIONS: Final = """
SELECT subscriber.id, subscriber.lookup, subscriber.contact, subscriber.topics, subscriber.language, subscriber.snoozed_until,
       subscription.consent_wording, subscription.consent_language, subscription.consent_source, subscription.consent_at,
       subscription.started_at, subscription.ended_at, subscription.end_reason, suppression.reason
  FROM subscribers_subscriber subscriber
  JOIN subscribers_subscription subscription ON subscription.subscriber_id = subscriber.id
  LEFT JOIN subscribers_suppression suppression ON suppression.lookup = subscriber.lookup
 WHERE subscriber.id > %s
   AND subscription.id = (SELECT MAX(id) FROM subscribers_subscription other WHERE other.subscriber_id = subscriber.id)
 ORDER BY subscriber.id
 LIMIT %s"""


class ListExportFormat(StrEnum):
    """How the list is written."""

    CSV = "csv"
    """What `newsletter subscribers import` takes in again."""
    JSON = "json"
    """An array with an object for each person."""


@dataclass(slots=True)
class ListExported:
    """How many people are in the file; ``unreadable`` are not, because their stored values do not open."""

    people: int = 0
    unreadable: int = 0


@contextmanager
def list_export(file: Path, *, written_as: ListExportFormat, with_ended: bool) -> Iterator[ListExported]:
    """Write the list into a new file that only its owner can read; it is there only when the block is left without an error.

    Raises UsageError when there is such a file already, and KeyMissingError when a key is missing.
    """
    if file.exists():
        raise UsageError(f"{file} is there already, and is not replaced. Name another file, or delete it.")
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    exported = ListExported()
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as handle:
            write = _write_csv if written_as is ListExportFormat.CSV else _write_json
            write(handle, _people(exported, with_ended=with_ended))
            handle.flush()
            os.fsync(handle.fileno())
        yield exported
        os.link(draft, file)
    except FileExistsError:
        raise UsageError(f"{file} is there already, and is not replaced. Name another file, or delete it.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


def _write_csv(handle: IO[str], people: Iterator[list[str]]) -> None:
    rows = csv.writer(handle)
    rows.writerow(column.value for column in OWN_COLUMNS)
    rows.writerows(map(unlike_a_formula, person) for person in people)


def _write_json(handle: IO[str], people: Iterator[list[str]]) -> None:
    names = [column.value for column in OWN_COLUMNS]
    before = "[\n"
    for person in people:
        handle.write(before + orjson.dumps(dict(zip(names, person, strict=True))).decode())
        before = ",\n"
    handle.write("[]\n" if before == "[\n" else "\n]\n")


def _people(exported: ListExported, *, with_ended: bool) -> Iterator[list[str]]:
    after = 0
    while rows := _page(after):
        for row in rows:
            person = _person(row)
            if person is None:
                exported.unreadable += 1
            elif with_ended or person[OWN_COLUMNS.index("status")] != ListStanding.ENDED:
                exported.people += 1
                yield person
        after = rows[-1][0]


def _page(after: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(LAST_SUBSCRIPTIONS, [after, PAGE])
        return list(cursor.fetchall())


def _person(row: tuple[Any, ...]) -> list[str] | None:
    """Give the cells of a person; None of one whose stored values were tampered with. Raises KeyMissingError."""
    _, lookup, contact, topics, language, snoozed, wording, in_language, source, given_at, started, ended, reason, stop = row
    try:
        address, first_name = sealer().open_address_and_name(contact, lookup=bytes(lookup))
        chosen = sealer().open_topics(topics, lookup=bytes(lookup))
    except KeyMissingError:
        raise
    except SealError:
        return None
    # An erased person's own suppression has no reason of an end; whoever takes the list needs only know not to mail them.
    left = reason or ((EndReason.STAFF.value if stop == SuppressionReason.ERASED else stop) if stop else "")
    status = ListStanding.ENDED if left else ListStanding.SNOOZED if snoozed else ListStanding.ACTIVE
    return [
        address,
        first_name,
        str(language),
        ";".join(sorted(chosen)),
        _moment(given_at),
        str(source),
        str(wording),
        str(in_language),
        status.value,
        str(snoozed or ""),
        left,
        _moment(started),
        _moment(ended),
    ]


def _moment(moment: object) -> str:
    if moment is None:
        return ""
    found = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
