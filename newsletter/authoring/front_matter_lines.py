"""What is wrong with the lines of a front matter that YAML cannot read, in words that are not YAML's.

YAML names the character at which it gave up, which is often a line further down, and stops there. Here every line is looked
at by itself, and the mended line takes its place, so that the rest of the file is still read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from newsletter.authoring.complaints import Complaints, Mistake, quoted

RULE = "front-matter-broken"
LISTS = ("topics", "sponsors")
_FIELD = re.compile(r"(?P<before>\s*(?:- )?\s*)(?P<key>[A-Za-z_]+)(?P<gap>[ \t]*)(?P<colon>:?)(?P<after>\s*)(?P<value>.*?)\s*")
_CLOSING = re.compile(r"\s*[-\u2010-\u2015\u2212]+\s*")
"""A line of hyphens or of the dashes that word processors make of them."""
_BODY = re.compile(r"#{2,} |:::|\{\{|> ")
_STRAIGHT = "\"'"
_CURLY = re.compile("[“”„«»](?P<words>[^“”„«»]*)[“”„«»]")


@dataclass(frozen=True, slots=True)
class _Mended:
    """A line as it was meant, and what is wrong with it as it stands; ``column`` counts from 1."""

    better: str
    mistake: Mistake
    column: int


def find_end(lines: Sequence[str], start: int) -> tuple[int, int]:
    """Find where the front matter ends that starts in line ``start``: the line of its last ``---``, and the one after it.

    The former is -1 when there is none before the text begins; the latter is then where the text seems to begin.
    """
    blank = 0
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line.rstrip() == "---":
            return number, number + 1
        if _BODY.match(line):
            return -1, blank or number
        if not line.strip():
            blank = blank or number
    return -1, blank or len(lines)


def find_false_end(lines: Sequence[str], start: int, end: int) -> int:
    """Find a line of hyphens or dashes that was meant to close the front matter, -1 when there is none."""
    return next((number for number in range(start + 1, min(end + 1, len(lines))) if _CLOSING.fullmatch(lines[number])), -1)


def mend_lines(
    lines: Sequence[str], fields: Sequence[str], subfields: Sequence[str], complaints: Complaints, *, first: int
) -> list[str] | None:
    """Complain about each line that is no field, and give all lines as they were meant; None when no line looks wrong.

    ``fields`` are the names that stand at the left margin, ``subfields`` those below a field; ``first`` is the number of the
    first line in the file, from 1.
    """
    mended: list[str] = []
    for index, line in enumerate(lines):
        field = _FIELD.fullmatch(line)
        known = field is not None and field["key"] in (*fields, *subfields)
        found = _look_at(field, at_margin=field["key"] in fields) if field and known else None
        if found:
            complaints.add(found.mistake, line=first + index, column=found.column)
        mended.append(found.better if found else line)
    return None if mended == list(lines) else mended


def in_quotes(value: str) -> str:
    """Write a value as YAML reads it whatever is in it."""
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _look_at(field: re.Match[str], *, at_margin: bool) -> _Mended | None:
    key, value = field["key"], field["value"]
    before = "" if at_margin else field["before"]
    better = f"{before}{key}: {value}"
    if not field["colon"]:
        # A line of the value above may begin with any word.
        if field["before"] or not value:
            return None
        return _Mended(better, _mistake(f"there is no colon after “{key}”", better), field.end("key") + 1)
    if _problem_column(f"{key}: {value}") >= 0:
        return _put_in_quotes(field, before)
    if field["before"] != before:
        return _Mended(better, _mistake(f"spaces stand before “{key}”", better), 1)
    if value and not field["after"]:
        return _Mended(better, _mistake(f"there is no space after the colon of “{key}”", better), field.end("colon") + 1)
    return None


def _put_in_quotes(field: re.Match[str], before: str) -> _Mended:
    key, value = field["key"], field["value"]
    column, mark = field.start("value") + 1, value[0]
    if key in LISTS and mark in "[{" and value[-1] not in "]}":
        mistake = Mistake(RULE, f"the bracket of “{key}” is not closed: {quoted(value)}", f"Write `{key}: [one, two]`.")
        return _Mended(f"{before}{key}: []", mistake, column)
    if mark in _STRAIGHT and value.count(mark) == 1:
        better = f"{before}{key}: {in_quotes(value[1:])}"
        return _Mended(better, _mistake(f"the quotation mark of “{key}” is not closed: {quoted(value)}", better), column)
    if curly := _CURLY.fullmatch(value):
        better = f"{before}{key}: {in_quotes(curly['words'])}"
        return _Mended(
            better, _mistake(f"the quotation marks of “{key}” are curly ones, which count for nothing here", better), column
        )
    better = f"{before}{key}: {in_quotes(value)}"
    problem = _problem_column(f"{key}: {value}") - len(f"{key}: ")
    message = f"“{key}” has to stand in quotation marks, because of {_reason(value)}: {quoted(value)}"
    return _Mended(better, _mistake(message, better), column + max(problem, 0))


def _reason(value: str) -> str:
    if re.search(r":(?:\s|$)", value):
        return "the colon in it"
    if '"' in value or "'" in value[:1]:
        return "the quotation marks in it"
    return f"the “{value[0]}” at its start"


def _mistake(message: str, better: str) -> Mistake:
    return Mistake(RULE, message, f"Write `{better.strip()}`.")


def _problem_column(line: str) -> int:
    """Give the column, from 0, at which YAML gives up on a line that stands alone; -1 when it does not."""
    try:
        YAML(typ="safe", pure=True).compose(line + "\n")
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return mark.column if mark is not None and mark.line == 0 else 0
    return -1
