"""Issues that another issue speaks of: those whose folders lie beside its own."""

from __future__ import annotations

from pathlib import Path

from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.issue import EarlierIssue


def read_earlier_issue(folder: Path, name: str, text: str) -> EarlierIssue | Mistake:
    """Read the name of an issue other than that of ``folder``, such as 2026-10."""
    others = sorted(file.parent.name for file in folder.parent.glob("*/issue.md") if file.parent.name != folder.name)
    if text in others:
        return EarlierIssue(text)
    if text == folder.name:
        return Mistake("block-value", f"“{name}” names this issue itself", f"Name an earlier issue, or leave {name} out.")
    fix = did_you_mean(text, others) if others else f"There is no other issue yet: leave {name} out."
    return Mistake("block-value", f"there is no issue {quoted(text)}, which “{name}” names", fix)
