"""What all checks together say about an issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.authoring.issue import Issue
from newsletter.findings import Finding, Severity
from newsletter.rendering.edition import Edition


@dataclass(frozen=True)
class Draft:
    """What a rule may look at: one edition, the issue it came from, and the limits.

    ``sent_on`` is the day on which the issue goes out, as far as it is known; ``postal_address`` and ``organisation`` are what
    every mail has to show.
    """

    issue: Issue
    edition: Edition
    sent_on: date
    postal_address: str
    max_html_bytes: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The findings over all editions of an issue, in reading order, and the digests that they are about."""

    issue: str
    digests: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> Sequence[Finding]:
        """Give what stops a send."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]
