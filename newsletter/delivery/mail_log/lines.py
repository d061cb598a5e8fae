"""A log's lines, whichever way they were written: syslog's two, Exim's own, or journald's export, each perhaps gzipped."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from newsletter.errors import UsageError

TRADITIONAL: Final = re.compile(r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ ([^\s:\[]+)(?:\[\d+\])?: (.*)")
ISO: Final = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?) ?(Z|[+-]\d\d:?\d\d) \S+ ([^\s:\[]+)(?:\[\d+\])?: (.*)")
EXIM: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)(?: ([+-]\d{4}))? (?:\[\d+\] )?(.*)")
JOURNAL: Final = b"__CURSOR="

LONGEST_LINE: Final = 100_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; ``program`` is empty in a log that only one program writes."""

    at: datetime
    program: str
    text: str


class _Bytes(Protocol):
    """A file as it is read here."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


def read_lines(file: Path, *, zone: tzinfo, near: datetime) -> Iterator[LogLine]:
    """Read a log; lines that are none are passed over.

    Times without a zone are of ``zone``, those without a year of the year that puts them next to ``near``. Raises UsageError.
    """
    try:
        with file.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
        with gzip.open(file) if zipped else file.open("rb") as stream:
            if stream.read(len(JOURNAL)) == JOURNAL:
                stream.seek(0)
                yield from _journal(stream)
            else:
                stream.seek(0)
                yield from _text(stream, zone=zone, near=near)
    except (OSError, EOFError, zlib.error, OverflowError) as error:
        raise UsageError(f"The log {file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _text(stream: _Bytes, *, zone: tzinfo, near: datetime) -> Iterator[LogLine]:
    while raw := stream.readline(LONGEST_LINE):
        line = _line(raw.decode("utf-8", "replace").rstrip("\r\n"), zone=zone, near=near)
        if line is not None:
            yield line


def _line(text: str, *, zone: tzinfo, near: datetime) -> LogLine | None:
    try:
        if found := TRADITIONAL.fullmatch(text):
            return LogLine(_with_year(found[1], zone=zone, near=near), found[2], found[3])
        if found := ISO.fullmatch(text):
            at = datetime.fromisoformat(f"{found[1].replace(',', '.')}{found[2]}")
            return LogLine(at.astimezone(UTC), found[3], found[4])
        if found := EXIM.fullmatch(text):
            at = datetime.fromisoformat(found[1] + (found[2] or ""))
            return LogLine((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC), "", found[3])
    except (ValueError, OverflowError):  # a moment before the first year, or after the last
        return None
    return None


@lru_cache(maxsize=256)
def _with_year(text: str, *, zone: tzinfo, near: datetime) -> datetime:
    years = (near.year - 1, near.year, near.year + 1)
    moments = []
    for year in years:
        try:
            moments.append(datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone))
        except ValueError:
            continue  # 29 February of another year
    if not moments:
        raise ValueError(text)
    return min(moments, key=lambda moment: abs(moment - near)).astimezone(UTC)


def _journal(stream: _Bytes) -> Iterator[LogLine]:
    """Read ``journalctl -o export``: fields in lines, an empty line after each entry (systemd.io/JOURNAL_EXPORT_FORMATS)."""
    fields: dict[bytes, bytes] = {}
    while line := stream.readline(LONGEST_LINE):
        name, is_text, value = line.rstrip(b"\n").partition(b"=")
        if is_text:
            fields[name] = value
        elif name:
            length = int.from_bytes(stream.read(8), "little")
            fields[name] = stream.read(min(length, LONGEST_LINE))
            stream.read(max(length - LONGEST_LINE, 0) + 1)
        else:
            if found := _entry(fields):
                yield found
            fields = {}
    if found := _entry(fields):
        yield found


def _entry(fields: dict[bytes, bytes]) -> LogLine | None:
    stamp = fields.get(b"_SOURCE_REALTIME_TIMESTAMP") or fields.get(b"__REALTIME_TIMESTAMP", b"")
    if not stamp.isdigit() or b"MESSAGE" not in fields:
        return None
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(stamp))
    program = fields.get(b"SYSLOG_IDENTIFIER", b"").decode("utf-8", "replace")
    return LogLine(at, program, fields[b"MESSAGE"].decode("utf-8", "replace"))
