"""Where mail that came back waits, whichever protocol it is read by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from newsletter.errors import NewsletterError

MOST_BYTES: Final = 1_000_000
"""Bytes of one mail that are read: what a server reports stands before what it returns."""

MOST_MAILS: Final = 5_000
"""Mails looked at in one go; the rest waits for the next."""


class BouncesUnavailableError(NewsletterError):
    """The mailbox that bounces come to cannot be read at present; what is in it stays there."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail that nobody has looked at; ``name`` is the mailbox's own for it, ``content`` its first MOST_BYTES."""

    name: str
    content: bytes = field(repr=False)


class BounceSource(AbstractContextManager["BounceSource"], Protocol):
    """A mailbox. It is opened and left as a context manager; every method raises BouncesUnavailableError."""

    def waiting(self) -> Iterator[Incoming]:
        """Give what nobody has looked at, the oldest first, at most MOST_MAILS."""

    def put_away(self, incoming: Incoming) -> None:
        """Set aside a mail whose report is in the ledger."""

    def leave(self, incoming: Incoming) -> None:
        """Leave a mail to people, so that they see it as new, and it is not looked at again."""
