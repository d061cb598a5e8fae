"""Writes the reference page of the checks from the rules themselves: ``python -m tests.write_check_pages``."""

from __future__ import annotations

from pathlib import Path

from newsletter.checking.rule import Rule
from newsletter.checking.rules import all_rules
from newsletter.checking.weighing import GUARDS

PAGE = Path(__file__).resolve().parent.parent / "docs/checks/README.md"

TOP = """# The checks

Written by `python -m tests.write_check_pages` from the rules in `newsletter/checking/rules`; change it there.

An error stops a send, a warning asks a person to look, a notice is worth knowing. `newsletter.toml` may weigh a rule anew
([how](../howto/write-an-issue.md#weigh-a-check)), except those that guard the rights or the safety of readers.
"""


def check_page() -> str:
    """Give the page: every rule by id, how much it matters, what it demands and why."""
    return "\n".join([TOP, *(_section(rule) for rule in all_rules())])


def _section(rule: Rule) -> str:
    guard = ", cannot be lowered" if rule.id in GUARDS else ""
    return f"## {rule.id}\n\n*{rule.severity.capitalize()}{guard}.* {rule.demand}\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(check_page(), "utf-8")
