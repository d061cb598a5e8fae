"""`newsletter reconcile`: settle what is unknown by a mail server's log, by the provider, or by a person's word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import FormatOption, IssueArgument, PersonOption, person
from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.clues import Clues, MailLogs, clues_by_word, clues_from_logs, clues_from_provider
from newsletter.delivery.doubt import Verdict
from newsletter.delivery.kept_counts import require_deliveries
from newsletter.delivery.models import Send
from newsletter.delivery.reconciling import Actor, Witnessed, find_unknown, settle
from newsletter.delivery.steering import get_send
from newsletter.errors import TransportError, UsageError


class NotInLog(StrEnum):
    """What becomes of a mail that a log does not hold."""

    LEAVE = "leave"
    REQUEUE = "requeue"


@dataclass(slots=True)
class Reconciliation:
    """What a look settled, by whose evidence, and what it left: why, and which keys."""

    settled: list[tuple[Witnessed, Verdict, int]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    to_settle_them: list[str] = field(default_factory=list)


MailLogOption = Annotated[
    list[Path] | None,
    typer.Option("--mail-log", help="A log of the mail server: Postfix or Exim, .gz or journalctl -o export too."),
]
NotInLogOption = Annotated[NotInLog, typer.Option("--not-in-log", help="requeue: the log is whole, what it lacks never left.")]
CoversOption = Annotated[
    str, typer.Option("--log-covers", metavar="FROM..TO", help="The time the log covers, if its lines do not say.")
]
ZoneOption = Annotated[str, typer.Option("--log-zone", help="The log's time zone; this machine's if not given.")]
TakenOption = Annotated[list[str] | None, typer.Option("--taken", metavar="KEY", help="You know that this one was taken.")]
NeverLeftOption = Annotated[
    list[str] | None, typer.Option("--never-left", metavar="KEY", help="You know that this one never left.")
]
WhyOption = Annotated[str, typer.Option("--note", help="How you know.")]


def reconcile(
    issue: IssueArgument,
    who: PersonOption,
    *,
    mail_log: MailLogOption = None,
    log_covers: CoversOption = "",
    log_zone: ZoneOption = "",
    not_in_log: NotInLogOption = NotInLog.LEAVE,
    taken: TakenOption = None,
    never_left: NeverLeftOption = None,
    note: WhyOption = "",
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Settle the unknown deliveries of a send by evidence. Nothing is ever sent again by guess.

    Found in a log, or at SendGrid: accepted, with what became of it. Certainly not taken: queued again. Exit 1 while one is open.
    """
    config: Config = settings.NEWSLETTER
    person(config, who)
    if (taken or never_left) and not note:
        raise UsageError("Say how you know it: --note “…”. It is written into the audit log.")
    if (log_covers or log_zone or not_in_log is NotInLog.REQUEUE) and not mail_log:
        raise UsageError("--log-covers, --log-zone and --not-in-log speak of a log: name it with --mail-log FILE.")
    zone = _zone(log_zone)
    logs = MailLogs(mail_log or [], zone, _covers(log_covers, zone), whole=not_in_log is NotInLog.REQUEUE)
    send = get_send(issue_name(issue))
    require_deliveries(send.issue)
    actor = Actor(who, system_user(), note)
    done = _reconcile(send, config, logs, (taken or [], never_left or []), actor)
    if output is OutputFormat.JSON:
        print_json({"issue": send.issue, "settled": [_settled(*one) for one in done.settled], "unknown": done.unknown,
                    "reasons": done.reasons, "to_settle_them": done.to_settle_them})  # fmt: skip
    else:
        _print(done)
    if done.unknown:
        raise typer.Exit(1)


def _reconcile(send: Send, config: Config, logs: MailLogs, words: tuple[list[str], list[str]], actor: Actor) -> Reconciliation:
    done = Reconciliation()

    def settle_by(by: Witnessed, clues: Clues) -> None:
        counts = settle(send, clues.found, by=by, settings=config.delivery, actor=actor, now=system_clock())
        done.settled += [(by, verdict, number) for verdict, number in sorted(counts.items())]
        done.reasons.update(clues.reasons)

    if any(words):
        settle_by(Witnessed.PERSON, clues_by_word(find_unknown(send), taken=words[0], never_left=words[1]))
    if logs.files and (unknown := find_unknown(send)):
        domain = config.newsletter.from_address.rpartition("@")[2]
        settle_by(Witnessed.MAIL_LOG, clues_from_logs(send, unknown, logs, domain=domain))
    if _asks_sendgrid(send, config) and (unknown := find_unknown(send)):
        try:
            settle_by(Witnessed.PROVIDER, clues_from_provider(config, unknown, now=system_clock()))
        except TransportError as error:
            done.reasons[str(error)] += len(unknown)
    done.unknown = [one.key for one in find_unknown(send)]
    if done.unknown:
        if (correction := send.corrections.first()) is not None:
            why = f"{send.issue} was corrected by {correction.issue}, so nobody of it is queued again, whatever is found"
            done.reasons[why] += len(done.unknown)
        done.to_settle_them = _to_settle_them(send, config, actor.person)
    return done


def _asks_sendgrid(send: Send, config: Config) -> bool:
    return send.transport == "sendgrid" and config.delivery.sendgrid.in_doubt != "events"


def _to_settle_them(send: Send, config: Config, who: str) -> list[str]:
    command = f"newsletter reconcile {send.issue} --as {who}"
    if send.transport != "sendgrid":
        return [
            f"the mail server's log: {command} --mail-log /var/log/mail.log, and --not-in-log requeue where that log is whole",
            f'your word, where you know: {command} --taken KEY --note "…", or --never-left KEY',
        ]
    waiting = "SendGrid's events, by themselves, once webhook_public_key is set; they come within a day"
    asking = (
        'SendGrid itself: set delivery.sendgrid.in_doubt to "log"'
        if not _asks_sendgrid(send, config)
        else "the same command later"
    )
    return [waiting, asking, f'your word, after a look at SendGrid\'s activity: {command} --taken KEY --note "…"']


def _settled(by: Witnessed, verdict: Verdict, mails: int) -> dict[str, object]:
    return {"by": by, "verdict": verdict, "mails": mails}


def _print(done: Reconciliation) -> None:
    if done.settled:
        print_table(["by", "evidence says", "mails"], [(by, verdict, str(mails)) for by, verdict, mails in done.settled])
    else:
        console.print("Nothing was settled.")
    for reason, mails in sorted(done.reasons.items()):
        console.print(f"{mails}: {reason}", style="yellow", markup=False)
    if not done.unknown:
        console.print("Nothing is unknown any more.", style="green")
        return
    console.print(f"Still unknown: {counted(len(done.unknown), 'mail')}. What would settle them:", style="yellow")
    for hint in done.to_settle_them:
        console.print(f"  {hint}", markup=False)
    for key in done.unknown:
        console.print(f"  {key}", markup=False)


def _zone(name: str) -> tzinfo:
    if not name:
        return system_clock().astimezone().tzinfo or UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"“{name}” is no time zone. Write it as America/New_York, or UTC.") from None


def _covers(text: str, zone: tzinfo) -> tuple[datetime, datetime] | None:
    if not text:
        return None
    try:
        first, last = (datetime.fromisoformat(part) for part in text.split(".."))
    except ValueError:
        raise UsageError(f"“{text}” are not two times. Write them as 2026-12-01T09:00..2026-12-01T18:00.") from None
    return tuple(at if at.tzinfo else at.replace(tzinfo=zone) for at in (first, last))  # type: ignore[return-value]
