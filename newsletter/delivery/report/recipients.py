"""The rows of a send, one a reader, for a person who may see addresses: the look is in the audit log before the first row.

Topics and variants are in no row: nobody knows who got which.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from io import StringIO
from typing import Final

import orjson
from django.db import transaction

from newsletter.delivery.kept_counts import require_deliveries
from newsletter.delivery.models import Send
from newsletter.delivery.report import statements
from newsletter.delivery.report.aftermath import read_moment
from newsletter.delivery.report.paging import rows_by_batch
from newsletter.errors import KeyMissingError, NotAllowedError, SealError
from newsletter.publishing.audit import record_act
from newsletter.settings import Person
from newsletter.subscribers.sealing import Sealer

BATCHES_AT_ONCE: Final = 2

SEES_ADDRESSES: Final = "publisher"
"""The role that may."""

ERASED, UNREADABLE = "(erased)", "(cannot be opened)"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One delivery: handover and outcome apart, and of its moment only the hour (UTC)."""

    address: str = field(repr=False)
    language: str
    handover: str
    outcome: str
    bounce: str
    reason: str
    hour: str
    attempts: int


COLUMNS: Final = tuple(one.name for one in fields(Recipient))


def find_recipients(
    issue: str, sealer: Sealer, *, person_key: str, person: Person, now: datetime, system_user: str
) -> Iterator[Recipient]:
    """Give every delivery of an issue's send, batch after batch, after writing down who looks.

    Raises NotAllowedError when nothing was sent, or for a person who may not see addresses.
    """
    if SEES_ADDRESSES not in person.roles:
        raise NotAllowedError(
            f"{person.name} may not see readers' addresses. Whoever has the role “{SEES_ADDRESSES}” in [people] of "
            "newsletter.toml may."
        )
    send = Send.objects.filter(issue=issue).only("pk").first()
    if send is None:
        raise NotAllowedError(f"{issue} was not sent. See when it is due with: newsletter calendar")
    require_deliveries(issue)
    with transaction.atomic():
        record_act("see recipients", issue, person=person_key, note="", now=now, system_user=system_user)
    return _rows(send.pk, sealer)


def as_csv(recipients: Iterable[Recipient]) -> Iterator[str]:
    """Write rows for a spreadsheet, with a line of headings."""
    line = StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield line.getvalue()
    for one in recipients:
        line.seek(0)
        line.truncate()
        writer.writerow([_harmless(getattr(one, name)) for name in COLUMNS])
        yield line.getvalue()


def as_json(recipients: Iterable[Recipient]) -> Iterator[str]:
    """Write rows as one JSON list, an object a line."""
    before = "[\n"
    for one in recipients:
        yield before + orjson.dumps(asdict(one)).decode()
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_text(recipients: Iterable[Recipient]) -> Iterator[str]:
    """Write rows as aligned columns; a long address pushes its own row aside and no other."""
    widths = (40, 8, 8, 10, 6, 32, 17, 8)
    yield _aligned(COLUMNS, widths)
    for one in recipients:
        yield _aligned([str(getattr(one, name)) for name in COLUMNS], widths)


def _aligned(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a cell for a formula (OWASP, CSV injection): an address may begin with = or +."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _rows(send_id: int, sealer: Sealer) -> Iterator[Recipient]:
    found = rows_by_batch(statements.FIND_RECIPIENTS, send_id, batches=BATCHES_AT_ONCE)
    for handover, outcome, bounce, reason, at, attempts, language, lookup, contact in found:
        hour = f"{read_moment(at):%Y-%m-%dT%H:00Z}" if at else ""
        yield Recipient(_address(sealer, lookup, contact), language, handover, outcome, bounce, reason, hour, attempts)


def _address(sealer: Sealer, lookup: bytes | None, contact: bytes | None) -> str:
    if lookup is None or contact is None:
        return ERASED
    try:
        return sealer.open_contact(contact, lookup=bytes(lookup)).address
    except KeyMissingError:
        raise
    except SealError:
        return UNREADABLE
