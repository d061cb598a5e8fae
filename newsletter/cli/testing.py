"""`newsletter test-send`: an issue as it is on disk, to one address, outside any ledger."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Annotated

import typer
from django.conf import settings

from newsletter.checking.written_issue import WrittenIssue, read_written_issue
from newsletter.cli.addressing import typed_address
from newsletter.cli.arguments import IssueArgument, day
from newsletter.cli.printing import console
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.opening import open_transport
from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.errors import UsageError
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal


def test_send(
    issue: IssueArgument,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Where to; yourself, say.")],
    name: Annotated[str, typer.Option("--name", help="The first name in the mail.")] = "",  # noqa: PT028 - a command, not a test
    topics: Annotated[
        str, typer.Option("--topics", metavar="TOPIC,…", help="As a reader gets it who chose only these; “none” for no topic.")
    ] = "",  # noqa: PT028
) -> None:
    """Send an issue as it is on disk, in all its languages, to one address. Its personal links lead nowhere.

    Without --topics it says all that it says to anybody.
    """
    config: Config = settings.NEWSLETTER
    address = typed_address(to)
    written = read_written_issue(issue, sent_on=day(""), config=config)
    if written.report.errors:
        raise UsageError(f"{written.name} has errors, so it is not sent. See: newsletter check {written.name}")
    chosen = _chosen(topics, written) if topics else None
    base = config.web.base_url
    personal = Personal(first_name=name, address=address, manage_url=f"{base}/m/test", unsubscribe_url=f"{base}/u/test")
    sender = config.delivery.envelope_from or config.newsletter.from_address
    domain = config.newsletter.from_address.rpartition("@")[2]
    letters = [
        Letter(
            number,
            secrets.token_hex(16),
            LetterForm(
                replace(edition, subject=f"[Test] {edition.subject}"),
                MailHeaders.of(config),
                sender,
                domain,
                None if chosen is None else edition.variant_for(chosen),
            ),
            personal,
            system_clock(),
        )
        for number, edition in enumerate(written.editions)
    ]
    answers = asyncio.run(_hand_over(config, letters))
    for letter, answer in answers:
        line = f"{letter.form.edition.language}: {answer.kind} by {config.delivery.transport}"
        console.print(f"{line}: {answer.reason}" if answer.reason else line, markup=False)
        if config.delivery.transport == "outbox" and answer.kind is AnswerKind.ACCEPTED:
            console.print(f"   {config.path(config.delivery.outbox) / 'new' / letter.key}", soft_wrap=True, markup=False)
    if config.delivery.transport == "sendgrid" and config.delivery.sendgrid.sandbox:
        console.print("SendGrid only looked at it: delivery.sendgrid.sandbox is true, so nothing arrives.", style="yellow")
    if any(answer.kind is not AnswerKind.ACCEPTED for _, answer in answers):
        raise typer.Exit(1)


def _chosen(typed: str, written: WrittenIssue) -> frozenset[str]:
    """Read topics; raises UsageError for one that the issue has nothing for, since that would look like having no effect."""
    chosen = frozenset() if typed == "none" else frozenset(topic.strip() for topic in typed.split(","))
    known = sorted({topic for edition in written.editions for topic in edition.topics})
    if unknown := sorted(chosen.difference(known)):
        offered = f"It has parts for: {', '.join(known)}." if known else "It is the same for all readers."
        raise UsageError(f"{written.name} has no part for readers who chose {', '.join(unknown)}. {offered}")
    return chosen


async def _hand_over(config: Config, letters: list[Letter]) -> list[tuple[Letter, Answer]]:
    answers: list[tuple[Letter, Answer]] = []
    bag = Mailbag()
    bag.put(letters)
    bag.close()
    await open_transport(config).run_lane(bag, answer=lambda letter, answer: answers.append((letter, answer)))
    return answers
