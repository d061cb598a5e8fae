"""What a rule is, and how one is written.

A rule is a generator function with a decorator::

    @rule("subject-length", Severity.WARNING, Group.STRUCTURE)
    def subject_has_a_good_length(draft: Draft) -> Iterator[Remark]:
        \"\"\"Keep the subject between 10 and 60 characters.

        Phones cut longer ones, and shorter ones say nothing.

        Mend: Put the words that matter first, and leave out what the sender's name says already.

        Wrong:
            subject: Hi

        Right:
            subject: Your test results, and what they may open
        \"\"\"

The decorator adds it to the rules of the program under an id that must stay the same for ever, since editors search for it
and reports are compared by it. The docstring, in Markdown, is the rule's page in ``docs/checks``: what it demands in one
sentence, why it matters, how to mend it and, where it helps, an example (``newsletter.checking.explaining`` reads it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from newsletter.checking.report import Draft
from newsletter.findings import Finding, Place, Severity


class Group(StrEnum):
    """What a rule takes care of."""

    STRUCTURE = "structure"
    """The order of the letter: headings, subject, parts in step."""
    ACCESSIBILITY = "accessibility"
    """Nobody is locked out by eyes, hands, a screen reader or a dark screen."""
    MAIL_CLIENTS = "mail clients"
    """What the programs that show mail can do."""
    PLAIN_LANGUAGE = "plain language"
    """Words that a tired reader understands."""
    MEDICAL_CARE = "medical care"
    """What a letter about health owes."""
    PRIVACY = "privacy"
    """That somebody reads this letter is nobody's business."""
    LINKS = "links"
    """Whatever a reader presses leads somewhere."""
    LANGUAGES = "languages"
    """Readers of every language get the same issue."""
    READERS_RIGHTS = "readers' rights"
    """The way out, the way to one's choices, and who we are."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule has to say: a finding without the rule's id and severity. ``fix`` is one imperative sentence."""

    message: str
    place: Place
    fix: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the program: its id, how much it matters, its group, its text (see this module's), and the check itself."""

    id: str
    severity: Severity
    group: Group
    docstring: str
    look: Callable[[Sequence[Draft]], Iterable[Remark]]

    def findings(self, drafts: Sequence[Draft]) -> Iterator[Finding]:
        """Give what the rule finds in the editions of one issue."""
        for remark in self.look(drafts):
            yield Finding(self.id, self.severity, remark.message, remark.place, remark.fix)


_rules: dict[str, Rule] = {}


DraftCheck = Callable[[Draft], Iterable[Remark]]
IssueCheck = Callable[[Sequence[Draft]], Iterable[Remark]]


def rule(rule_id: str, severity: Severity, group: Group) -> Callable[[DraftCheck], DraftCheck]:
    """Register a check that looks at one edition at a time."""

    def register(check: DraftCheck) -> DraftCheck:
        _add(rule_id, severity, group, check, lambda drafts: (remark for draft in drafts for remark in check(draft)))
        return check

    return register


def rule_across_languages(rule_id: str, severity: Severity, group: Group = Group.LANGUAGES) -> Callable[[IssueCheck], IssueCheck]:
    """Register a check that compares the editions of an issue; the first draft is the first language's."""

    def register(check: IssueCheck) -> IssueCheck:
        _add(rule_id, severity, group, check, check)
        return check

    return register


def registered_rules() -> tuple[Rule, ...]:
    """Give the rules of all modules imported so far, by id; ``newsletter.checking.rules.all_rules`` gives every one."""
    return tuple(_rules[rule_id] for rule_id in sorted(_rules))


def _add(rule_id: str, severity: Severity, group: Group, check: DraftCheck | IssueCheck, look: IssueCheck) -> None:
    if not check.__doc__:
        raise ValueError(f"the rule {rule_id} needs a docstring that says what it demands and why")
    if rule_id in _rules:
        raise ValueError(f"there are two rules with the id {rule_id}")
    _rules[rule_id] = Rule(rule_id, severity, group, check.__doc__, look)
