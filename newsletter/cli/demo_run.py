"""What `newsletter demo` does, stage by stage, by the same functions that the commands call."""

from __future__ import annotations

import mailbox
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path

import typer
from django.conf import settings

from newsletter.authoring.lock import LOCK_FILE
from newsletter.checking.trial_changes import renew_lock
from newsletter.checking.trials import judge_trial, stops_send
from newsletter.checking.written_issue import read_written_issue, trial_cards
from newsletter.cli.printing import console, local, print_table
from newsletter.cli.reporting import print_report
from newsletter.cli.writing import write_edition
from newsletter.config import Config
from newsletter.delivery.reporting import send_report
from newsletter.delivery.sending import deliver_open_sends, start_due_sends, today
from newsletter.errors import IssueError, NewsletterError
from newsletter.publishing.approving import ApprovingRole, approve
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.releasing import Released
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.subscribers.audience import Addressee, addressees, audience_page, last_subscription_id
from newsletter.subscribers.installation import choices
from newsletter.subscribers.lists.importing import ImportOptions, import_list

ISSUE = "2026-12"
BEGIN = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""A week before the sample issue's slot, whatever day it really is."""

APPROVALS: Sequence[tuple[str, ApprovingRole]] = [("ada", "editor"), ("maria", "medical")]


class DemoFailedError(NewsletterError):
    """A stage of the demo did not come out as it has to; the message says which."""


class Demo:
    """The stages; each does its work and says in a line what came of it."""

    def __init__(self, folder: Path, elsewhere: Sequence[str]) -> None:
        self.folder = folder
        self.config: Config = settings.NEWSLETTER
        self.now = BEGIN
        self._elsewhere = elsewhere
        self._registry = TrialRegistry.of(self.config, lambda: self.now, min_interval_seconds=0)

    def import_list(self) -> str:
        """Take in the sample list."""
        file = self.folder / "subscribers/sample.csv"
        report = import_list(file, choices=choices(), now=self.now, options=ImportOptions(apply=True))
        counts = report.counts
        return (
            f"{counts.lines} lines: {counts.new} readers, {counts.left} people who have left, {counts.duplicates} further lines "
            f"of the same people, {counts.invalid} broken lines left out, {counts.without_consent} without a consent not mailed"
        )

    def ask_registry(self) -> str:
        """Ask the local registry about the trials; the lock has to come out as it is."""
        written = read_written_issue(ISSUE, sent_on=today(self.config, self.now), config=self.config)
        lock = written.issues[0].lock
        cards = trial_cards(written.issues)
        answers = self._registry.ask(list(cards))
        verdicts = [judge_trial(answer, card_status=cards[answer.nct_id]) for answer in answers]
        closed = [verdict.sentence for verdict in verdicts if stops_send(verdict, card_status=cards[verdict.nct_id])]
        if closed or renew_lock(lock, answers).to_bytes() != (self.folder / f"issues/{ISSUE}/{LOCK_FILE}").read_bytes():
            raise DemoFailedError("\n".join(closed) or "The registry says something else than the lock.")
        return f"{len(answers)} invented trials are recruiting, {LOCK_FILE} is up to date"

    def check(self) -> str:
        """Check the issue; nothing may stop it."""
        written = read_written_issue(ISSUE, sent_on=today(self.config, self.now), config=self.config)
        if written.report.errors:
            raise IssueError(written.report.errors)
        return f"{len(written.editions)} editions, {len(written.report.findings)} findings"

    def build(self) -> str:
        """Write the editions as files."""
        written = read_written_issue(ISSUE, sent_on=today(self.config, self.now), config=self.config)
        sizes = {edition.language: write_edition(edition, self.folder / "build", written.config) for edition in written.editions}
        return "mails of " + ", ".join(f"{size['email.html'] / 1000:.1f} kB ({language})" for language, size in sizes.items())

    def approve(self) -> str:
        """Have two people approve the same bytes in two roles."""
        written = read_written_issue(ISSUE, sent_on=today(self.config, self.now), config=self.config)
        for key, role in APPROVALS:
            approved = approve(
                issues=written.issues,
                editions=written.editions,
                report=written.report,
                person_key=key,
                person=self.config.people[key],
                role=role,
                now=self.now,
                system_user="demo",
            )
        names = " and ".join(f"{self.config.people[key].name} ({role})" for key, role in APPROVALS)
        return f"{names} approved {approved.candidate.digest[:12]}"

    def schedule(self) -> str:
        """Put the issue on the calendar, and let the clock reach its slot."""
        slot = schedule_issue(ISSUE, None, cadence=self.config.cadence, person="ada", now=self.now, system_user="demo")
        self.now = slot.at
        return f"the clock is set to {local(slot.at, self.config.cadence.timezone)}"

    def start(self) -> str:
        """Tick: the due slot is released, its trials asked once more, and its send begins."""
        results = start_due_sends(self.config, lambda: self.now, ask_trials=self._registry.ask)
        for slot in results:
            if not isinstance(slot.result, Released):
                raise DemoFailedError("\n".join(slot.result.reasons))
        return f"{len(results)} slot released, after the registry was asked once more"

    def deliver(self) -> str:
        """Freeze the audience and hand over every mail."""
        summary = deliver_open_sends(self.config, lambda: self.now, worker="demo")
        if not summary.finished:
            raise DemoFailedError(
                "; ".join(filter(None, [summary.problem, *summary.faults.values()])) or "The send is not finished."
            )
        return send_report(ISSUE).the_sum

    def compare(self) -> str:
        """Compare the outbox with the list: one mail for everybody who should get one, none for anybody else."""
        got = Counter(self._addresses_in_outbox())
        expected = Counter(self._addresses_of_active_subscribers())
        if got != expected:
            missing, surplus = sum((expected - got).values()), sum((got - expected).values())
            raise DemoFailedError(f"{missing} people got no mail, and {surplus} mails should not be there.")
        if self._elsewhere:
            raise DemoFailedError(f"{len(self._elsewhere)} connections left this machine.")
        return f"{len(got)} mails for {len(expected)} active subscribers, none for anybody else; 0 connections left this machine"

    def _addresses_in_outbox(self) -> Iterator[str]:
        for message in mailbox.Maildir(self.config.path(self.config.delivery.outbox), create=False):
            yield parseaddr(str(message["To"]))[1]

    def _addresses_of_active_subscribers(self) -> Iterator[str]:
        last, on = last_subscription_id(), today(self.config, self.now)
        members = audience_page(after=0, last=last, limit=last, on=on)
        for found in addressees([member.subscription_id for member in members], on=on).values():
            if isinstance(found, Addressee):
                yield found.address


def run(folder: Path, elsewhere: Sequence[str]) -> None:
    """Run all stages, and say on one screen what was done, how long it took, and where to look."""
    demo = Demo(folder, elsewhere)
    stages = [
        ("import the list", demo.import_list),
        ("ask the registry", demo.ask_registry),
        ("check", demo.check),
        ("build", demo.build),
        ("approve", demo.approve),
        ("schedule", demo.schedule),
        ("tick", demo.start),
        ("deliver", demo.deliver),
        ("compare", demo.compare),
    ]
    rows = []
    try:
        for name, stage in stages:
            started = time.perf_counter()
            said = stage()
            rows.append((name, f"{(time.perf_counter() - started) * 1000:.0f} ms", said))
    except NewsletterError as error:
        print_table(["stage", "took", "what came of it"], rows)
        console.print(f"{name}: {error}", style="bold red", markup=False)
        raise typer.Exit(1) from error
    print_table(["stage", "took", "what came of it"], rows, title="Mets Matters, December 2026, to invented readers")
    console.print()
    print_report(send_report(ISSUE), demo.config)
    _say_where_to_look(folder, demo.config)


def _say_where_to_look(folder: Path, config: Config) -> None:
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    command = "newsletter" if shutil.which("newsletter") else sys.argv[0]
    print_table(
        ["where to look", ""],
        [
            ("a mail in a browser", f"{shown}/build/en/email.html (es/ for Spanish, email.txt for the text part)"),
            (
                "every mail as sent",
                f"{shown / config.delivery.outbox}/new/ (a Maildir: mutt -f {shown / config.delivery.outbox})",
            ),
            ("the report again", f"NEWSLETTER_HOME={shown} {command} report {ISSUE}"),
            ("readers' pages", f"NEWSLETTER_HOME={shown} {command} serve, then follow the links in a mail"),
        ],
    )
