"""Issues that another issue speaks of: those whose folders lie beside its own."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.issue import EarlierIssue

ISSUE_NAME = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:-[a-z0-9]+)*")
"""An issue is named after the month of its send; a second one in that month has a word behind it."""


def list_issue_names(folder: Path) -> list[str]:
    """Give the names of the issues in a folder, sorted."""
    return sorted(file.parent.name for file in folder.glob("*/issue.md") if ISSUE_NAME.fullmatch(file.parent.name))


def read_earlier_issue(folder: Path, name: str, text: str) -> EarlierIssue | Mistake:
    """Read the name of an issue other than that of ``folder``, such as 2026-10."""
    others = [known for known in list_issue_names(folder.parent) if known != folder.name]
    if text in others:
        return EarlierIssue(text)
    if text == folder.name:
        return Mistake("block-value", f"“{name}” names this issue itself", f"Name an earlier issue, or leave {name} out.")
    fix = did_you_mean(text, others) if others else f"There is no other issue yet: leave {name} out."
    return Mistake("block-value", f"there is no issue {quoted(text)}, which “{name}” names", fix)
