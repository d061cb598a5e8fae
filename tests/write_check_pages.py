"""Writes the reference pages of the checks from the rules themselves: ``python -m tests.write_check_pages``."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from newsletter.checking.explaining import explain, in_full
from newsletter.checking.form import form_mistakes
from newsletter.checking.rule import Group, Rule
from newsletter.checking.rules import all_rules
from newsletter.checking.weighing import GUARDS
from newsletter.findings import Severity

FOLDER = Path(__file__).resolve().parent.parent / "docs/checks"

TOP = """# The checks

Written by `python -m tests.write_check_pages` from the rules in `newsletter/checking/rules`; change them there.

An error stops a send, a warning asks a person to look, a notice is worth knowing. `newsletter.toml` may weigh a rule anew
([how](../howto/write-an-issue.md#weigh-a-check)), except the guards: they look after the rights or the safety of readers.
"""

FORM_IN_THE_INDEX = """
## Form

What has no form cannot be drawn: a block that is not closed, a date that no calendar has. These are always errors, and stand on
[a page of their own](form.md).
"""

FORM = """# Mistakes of form

[all checks](README.md)

Written by `python -m tests.write_check_pages` from `newsletter/checking/form.toml`; change them there.

What has no form cannot be drawn, so that these are looked for first, all at once. They are errors that no newsletter can lower.
"""

WEIGHTS = {
    Severity.ERROR: "An error: the issue cannot be approved or sent while it stands.",
    Severity.WARNING: "A warning: somebody should look; it stops nothing.",
    Severity.NOTICE: "A notice: worth knowing; it stops nothing.",
}

GUARD = "It guards the rights or the safety of readers, so that `newsletter.toml` cannot lower it.\n"

CHANGE = """`newsletter.toml` may weigh it anew, with the reason:

    [checks.severity.{id}]
    severity = "{other}"
    reason = "Why it matters {more} to your newsletter."

The values are error, warning, notice and off.
"""


def pages() -> dict[str, str]:
    """Give the pages by the names of their files: the index, one for each rule, and one for all mistakes of form."""
    rules = {f"{rule.id}.md": _page(rule) for rule in all_rules()}
    return {"README.md": _index(), "form.md": _form(), **rules}


def _index() -> str:
    return TOP + "".join(_group(group) for group in Group) + FORM_IN_THE_INDEX


def _form() -> str:
    parts = [FORM]
    for subject, mistakes in groupby(form_mistakes(), lambda mistake: mistake.subject):
        parts.append(f"## {subject}\n")
        parts += [f"### {mistake.id}\n\n{mistake.in_full()}" for mistake in mistakes]
    return "\n".join(parts)


def _group(group: Group) -> str:
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {_weight(rule)} | {explain(rule).demand} |" for rule in all_rules() if rule.group is group
    ]
    return (
        "\n".join([f"\n## {str(group).capitalize()}\n", "| check | weight | what it demands |", "|---|---|---|", *rows, ""])
        if rows
        else ""
    )


def _weight(rule: Rule) -> str:
    return "guard" if rule.id in GUARDS else rule.severity.value


def _page(rule: Rule) -> str:
    error = rule.severity is Severity.ERROR
    change = CHANGE.format(id=rule.id, other="warning" if error else "error", more="less" if error else "more")
    weight = GUARD if rule.id in GUARDS else change
    return (
        f"# {rule.id}\n\n*{str(rule.group).capitalize()}* · [all checks](README.md)\n\n{in_full(rule)}\n"
        f"## Its weight\n\n{WEIGHTS[rule.severity]} {weight}"
    )


def main() -> None:
    """Write every page, and take out those of rules that are no more."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    for file in FOLDER.glob("*.md"):
        if file.name not in wanted:
            file.unlink()


if __name__ == "__main__":
    main()
