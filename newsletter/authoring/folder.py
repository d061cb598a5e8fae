"""An issue's folder: ``issues/2026-12/`` with ``issue.md``, perhaps ``issue.es.md``, pictures and the trial lock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean
from newsletter.authoring.corrections import find_correction_mistakes
from newsletter.authoring.earlier_issues import ISSUE_NAME, list_issue_names
from newsletter.authoring.glossary import GLOSSARY_FILE, read_glossary
from newsletter.authoring.issue import Issue
from newsletter.authoring.kinds import read_block_kinds
from newsletter.authoring.lock import TrialLock, read_lock
from newsletter.authoring.parse import IssueFile, parse_issue
from newsletter.authoring.topics import TOPICS_FILE, find_topic_mistakes, read_topics
from newsletter.errors import IssueError, UsageError
from newsletter.findings import Finding, in_reading_order

ISSUES = "issues"
GALLERY = "templates/gallery"
"""Issues that nobody is sent: with one of everything, for those who design the templates."""

_TRANSLATION = re.compile(r"issue\.([A-Za-z-]+)\.md")


def issue_name(argument: str) -> str:
    """Give the name of the issue that a person means: "2026-12", its folder or its file. Raises UsageError."""
    path = Path(argument.strip().replace("\\", "/"))
    name = path.parent.name if path.suffix == ".md" else path.name
    if not ISSUE_NAME.fullmatch(name):
        raise UsageError(f"“{argument}” is no issue. Name it by year and month, as in 2026-12, or by its folder, issues/2026-12.")
    return name


def list_issues(home: Path, shelf: str = ISSUES) -> list[str]:
    """Give the names of all issues of a site folder, sorted."""
    return list_issue_names(home / shelf)


@dataclass(frozen=True, slots=True)
class IssueFiles:
    """What can be read of an issue, in the order of the languages, and everything that is wrong in its files.

    A translation that cannot be read leaves the others as they are; while the first language, the lock, the glossary or the
    topics cannot be, ``issues`` is empty.
    """

    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]


def read_issues(
    home: Path, name: str, languages: Sequence[str], *, shelf: str = ISSUES, lock: TrialLock | None = None
) -> tuple[Issue, ...]:
    """Read every language of an issue, in the order of ``languages``; the first one has to be there, as issue.md.

    ``lock`` stands for the lock file, for whoever is about to write that anew.
    Raises IssueError with all that is wrong in all its files, in the glossary and in the topics; UsageError when there is no such
    issue, TemplateError when templates/blocks.toml is wrong.
    """
    files = look_at_issues(home, name, languages, shelf=shelf, lock=lock)
    if files.findings:
        raise IssueError(files.findings)
    return files.issues


def look_at_issues(
    home: Path, name: str, languages: Sequence[str], *, shelf: str = ISSUES, lock: TrialLock | None = None
) -> IssueFiles:
    """Read what can be read of an issue, for somebody who is still writing it. Raises UsageError and TemplateError."""
    folder = home / shelf / name
    if not (folder / "issue.md").is_file():
        raise UsageError(f"There is no {shelf}/{name}/issue.md in {home}. {_name_issues(home, name)}")
    kinds = read_block_kinds(home)
    about_glossary = Complaints(GLOSSARY_FILE)
    glossary = read_glossary(home, about_glossary)
    about_topics = Complaints(TOPICS_FILE)
    topics = read_topics(home, about_topics)
    findings = [*about_glossary.findings, *about_topics.findings, *_find_unknown_languages(folder, f"{shelf}/{name}", languages)]
    try:
        lock = lock or read_lock(folder, f"{shelf}/{name}")
    except IssueError as error:
        findings += error.findings
    issues: list[Issue] = []
    in_translations: list[Finding] = []
    for language in languages:
        file = folder / ("issue.md" if language == languages[0] else f"issue.{language}.md")
        if not file.is_file():
            continue
        of = IssueFile(name, f"{shelf}/{name}/{file.name}", language, folder)
        try:
            issues.append(parse_issue(file.read_bytes(), of=of, kinds=kinds, glossary=glossary, topics=topics, lock=lock))
        except IssueError as error:
            (findings if language == languages[0] else in_translations).extend(error.findings)
    findings += find_topic_mistakes(issues)
    findings += find_correction_mistakes(issues, folder)
    return IssueFiles(() if findings else tuple(issues), tuple(in_reading_order([*findings, *in_translations])))


def _name_issues(home: Path, name: str) -> str:
    known = list_issues(home)
    if not known:
        return f"There are no issues yet: begin with {ISSUES}/{name}/issue.md."
    return f"{did_you_mean(name, known)} Issues: {', '.join(known)}." if len(known) > 1 else f"There is one issue: {known[0]}."


def _find_unknown_languages(folder: Path, shown_as: str, languages: Sequence[str]) -> list[Finding]:
    findings: list[Finding] = []
    for file in sorted(folder.glob("issue.*.md")):
        match = _TRANSLATION.fullmatch(file.name)
        if match and match[1] in languages[1:]:
            continue
        complaints = Complaints(f"{shown_as}/{file.name}")
        message = (
            f"the newsletter has no translation of this name; its languages are {', '.join(languages)}, the first in issue.md"
        )
        complaints.add(Mistake("language", message, "Rename the file, or add the language to newsletter.toml."))
        findings += complaints.findings
    return findings
