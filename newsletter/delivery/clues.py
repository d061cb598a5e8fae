"""Where evidence of unknown deliveries comes from: a mail server's log, a provider, a person's word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, TypeVar

from newsletter.config import Config
from newsletter.delivery.doubt import Clue, InDoubt, Verdict
from newsletter.delivery.mail_log.covering import GOES_ON_FOR, Witness, why_not_covered
from newsletter.delivery.mail_log.searching import LogSearch, Trace, search_logs
from newsletter.delivery.models import Delivery, Handover, Send
from newsletter.delivery.reconciling import Unknown
from newsletter.delivery.transports.sendgrid_doubt import sendgrid_clues
from newsletter.errors import SealError, UsageError
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Subscription

T = TypeVar("T")

AT_ONCE: Final = 500
"""Rows asked for at once."""


@dataclass(frozen=True, slots=True)
class MailLogs:
    """A mail server's logs, and what a person says of them.

    ``zone`` is that of times without one. ``covers`` is the time they are said to cover; else it is that of their lines.
    ``whole`` says that a mail which is not in them was not taken, where they can be shown to cover it.
    """

    files: Sequence[Path]
    zone: tzinfo
    covers: tuple[datetime, datetime] | None = None
    whole: bool = False


@dataclass(slots=True)
class Clues:
    """What was found out, and of what was not, why: how many deliveries for each reason."""

    found: list[Clue] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def clues_from_logs(send: Send, unknown: Sequence[Unknown], logs: MailLogs, *, domain: str) -> Clues:
    """Look for unknown deliveries in a mail server's logs. Raises UsageError for a file that cannot be read.

    Found is taken. Not found is a proof that nothing left only where the logs are said to be whole, and cover its batch.
    """
    began = send.prepared_at or send.created_at
    witnesses = _witnesses(unknown) if logs.whole else {}
    wanted = {one.key for one in unknown} | {witness.key for some in witnesses.values() for witness in some}
    search = LogSearch(wanted, domain=domain)
    search_logs(logs.files, search, zone=logs.zone, near=began)
    clues = Clues()
    doubts = {
        batch_id: why_not_covered(search, witnesses.get(batch_id, ()), began=began, stated=logs.covers)
        for batch_id in {one.batch_id for one in unknown}
    }
    for one in unknown:
        trace = search.traces.get(one.key)
        if trace is not None and trace.taken:
            clues.found.append(_clue_of(one.key, trace))
        elif not logs.whole:
            clues.reasons["not in the log; that proves nothing by itself (--not-in-log requeue, where it is whole)"] += 1
        elif doubt := doubts[one.batch_id] or _just_begun(trace, search) or _ends_before_it(one, search, logs):
            clues.reasons[f"not in the log, but {doubt}"] += 1
        else:
            clues.found.append(Clue(one.key, Verdict.NEVER_LEFT, reason="not in a log that covers it"))
    return clues


def clues_from_provider(config: Config, unknown: Sequence[Unknown], *, now: datetime) -> Clues:
    """Ask SendGrid. Call it with no transaction open. Raises TransportError."""
    clues = Clues()
    for some in _parts(unknown):
        found = sendgrid_clues(config, _in_doubt(some), now=now)
        clues.found += [clue for clue in found if clue.verdict is not Verdict.NOT_FOUND]
        for clue in found:
            if clue.verdict is Verdict.NOT_FOUND:
                clues.reasons[clue.reason or "SendGrid knows nothing of it yet"] += 1
    return clues


def clues_by_word(unknown: Sequence[Unknown], *, taken: Collection[str], never_left: Collection[str]) -> Clues:
    """Take a person's word for single deliveries. Raises UsageError for a key that is not unknown, or named both ways."""
    known = {one.key for one in unknown}
    if both := sorted(set(taken) & set(never_left)):
        raise UsageError(f"{both[0]} is named as taken and as never left. Say one of them.")
    if strange := sorted((set(taken) | set(never_left)) - known):
        raise UsageError(f"Not unknown in this send: {', '.join(strange)}. `newsletter report` lists the keys that are.")
    return Clues(
        [Clue(key, Verdict.TAKEN, reason="a person says so") for key in sorted(set(taken))]
        + [Clue(key, Verdict.NEVER_LEFT, reason="a person says so") for key in sorted(set(never_left))]
    )


def _just_begun(trace: Trace | None, search: LogSearch) -> str:
    """Say that a mail whose Message-ID the server had seen may still have been on its way when the log ended."""
    if trace is None or (search.last is not None and search.last >= trace.begun + GOES_ON_FOR):
        return ""
    return "the server had begun to take it when the log ends: take the log again later"


def _ends_before_it(one: Unknown, search: LogSearch, logs: MailLogs) -> str:
    """Say that a mail may have left after the log ends: it was tried again later than the others of its batch."""
    last = logs.covers[1] if logs.covers else search.last
    if last is not None and last.timestamp() >= one.lost_by + GOES_ON_FOR.total_seconds():
        return ""
    return "it was lost sight of after the log ends, or a moment before: take the log again later, or add the one after it"


def _clue_of(key: str, trace: Trace) -> Clue:
    return Clue(key, Verdict.TAKEN, at=trace.begun, outcome=trace.outcome, reason=trace.status, bounce=trace.bounce)


def _witnesses(unknown: Sequence[Unknown]) -> Mapping[int, list[Witness]]:
    found: dict[int, list[Witness]] = defaultdict(list)
    batches = sorted({one.batch_id for one in unknown})
    taken = Delivery.objects.filter(handover=Handover.ACCEPTED, handed_over_at__isnull=False)
    for some in _parts(batches):
        for key, batch_id, hour in taken.filter(batch_id__in=some).values_list("key", "batch_id", "handed_over_at"):
            if hour is not None:
                found[batch_id].append(Witness(key, hour))
    return found


def _in_doubt(unknown: Sequence[Unknown]) -> list[InDoubt]:
    addresses = _addresses({one.subscription_id for one in unknown if one.subscription_id is not None})
    calls = Delivery.objects.filter(pk__in=[one.delivery_id for one in unknown], call__isnull=False)
    named = {pk: (ref, send_at) for pk, ref, send_at in calls.values_list("pk", "call__ref", "call__send_at")}
    in_doubt = []
    for one in unknown:
        ref, send_at = named.get(one.delivery_id, ("", None))
        address = addresses.get(one.subscription_id or 0, "")
        if ref or address:
            in_doubt.append(InDoubt(one.key, address, call=ref, send_at=send_at))
    return in_doubt


def _addresses(subscription_ids: Collection[int]) -> dict[int, str]:
    """Open addresses to ask about them; they stay in memory. Whose cannot be opened is left out."""
    addresses = {}
    rows = Subscription.objects.filter(pk__in=subscription_ids)
    for pk, lookup, contact in rows.values_list("pk", "subscriber__lookup", "subscriber__contact"):
        try:
            addresses[pk] = sealer().open_contact(contact, lookup=bytes(lookup)).address
        except SealError:
            continue
    return addresses


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
