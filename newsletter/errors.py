"""Every error that the program raises on purpose.

The message is for the person who meets it: it says what is wrong and what to do next. The command line prints it
without a stack trace and exits with ``exit_code`` (1 the work found problems, 2 wrong usage, 3 not allowed in this state).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from newsletter.findings import Finding


class NewsletterError(Exception):
    """The root of all errors raised on purpose."""

    exit_code = 1


class UsageError(NewsletterError):
    """The command was called with words that make no sense together."""

    exit_code = 2


class NotAllowedError(NewsletterError):
    """The act is not allowed in the present state; the message says which act comes first."""

    exit_code = 3


class SettingsError(NewsletterError):
    """newsletter.toml, the environment or a site file is wrong; the message lists every mistake."""

    exit_code = 2


class IssueError(NewsletterError):
    """An issue cannot be read; ``findings`` holds everything that is wrong with it, in the order of its lines."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class TemplateError(NewsletterError):
    """A template of the site folder is wrong; the message names the file and, where known, the line."""


class SourceError(NewsletterError):
    """Something outside could not be asked or did not answer as it should: "could not check", never a verdict."""


class TransportError(NewsletterError):
    """A transport cannot work at all at present (no connection, refused credentials); no delivery is to blame."""


class SealError(NewsletterError):
    """A stored value cannot be opened: its key is missing or it was tampered with."""


class KeyMissingError(SealError):
    """A stored value was sealed with a key that the key ring does not have: nothing of that key can be opened."""


class AddressError(NewsletterError):
    """An e-mail address or a name cannot be used; the message says why and never repeats it."""


class ErasureStepError(NewsletterError):
    """A step of forgetting somebody has to be tried again; the message says why and names nobody.

    ``everybody_waits``: for so long the same step is not tried for anybody, since its place cannot be reached.
    """

    def __init__(self, problem: str, *, everybody_waits: timedelta | None = None) -> None:
        super().__init__(problem)
        self.everybody_waits = everybody_waits
