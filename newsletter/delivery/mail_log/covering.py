"""Whether a log would hold a mail if the server had taken it: only then does a missing one prove anything.

The mails that the same server certainly took, out of the same batch, are the witnesses. A log covers a batch when it holds every
one of them, begins before the send and goes on for a while after the last of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from newsletter.delivery.mail_log.searching import LogSearch

GOES_ON_FOR: Final = timedelta(minutes=10)
"""Longer than a mail can be on the wire (RFC 5321, 4.5.3.2.6: the server may think for ten minutes about its end)."""

CLOCKS_DIFFER_BY: Final = timedelta(hours=1)
"""A witness was accepted in the hour that the ledger notes, or next to it; else the log's times are of another zone."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A mail of the same batch that was certainly taken, and the hour of it."""

    key: str
    hour: datetime


def why_not_covered(
    search: LogSearch, witnesses: Collection[Witness], *, began: datetime, stated: tuple[datetime, datetime] | None = None
) -> str:
    """Say why a log proves nothing about a mail of a batch that it does not hold; empty when it does.

    ``began`` is when the send began; ``stated`` the time that a person says the log covers.
    """
    first, last = stated or (search.first, search.last)
    seen: Mapping[str, datetime] = {
        one.key: search.traces[one.key].begun for one in witnesses if one.key in search.traces and search.traces[one.key].taken
    }
    lacking = len(witnesses) - len(seen)
    if first is None or last is None:
        doubt = "the log holds no line that can be read"
    elif not witnesses:
        doubt = "no other mail of its batch is known to have been taken, so that nothing shows that this is the right log"
    elif lacking:
        doubt = f"the log lacks {lacking} of {len(witnesses)} mails of its batch that were taken: it is not whole"
    elif any(not _agrees(seen[one.key], one.hour) for one in witnesses):
        doubt = "the log's times are not those of the ledger: say of which time zone they are with --log-zone"
    elif first > began:
        doubt = "the log begins after the send did: add the one before it"
    elif last < max(seen.values()) + GOES_ON_FOR:
        doubt = "the log ends too soon after the send: take it again later, or add the one after it"
    else:
        doubt = ""
    return doubt


def _agrees(logged: datetime, hour: datetime) -> bool:
    return hour - CLOCKS_DIFFER_BY <= logged <= hour + CLOCKS_DIFFER_BY + timedelta(hours=1)
