"""How fast mail may leave: one bucket of tokens per transport, kept in the database and shared by all workers.

A token is one mail. The bucket fills on the lease clock, is paid from in the transaction that marks deliveries, and survives
restarts: what is marked is what was paid for. Under a new epoch of the clock it begins empty, so that a reboot is no burst.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from newsletter.config import Config
from newsletter.delivery import statements
from newsletter.delivery.lease import LeaseTime

SECONDS_HELD: Final = 3.0
"""Of the rate that the bucket holds at most: after a rest, a minute sees a twentieth more than its limit and no more."""

AHEAD_AT_MOST: Final = 60.0
"""Seconds that the bucket may have been filled in the future: by more, the database server's clock was set back."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Mails a minute, over all workers that use a transport."""

    transport: str
    per_minute: int

    @property
    def per_second(self) -> float:
        """How fast the bucket fills."""
        return self.per_minute / 60

    @property
    def most_at_once(self) -> float:
        """How much the bucket holds."""
        return max(1.0, self.per_second * SECONDS_HELD)


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    epoch: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many may be marked now, and, where it is none, in how many seconds a group that is worth a commit may be."""

    count: int
    wait: float = 0.0
    bucket: _Bucket | None = None


def rate_of(config: Config) -> Rate | None:
    """Give the rate that the settings allow the configured transport; None where they set no limit."""
    delivery = config.delivery
    limits = {"smtp": delivery.smtp.per_minute, "sendgrid": delivery.sendgrid.per_minute}
    per_minute = limits.get(delivery.transport, 0)
    return Rate(delivery.transport, per_minute) if per_minute else None


def allow(cursor: CursorWrapper, rate: Rate | None, wanted: int, *, lease: LeaseTime) -> Allowance:
    """Say how many of ``wanted`` mails may be marked in this transaction, and keep others from the bucket until it ends.

    A few tokens are left to grow to half a bucket, or to all that is wanted where that is less: a commit for every mail would
    cost more than the mail.
    """
    if rate is None or wanted <= 0:
        return Allowance(max(wanted, 0))
    bucket = _look(cursor, rate, lease=lease)
    enough = min(wanted, max(1, int(rate.most_at_once / 2)))
    # Adding up floating point may end a little below the whole.
    whole = int(bucket.tokens + 1e-6)
    if whole < enough:
        return Allowance(0, wait=(enough - bucket.tokens) / rate.per_second)
    return Allowance(min(wanted, whole), bucket=bucket)


def pay(cursor: CursorWrapper, rate: Rate | None, allowance: Allowance, *, marked: int) -> None:
    """Take the tokens of ``marked`` mails; call it in the transaction of the ``allow`` that gave ``allowance``."""
    bucket = allowance.bucket
    if rate is not None and bucket is not None and marked:
        _store(cursor, rate, _Bucket(max(bucket.tokens - marked, 0.0), bucket.filled_at, bucket.epoch))


def _look(cursor: CursorWrapper, rate: Rate, *, lease: LeaseTime) -> _Bucket:
    """Lock the bucket and give it as it is by now."""
    stored = _find(cursor, rate)
    if stored is None:
        cursor.execute(statements.INSERT_PACE, [rate.transport, 0.0, lease.seconds, lease.epoch])
        stored = _find(cursor, rate)
        assert stored is not None
    if stored.epoch != lease.epoch or stored.filled_at > lease.seconds + AHEAD_AT_MOST:
        empty = _Bucket(0.0, lease.seconds, lease.epoch)
        _store(cursor, rate, empty)
        return empty
    # A worker that waited for the lock read its clock before the one that it waited for did.
    passed = max(lease.seconds - stored.filled_at, 0.0)
    tokens = min(stored.tokens + passed * rate.per_second, rate.most_at_once)
    return _Bucket(tokens, max(stored.filled_at, lease.seconds), lease.epoch)


def _find(cursor: CursorWrapper, rate: Rate) -> _Bucket | None:
    locking = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    cursor.execute(statements.FIND_PACE + locking, [rate.transport])
    row = cursor.fetchone()
    return None if row is None else _Bucket(*row)


def _store(cursor: CursorWrapper, rate: Rate, bucket: _Bucket) -> None:
    cursor.execute(statements.STORE_PACE, [bucket.tokens, bucket.filled_at, bucket.epoch, rate.transport])
