"""What a rule is, and how one is written.

A rule is a generator function with a decorator::

    @rule("subject-length", Severity.WARNING)
    def subject_has_a_good_length(draft: Draft) -> Iterator[Remark]:
        \"\"\"What it demands, and why.\"\"\"

The decorator adds it to the rules of the program under an id that must stay the same for ever, since editors search for it
and reports are compared by it. The docstring is what the reference page of the checks prints.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.checking.report import Draft
from newsletter.findings import Finding, Place, Severity


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule has to say: a finding without the rule's id and severity. ``fix`` is one imperative sentence."""

    message: str
    place: Place
    fix: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the program: its id, how much it matters, what it demands and why, and the check itself."""

    id: str
    severity: Severity
    demand: str
    look: Callable[[Sequence[Draft]], Iterable[Remark]]

    def findings(self, drafts: Sequence[Draft]) -> Iterator[Finding]:
        """Give what the rule finds in the editions of one issue."""
        for remark in self.look(drafts):
            yield Finding(self.id, self.severity, remark.message, remark.place, remark.fix)


_rules: dict[str, Rule] = {}


DraftCheck = Callable[[Draft], Iterable[Remark]]
IssueCheck = Callable[[Sequence[Draft]], Iterable[Remark]]


def rule(rule_id: str, severity: Severity) -> Callable[[DraftCheck], DraftCheck]:
    """Register a check that looks at one edition at a time."""

    def register(check: DraftCheck) -> DraftCheck:
        _add(rule_id, severity, check, lambda drafts: (remark for draft in drafts for remark in check(draft)))
        return check

    return register


def rule_across_languages(rule_id: str, severity: Severity) -> Callable[[IssueCheck], IssueCheck]:
    """Register a check that compares the editions of an issue; the first draft is the first language's."""

    def register(check: IssueCheck) -> IssueCheck:
        _add(rule_id, severity, check, check)
        return check

    return register


def registered_rules() -> tuple[Rule, ...]:
    """Give the rules of all modules imported so far, by id; ``newsletter.checking.rules.all_rules`` gives every one."""
    return tuple(_rules[rule_id] for rule_id in sorted(_rules))


def _add(rule_id: str, severity: Severity, check: DraftCheck | IssueCheck, look: IssueCheck) -> None:
    demand = inspect.getdoc(check)
    if not demand:
        raise ValueError(f"the rule {rule_id} needs a docstring that says what it demands and why")
    if rule_id in _rules:
        raise ValueError(f"there are two rules with the id {rule_id}")
    _rules[rule_id] = Rule(rule_id, severity, demand, look)
