"""What most commands begin with: the settings, the issue read from its files, its editions, its findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newsletter.authoring.complaints import Complaints
from newsletter.authoring.folder import ISSUES, issue_name, look_at_issues
from newsletter.authoring.issue import Issue
from newsletter.authoring.kinds import read_block_kinds
from newsletter.authoring.topics import TOPICS_FILE, read_topics
from newsletter.checking.check import check_editions
from newsletter.checking.report import CheckReport, Draft
from newsletter.checking.trials import TrialLimits
from newsletter.checking.vocabulary import read_vocabulary
from newsletter.checking.weighing import weigh_rules
from newsletter.config import Config, load_config
from newsletter.errors import IssueError
from newsletter.findings import Finding
from newsletter.rendering.block_templates import check_block_templates
from newsletter.rendering.design import Design, load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.html_rules import require_closed
from newsletter.rendering.render import Letterhead, render_editions


@dataclass(frozen=True, slots=True)
class WrittenIssue:
    """An issue as its files are now, rendered and checked in every language that can be read.

    ``unread`` is what is wrong with the form of the other translations; only ``look_at_written_issue`` gives some.
    """

    name: str
    config: Config
    issues: tuple[Issue, ...]
    editions: tuple[Edition, ...]
    report: CheckReport
    unread: tuple[Finding, ...] = ()


def read_written_issue(argument: str, *, sent_on: date, config: Config | None = None) -> WrittenIssue:
    """Read, render and check the issue that ``argument`` names (2026-12, or its folder), in all its languages.

    Raises IssueError, SettingsError, TemplateError, UsageError.
    """
    written = look_at_written_issue(argument, sent_on=sent_on, config=config)
    if written.unread:
        raise IssueError(written.unread)
    return written


def look_at_written_issue(
    argument: str, *, sent_on: date, config: Config | None = None, load: Callable[[Path], Design] = load_design
) -> WrittenIssue:
    """Do the same for somebody who is still writing: a translation with mistakes of form does not hide the other languages.

    ``load`` gives the design of a site folder; one that is kept saves the time of compiling its templates.
    """
    config = config or load_config()
    severities = {rule_id: change.severity for rule_id, change in config.checks.severity.items()}
    # Before the issue is read: a mistake in it must not hide one in the settings.
    weigh_rules(severities)
    name = issue_name(argument)
    files = look_at_issues(config.home, name, config.newsletter.languages)
    if not files.issues:
        raise IssueError(files.findings)
    design = load(config.home)
    letterhead = Letterhead.of(config)
    broken = {finding.place.file for finding in files.findings}
    languages = tuple(language for language in config.newsletter.languages if f"issues/{name}/issue.{language}.md" not in broken)
    editions = render_editions(files.issues, design, replace(letterhead, languages=languages))
    require_closed(design, files.issues, editions, letterhead)
    check_block_templates(config.home, read_block_kinds(config.home), design)
    report = check_editions(drafts(files.issues, editions, sent_on=sent_on, config=config), severities)
    return WrittenIssue(name, config, files.issues, editions, report, files.findings)


def trial_cards(issues: Sequence[Issue]) -> dict[str, str]:
    """Give what each trial card tells readers (open, not_yet, closed), by NCT id, in the order of the files."""
    return {
        str(block.fields["nct_id"]): str(block.fields["status"])
        for issue in issues
        for block in issue.blocks
        if block.kind == "trial"
    }


def drafts(issues: Sequence[Issue], editions: Sequence[Edition], *, sent_on: date, config: Config) -> list[Draft]:
    """Lay each edition beside the file it came from and the limits, as the checks want to see them."""
    written = {issue.language: issue for issue in issues}
    vocabulary = read_vocabulary(config.home)
    topics = read_topics(config.home, Complaints(TOPICS_FILE))
    names = frozenset(file.parent.name for file in config.path(ISSUES).glob("*/issue*.md"))
    return [
        Draft(
            issue=written[edition.written_in],
            edition=edition,
            sent_on=sent_on,
            postal_address=config.newsletter.postal_address,
            max_html_bytes=config.checks.max_html_bytes,
            helpline_tel=config.newsletter.helpline_tel,
            vocabulary=vocabulary,
            base_url=config.web.base_url,
            offered_topics=frozenset(topics.labels) if topics.readable else None,
            trial_limits=TrialLimits(config.trials.country, config.trials.verified_within_months, sent_on),
            languages=config.newsletter.languages,
            issue_names=names,
        )
        for edition in editions
    ]
