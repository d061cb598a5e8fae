"""Which issue a correction puts right: the front matter's ``corrects``, looked at beside the folders of the other issues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.earlier_issues import list_issue_names
from newsletter.authoring.issue import Issue
from newsletter.findings import Finding, Place, Severity

CORRECTS = re.compile(r"""^corrects:[ \t]*["']?([0-9A-Za-z-]+)["']?[ \t]*(?:#.*)?$""", re.MULTILINE)
"""The line of a file's top that names the issue which it corrects."""

WORD = "-correction-"
"""Stands between the name of a corrected issue and the number of its correction."""


def next_correction(folder: Path, issue: str) -> str:
    """Give the name of the next correction of an issue, such as 2026-12-correction-1; ``folder`` holds the issues."""
    taken = {path.name for path in folder.glob(f"{issue}{WORD}*")}
    number = 1
    while f"{issue}{WORD}{number}" in taken:
        number += 1
    return f"{issue}{WORD}{number}"


def corrects_on_disk(home: Path, issue: str) -> str:
    """Give what the file of an issue says that it corrects, "" when nothing."""
    return _corrects(home / "issues" / issue)


def find_correction_mistakes(issues: Sequence[Issue], folder: Path) -> Iterator[Finding]:
    """Complain about a ``corrects`` that names no other issue, or not the same one in all languages, or leads in a circle."""
    for issue in issues[1:]:
        if issue.corrects != issues[0].corrects:
            yield _finding(_disagreement(issue, issues[0]), issue)
    for issue in issues[:1]:
        if issue.corrects and (mistake := _find_mistake(issue.corrects, folder)):
            yield _finding(mistake, issue)


def _disagreement(issue: Issue, first: Issue) -> Mistake:
    said = f"“corrects” says {quoted(issue.corrects)} here" if issue.corrects else "“corrects” is missing here"
    there = f"says {quoted(first.corrects)}" if first.corrects else "has none"
    fix = f"Write `corrects: {first.corrects}`." if first.corrects else "Take the line `corrects: …` out."
    return Mistake("corrects-languages", f"{said}, and {first.file} {there}", fix)


def _find_mistake(corrected: str, folder: Path) -> Mistake | None:
    others = [known for known in list_issue_names(folder.parent) if known != folder.name]
    if corrected == folder.name:
        message = f"“corrects” names this issue itself, {quoted(corrected)}"
        return Mistake("corrects-itself", message, "Name the issue that readers have.")
    if corrected not in others:
        fix = did_you_mean(corrected, others) if others else "There is no other issue yet: take the line out."
        return Mistake("corrects-unknown", f"there is no issue {quoted(corrected)}, which “corrects” names", fix)
    chain = _chain(corrected, folder.parent)
    if folder.name in chain:
        message = f"the corrections lead in a circle: {' corrects '.join([folder.name, *chain])}"
        return Mistake("corrects-circle", message, "Name the issue that readers have.")
    return None


def _chain(issue: str, folder: Path) -> list[str]:
    """Give an issue, the one that it corrects, and so on, until one corrects none or comes again."""
    chain = [issue]
    while (corrected := _corrects(folder / chain[-1])) and corrected not in chain:
        chain.append(corrected)
    return chain


def _corrects(folder: Path) -> str:
    try:
        found = CORRECTS.search((folder / "issue.md").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""


def _finding(mistake: Mistake, issue: Issue) -> Finding:
    place = issue.places.get("corrects", Place(issue.file, 1, 1))
    return Finding(mistake.rule, Severity.ERROR, mistake.message, place, mistake.fix)
