"""How a list was read, for a person to check: which program's it is, what each column means, and one row, masked."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from newsletter.subscribers.addresses import HIDDEN, mask, mask_name
from newsletter.subscribers.lists.file import ListFile, ListPart
from newsletter.subscribers.lists.formats import ListColumn
from newsletter.subscribers.lists.report import ColumnMeaning, PartRead

MOMENT: Final = re.compile(r"[0-9][0-9/:. TZ+-]{0,30}(?: ?[AP]M)?")

SHOWN: Final = frozenset(
    {
        ListColumn.ASKED_AT,
        ListColumn.CLEANED_AT,
        ListColumn.CONFIRMED_AT,
        ListColumn.CONSENT_DATE,
        ListColumn.CONSENT_WORDING,
        ListColumn.ENDED_AT,
        ListColumn.LEFT_AT,
        ListColumn.SNOOZED_UNTIL,
        ListColumn.STARTED_AT,
    }
)

SAID: Final = {
    ListColumn.EMAIL: "the address",
    ListColumn.FIRST_NAME: "the first name",
    ListColumn.FULL_NAME: "the first name is its first word",
    ListColumn.LANGUAGE: "the language",
    ListColumn.TOPICS: "topics",
    ListColumn.CONSENT_DATE: "the day of the consent",
    ListColumn.CONSENT_SOURCE: "how the consent came",
    ListColumn.CONSENT_WORDING: "the wording of the consent",
    ListColumn.CONSENT_LANGUAGE: "the language of the consent",
    ListColumn.ASKED_AT: "when they signed up; no consent by itself",
    ListColumn.CONFIRMED_AT: "when they confirmed",
    ListColumn.STATUS: "subscribed, or has left",
    ListColumn.PERMISSION: "may be mailed, or not",
    ListColumn.SNOOZED_UNTIL: "the end of their pause",
    ListColumn.ENDED_REASON: "why they left",
    ListColumn.LEFT_AT: "when they left",
    ListColumn.CLEANED_AT: "when mail to them was given up",
    ListColumn.STARTED_AT: "when the subscription began",
    ListColumn.ENDED_AT: "when the subscription ended",
    ListColumn.ATTRIBUTES: "language, first_name and topics in it",
}


def how_it_was_read(listed: ListFile) -> list[PartRead]:
    """Describe each file of a list."""
    return [_part(part) for part in listed.parts]


def _part(part: ListPart) -> PartRead:
    row = next(islice((one for one in part.rows() if not one.problem), 1), None)
    cells = row.cells if row else []
    return PartRead(
        file=part.name,
        format=part.format.name,
        encoding=_in_words(part),
        odd_lines=part.text.odd_lines,
        delimiter={"\t": "tab"}.get(part.delimiter, part.delimiter),
        status=str(part.status or ""),
        columns=[
            ColumnMeaning(heading.strip(), SAID[column], _masked(column, cells[place] if place < len(cells) else ""))
            for place, (heading, column) in enumerate(zip(part.headings, part.columns, strict=True))
            if column is not None
        ],
        ignored=part.ignored,
    )


def _in_words(part: ListPart) -> str:
    if part.text.odd_lines:
        return f"UTF-8, and {part.text.odd_encoding} where a line is not"
    return {"utf-8-sig": "UTF-8"}.get(part.text.encoding, part.text.encoding.upper())


def _masked(column: ListColumn, cell: str) -> str:
    cell = cell.strip()
    if column is ListColumn.EMAIL:
        return mask(cell) if cell else ""
    if column in SHOWN and MOMENT.fullmatch(cell):
        return cell
    if column in (ListColumn.STATUS, ListColumn.PERMISSION, ListColumn.LANGUAGE) and cell.replace(" ", "").isalpha():
        return cell if len(cell) <= 25 else f"{cell[:1]}{HIDDEN}"
    return mask_name(cell)
