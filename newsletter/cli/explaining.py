"""`newsletter check --explain RULE`: what a check demands, why, and how to mend it, without looking for its page."""

from __future__ import annotations

import typer

from newsletter.authoring.complaints import find_nearest, quoted
from newsletter.cli.printing import console
from newsletter.errors import UsageError


def explain_and_leave(rule_id: str) -> None:
    """Print what is known about a check and end the command; without an id do nothing. Raises UsageError."""
    if not rule_id:
        return
    # Here, since a mere check has no use for it: reading the texts of all mistakes of form takes some milliseconds.
    from newsletter.checking.explaining import in_full  # noqa: PLC0415
    from newsletter.checking.form import form_mistakes  # noqa: PLC0415
    from newsletter.checking.rules import all_rules  # noqa: PLC0415

    texts = {mistake.id: f"A mistake of form; always an error.\n\n{mistake.in_full()}" for mistake in form_mistakes()}
    for rule in all_rules():
        texts[rule.id] = f"{rule.group.capitalize()}; by itself: {rule.severity}.\n\n{in_full(rule)}"
    if rule_id not in texts:
        nearest = find_nearest(rule_id, texts)
        suggestion = f"Did you mean {nearest}?" if nearest else "All of them: docs/checks/README.md"
        raise UsageError(f"There is no check {quoted(rule_id)}. {suggestion}")
    console.print(rule_id, style="bold")
    console.print(texts[rule_id].rstrip(), markup=False)
    raise typer.Exit
