"""The value of one field of a block: an editor's text in, a checked Python value or a mistake out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from newsletter.authoring.block_kind import FieldRule, FieldType
from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.front_matter_values import parse_date
from newsletter.authoring.issue import Image
from newsletter.authoring.links import encode_address, find_link_mistake
from newsletter.authoring.pictures import read_picture

Value = str | int | date | Image | None

_NCT_ID = re.compile(r"NCT[0-9]{8}")
_INTEGER = re.compile(r"-?[0-9]{1,12}")
_PHONE = re.compile(r"\+?[0-9A-Za-z(][0-9A-Za-z ().-]{2,38}[0-9A-Za-z)]")
_PHONE_DIGITS = 7


def default_value(rule: FieldRule, folder: Path) -> Value | Mistake:
    """Give what stands in an optional field that an editor left out: its default, else "" or, where no text can be, None."""
    if rule.default:
        return read_value(rule, rule.default, folder)
    return None if rule.type in {FieldType.DATE, FieldType.INTEGER, FieldType.IMAGE, FieldType.TOPIC} else ""


def read_value(rule: FieldRule, text: str, folder: Path) -> Value | Mistake:
    """Convert an editor's text to the type of its field; pictures are read from the issue's ``folder``."""
    if not text.strip():
        return Mistake("block-value", f"“{rule.name}” is empty", f"Write something for {rule.name}, or leave it out.")
    if "{{" in text:
        message = f"“{rule.name}” holds a personal part: {quoted(text)}"
        return Mistake("merge-field-misplaced", message, "Use personal parts in the text of a block or between blocks.")
    if rule.type is FieldType.IMAGE:
        return read_picture(folder, text)
    if rule.type is FieldType.CHOICE:
        return _read_choice(rule, text)
    return _READERS[rule.type](rule.name, text)


def _read_choice(rule: FieldRule, text: str) -> Value | Mistake:
    if text in rule.choices:
        return text
    message = f"{quoted(text)} is no value of “{rule.name}”"
    return Mistake("block-value", message, did_you_mean(text, rule.choices))


def _read_text(name: str, text: str) -> Value | Mistake:
    del name
    return " ".join(text.split())


def _read_url(name: str, text: str) -> Value | Mistake:
    del name
    address = encode_address(text)
    return find_link_mistake(address) or address


def _read_nct_id(name: str, text: str) -> Value | Mistake:
    del name
    if _NCT_ID.fullmatch(text):
        return text
    fix = f"Write {text.upper()}." if _NCT_ID.fullmatch(text.upper()) else "Write NCT and eight digits, as in NCT09990001."
    return Mistake("block-value", f"{quoted(text)} is not a trial's number", fix)


def _read_date(name: str, text: str) -> Value | Mistake:
    mistake = Mistake("block-value", f"“{name}” has to be a day, not {quoted(text)}", "Write year, month and day: 2027-03-01.")
    return parse_date(text) or mistake


def _read_integer(name: str, text: str) -> Value | Mistake:
    if _INTEGER.fullmatch(text):
        return int(text)
    return Mistake("block-value", f"“{name}” has to be a whole number, not {quoted(text)}", "Write digits only.")


def _read_phone(name: str, text: str) -> Value | Mistake:
    if _PHONE.fullmatch(text) and sum(character.isalnum() for character in text) >= _PHONE_DIGITS:
        return text
    message = f"“{name}” has to be a telephone number, not {quoted(text)}"
    return Mistake("block-value", message, 'Write it as readers dial it: "844-275-7427".')


_READERS: Mapping[FieldType, Callable[[str, str], Value | Mistake]] = {
    FieldType.TEXT: _read_text,
    FieldType.TOPIC: _read_text,
    FieldType.URL: _read_url,
    FieldType.NCT_ID: _read_nct_id,
    FieldType.DATE: _read_date,
    FieldType.INTEGER: _read_integer,
    FieldType.PHONE: _read_phone,
}
