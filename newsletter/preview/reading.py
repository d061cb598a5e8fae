"""From the files as they are at this moment to what the preview can show, whatever state an editor leaves them in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from newsletter.authoring.folder import ISSUES
from newsletter.checking.written_issue import WrittenIssue, look_at_written_issue
from newsletter.config import load_config
from newsletter.errors import IssueError, NewsletterError, SettingsError, TemplateError, UsageError
from newsletter.findings import Finding, Place, Severity, in_reading_order
from newsletter.rendering.design import Design, load_design

MISTAKES = "The issue cannot be drawn until its mistakes are mended."
TEMPLATES = "The mail cannot be drawn: a template is broken."
SETTINGS = "The settings of the newsletter cannot be used."
NO_FILE = "The issue's files cannot be read at present."

SHOWN_FILES = (".md", ".toml", ".j2", ".json", ".css")
LARGEST_FILE = 300_000
"""Bytes of a file that is shown beside the mail."""

_PLACE = re.compile(r"(?P<file>[\w./-]+\.(?:toml|j2))\b(?:[^\n]{0,30}?\bline (?P<line>\d+)(?:, column (?P<column>\d+))?)?")


@dataclass(frozen=True, slots=True)
class PreviewReading:
    """What came of reading an issue once.

    ``written`` is None when the issue could not be drawn. ``hindrance`` says why, or which translation could not be, and
    ``findings`` what to mend. ``sources`` are the texts of the files that ``findings`` may point into, as they were read.
    """

    written: WrittenIssue | None
    findings: tuple[Finding, ...]
    hindrance: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_for_preview(home: Path, name: str, *, sent_on: date, load: Callable[[Path], Design] = load_design) -> PreviewReading:
    """Read, render and check the issue ``name`` of a site folder; nothing that an editor can break raises."""
    written: WrittenIssue | None = None
    findings: tuple[Finding, ...]
    hindrance = ""
    try:
        written = look_at_written_issue(name, sent_on=sent_on, config=load_config(home), load=load)
        findings = tuple(in_reading_order([*written.report.findings, *written.unread]))
        hindrance = _name_unread(written)
    except IssueError as error:
        findings, hindrance = error.findings, MISTAKES
    except TemplateError as error:
        findings, hindrance = (_as_finding("template-broken", error, home),), TEMPLATES
    except SettingsError as error:
        findings, hindrance = (_as_finding("settings-broken", error, home),), SETTINGS
    except UsageError as error:
        findings, hindrance = (_as_finding("issue-missing", error, home),), NO_FILE
    except OSError as error:
        findings, hindrance = (_unreadable(error, home),), NO_FILE
    return PreviewReading(written, findings, hindrance, _read_sources(home, name, findings))


def _name_unread(written: WrittenIssue) -> str:
    files = sorted({Path(finding.place.file).name for finding in written.unread})
    return f"{' and '.join(files)} cannot be drawn until the mistakes in it are mended." if files else ""


def _as_finding(rule: str, error: NewsletterError, home: Path) -> Finding:
    message = str(error).replace(f"{home}/", "")
    found = _PLACE.search(message)
    place = Place(found["file"], int(found["line"] or 0), int(found["column"] or 0)) if found else Place("")
    return Finding(rule, Severity.ERROR, message, place)


def _unreadable(error: OSError, home: Path) -> Finding:
    file = str(error.filename or "").replace(f"{home}/", "")
    return Finding("issue-missing", Severity.ERROR, f"{file} cannot be read: {error.strerror}.", Place(file), "Save it again.")


def _read_sources(home: Path, name: str, findings: Iterable[Finding]) -> dict[str, str]:
    files = [f"{ISSUES}/{name}/{file.name}" for file in sorted((home / ISSUES / name).glob("issue*.md"), reverse=True)]
    files += [finding.place.file for finding in findings]
    texts = {file: _read_source(home, file) for file in dict.fromkeys(files)}
    return {file: text for file, text in texts.items() if text}


def _read_source(home: Path, file: str) -> str:
    """Read a file of the site folder; "" for what is none, such as a picture."""
    path = home / file
    if path.suffix not in SHOWN_FILES or ".." in path.parts:
        return ""
    try:
        return path.read_bytes()[:LARGEST_FILE].decode("utf-8", "replace")
    except OSError:
        return ""
