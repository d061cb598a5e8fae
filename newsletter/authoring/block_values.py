"""The value of one field of a block: an editor's text in, a checked Python value or a mistake out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.authoring.block_kind import FieldRule, FieldType
from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.days import explain_day, parse_day
from newsletter.authoring.earlier_issues import read_earlier_issue
from newsletter.authoring.issue import EarlierIssue, Image
from newsletter.authoring.links import encode_address, find_link_mistake
from newsletter.authoring.moments import WrittenMoment, read_moment
from newsletter.authoring.pictures import read_picture
from newsletter.authoring.telephones import find_phone_mistake
from newsletter.authoring.time_zones import read_time_zone

Value = str | int | date | WrittenMoment | ZoneInfo | EarlierIssue | Image | None

_NCT_ID = re.compile(r"NCT[0-9]{8}")
_INTEGER = re.compile(r"-?[0-9]{1,12}")
_TEXTS = frozenset({FieldType.TEXT, FieldType.URL, FieldType.NCT_ID, FieldType.CHOICE, FieldType.PHONE})


def default_value(rule: FieldRule, folder: Path) -> Value | Mistake:
    """Give what stands in an optional field that an editor left out: its default, else "" or, where no text can be, None."""
    if rule.default:
        return read_value(rule, rule.default, folder)
    return "" if rule.type in _TEXTS else None


def read_value(rule: FieldRule, text: str, folder: Path) -> Value | Mistake:
    """Convert an editor's text to the type of its field; pictures are read from the issue's ``folder``.

    A topic stays text here: which there are stands in another file. A moment waits for the time zone of its block.
    """
    if not text.strip():
        return Mistake("block-value", f"“{rule.name}” is empty", f"Write something for {rule.name}, or leave it out.")
    if "{{" in text:
        message = f"“{rule.name}” holds a personal part: {quoted(text)}"
        return Mistake("merge-field-misplaced", message, "Use personal parts in the text of a block or between blocks.")
    return _READERS[rule.type](rule, text, folder)


def _read_choice(rule: FieldRule, text: str) -> Value | Mistake:
    if text in rule.choices:
        return text
    message = f"{quoted(text)} is no value of “{rule.name}”"
    return Mistake("block-value", message, did_you_mean(text, rule.choices))


def _read_nct_id(text: str) -> Value | Mistake:
    if _NCT_ID.fullmatch(text):
        return text
    meant = text.upper().replace("O", "0")
    fix = f"Write {meant}{' with a zero, not the letter O' if 'O' in text.upper() else ''}."
    if not _NCT_ID.fullmatch(meant):
        fix = "Write NCT and eight digits, as in NCT09990001."
    return Mistake("block-value", f"{quoted(text)} is not a trial's number", fix)


def _read_url(text: str) -> Value | Mistake:
    address = encode_address(text)
    return find_link_mistake(address) or address


def _read_integer(rule: FieldRule, text: str) -> Value | Mistake:
    if _INTEGER.fullmatch(text):
        return int(text)
    return Mistake("block-value", f"“{rule.name}” has to be a whole number, not {quoted(text)}", "Write digits only.")


def _read_phone(rule: FieldRule, text: str) -> Value | Mistake:
    mistake = find_phone_mistake(text)
    if mistake is None:
        return text
    why, fix = mistake
    return Mistake("block-value", f"“{rule.name}” has to be a telephone number, and {quoted(text)} is none: {why}", fix)


_READERS: Mapping[FieldType, Callable[[FieldRule, str, Path], Value | Mistake]] = {
    FieldType.TEXT: lambda _rule, text, _folder: " ".join(text.split()),
    FieldType.TOPIC: lambda _rule, text, _folder: " ".join(text.split()),
    FieldType.URL: lambda _rule, text, _folder: _read_url(text),
    FieldType.NCT_ID: lambda _rule, text, _folder: _read_nct_id(text),
    FieldType.DATE: lambda rule, text, _folder: parse_day(text) or Mistake("block-value", *explain_day(rule.name, text)),
    FieldType.DATETIME: lambda rule, text, _folder: read_moment(rule.name, text, day_needed=not rule.after),
    FieldType.TIMEZONE: lambda _rule, text, _folder: read_time_zone(text),
    FieldType.ISSUE: lambda rule, text, folder: read_earlier_issue(folder, rule.name, text),
    FieldType.CHOICE: lambda rule, text, _folder: _read_choice(rule, text),
    FieldType.IMAGE: lambda _rule, text, folder: read_picture(folder, text),
    FieldType.INTEGER: lambda rule, text, _folder: _read_integer(rule, text),
    FieldType.PHONE: lambda rule, text, _folder: _read_phone(rule, text),
}
