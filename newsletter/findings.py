"""What a check says: the one form in which every mistake is reported, from a missing colon to a trial that closed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Nothing goes out while it stands."""
    WARNING = "warning"
    """A person should look; it does not stop anything."""
    NOTICE = "notice"
    """Worth knowing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: ``line`` and ``column`` count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing, where it is, and how to mend it.

    ``rule`` is a stable id in kebab-case, such as ``front-matter-missing``; ``fix`` is one imperative sentence.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    fix: str = ""

    def __str__(self) -> str:
        fix = f" → {self.fix}" if self.fix else ""
        return f"{self.place}: {self.severity}: {self.message}{fix} [{self.rule}]"


def in_reading_order(findings: list[Finding]) -> list[Finding]:
    """Sort findings as a person reads: by file, then by line and column."""
    return sorted(findings, key=lambda finding: (finding.place.file, finding.place.line, finding.place.column))
