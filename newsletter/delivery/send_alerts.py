"""What people are told about sends: one that is paused, and the sum when one is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from newsletter.config import Config
from newsletter.delivery.gone_addresses import find_to_be_looked_at
from newsletter.delivery.models import Handover, PausedFor, Send, SendState
from newsletter.delivery.pausing import resume_command
from newsletter.delivery.reporting import SendReport, send_report
from newsletter.publishing.alerts import ALERTS_LAST, EDITORS_AND_PUBLISHERS, Occasion, Reader, find_act, without_addresses
from newsletter.publishing.models import FrozenEdition


def find_send_occasions(now: datetime) -> Iterator[Occasion]:
    """Give what there is to be told about sends, as the ledger stands now."""
    for send in Send.objects.filter(state=SendState.PAUSED).order_by("pk"):
        yield _paused(send, now=now)
    over = Send.objects.filter(state__in=[SendState.DONE, SendState.CANCELLED], finished_at__gt=now - ALERTS_LAST)
    # The sum tells as well who left because of it.
    for send in over.exclude(pk__in=find_to_be_looked_at(now)).select_related("corrects").order_by("pk"):
        yield _finished(send, now=now)


def _paused(send: Send, *, now: datetime) -> Occasion:
    act = find_act("pause", send.issue)
    key = f"paused/{act.pk}" if act else f"paused/{send.pk}/{send.paused_for}"
    by = act.person if act and send.paused_for == PausedFor.PERSON else ""
    report = cache(lambda: send_report(send.issue))

    def values(reader: Reader) -> Mapping[str, object]:
        return {
            "paused_for": send.paused_for,
            "reason": without_addresses(send.reason),
            "since": reader.moment(act.at) if act else "",
            "sum": report().the_sum,
            "commands": [
                f"newsletter status {send.issue}",
                resume_command(send.issue, send.paused_for, person=reader.key),
                f"newsletter cancel {send.issue} --as {reader.key}",
            ],
        }

    return Occasion(key, "alert-paused", send.issue, ["publisher"], now + ALERTS_LAST, values, but=by)


def _finished(send: Send, *, now: datetime) -> Occasion:
    """Tell the sum once each time that a send ends: who has the failed tried again wants to know what became of them."""
    assert send.finished_at is not None
    finished_at = send.finished_at
    report = cache(lambda: send_report(send.issue))

    def values(reader: Reader) -> Mapping[str, object]:
        found = report()
        return {
            "state": send.state,
            "corrects": send.corrects.issue if send.corrects else "",
            "issue_subject": _subject(send, reader.config),
            "begun": reader.moment(send.created_at),
            "finished": reader.moment(finished_at),
            "transport": send.transport,
            "commands": _following(send, found, reader),
            **_figures(found),
        }

    key = f"finished/{send.pk}/{finished_at.isoformat()}"
    return Occasion(key, "alert-finished", send.issue, EDITORS_AND_PUBLISHERS, now + ALERTS_LAST, values)


def _following(send: Send, report: SendReport, reader: Reader) -> Sequence[str]:
    status = report.status
    commands = [f"newsletter report {status.issue}"]
    if status.handovers[Handover.UNKNOWN]:
        commands.append(f"newsletter reconcile {status.issue} --as {reader.key}")
    if status.handovers[Handover.FAILED] and status.state == SendState.DONE and not send.corrections.exists():
        commands.append(f"newsletter retry {status.issue} --as {reader.key}")
    return commands


def _figures(report: SendReport) -> Mapping[str, object]:
    counts = {handover.value: f"{report.status.handovers[handover]:,}" for handover in Handover}
    return {
        "sum": report.the_sum,
        "holds": report.sum_holds,
        "counts": counts,
        "failed": report.status.handovers[Handover.FAILED],
        "unknown": report.status.handovers[Handover.UNKNOWN],
        "suppressed": f"{report.gone.suppressed:,}" if report.gone.suppressed else "",
        "nobody_suppressed": bool(report.gone.why_nobody),
        "excluded": sorted((reason, f"{number:,}") for reason, number in report.excluded.items()),
        "languages": sorted((name, f"{found[Handover.ACCEPTED]:,}") for name, found in report.by_language.items()),
    }


def _subject(send: Send, config: Config) -> str:
    subjects = dict(FrozenEdition.objects.filter(candidate=send.candidate_id).values_list("language", "subject"))
    return subjects.get(config.newsletter.languages[0]) or next(iter(subjects.values()), "")
