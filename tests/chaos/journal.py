"""What a server holds, on disk before it answers, in the form of Postfix's log: that is what ``newsletter reconcile`` reads.

Beside it lies a second file with one line for each fault that the server committed.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

MESSAGE = re.compile(r"[^\n]*cleanup\[1\]: (\w+): message-id=<([0-9a-f]{32})@[^\n]*\n[^\n]* \1: to=<([^>]*)>[^\n]*")
"""Its two lines: the number in the queue, the key, the address."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message that a server took: the delivery's key, and the address that it was for."""

    key: str
    address: str


class JournalWriter:
    """Appends to a journal and its file of faults; what ``flush`` has written outlives the process."""

    def __init__(self, path: Path) -> None:
        self._journal = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._faults = os.open(faults_of(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._numbers = count(1)
        self._lines: list[str] = []
        self._second = (0, "")

    def hold(self, message_id: str, address: str) -> None:
        """Note a message, to be written by the next ``flush``."""
        number, when = f"{os.getpid():X}C{next(self._numbers):X}", self._moment()
        self._lines.append(
            f"{when} recorder postfix/cleanup[1]: {number}: message-id=<{message_id}>\n"
            f"{when} recorder postfix/smtp[1]: {number}: to=<{address}>, relay=mx.example.org[192.0.2.1]:25, delay=0.1, "
            "delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 ok)\n"
        )

    def flush(self) -> None:
        """Write what was noted."""
        if self._lines:
            os.write(self._journal, "".join(self._lines).encode())
            self._lines.clear()

    def fault(self, kind: str) -> None:
        """Write down that a fault was committed."""
        os.write(self._faults, f"{kind}\n".encode())

    def _moment(self) -> str:
        now = int(time.time())
        if now != self._second[0]:
            self._second = (now, datetime.fromtimestamp(now, UTC).isoformat())
        return self._second[1]


def faults_of(journal: Path) -> Path:
    """Give the file that a server's faults are written to."""
    return journal.with_suffix(".faults")


def read_held(journal: Path) -> Iterator[Held]:
    """Give what is held, in the order in which it was taken."""
    if journal.exists():
        for match in MESSAGE.finditer(journal.read_text("ascii")):
            yield Held(match[2], match[3])


def copy_part(journal: Path, into: Path, keys: Collection[str]) -> None:
    """Copy the lines about those messages with these keys."""
    with into.open("w", encoding="ascii") as file:
        file.writelines(f"{match[0]}\n" for match in MESSAGE.finditer(journal.read_text("ascii")) if match[2] in keys)


def count_held(journal: Path) -> int:
    """Count what is held without reading it all twice: two lines a message."""
    return journal.read_bytes().count(b"\n") // 2 if journal.exists() else 0


def count_faults(journal: Path) -> Counter[str]:
    """Count the faults of a server by kind."""
    file = faults_of(journal)
    return Counter(file.read_text("ascii").split()) if file.exists() else Counter()
