"""The rules, one file per subject. A new rule is a function in one of them, or a new file named in ``RULE_MODULES``."""

from __future__ import annotations

from newsletter.checking.rule import Rule, registered_rules
from newsletter.checking.rules import (
    duties,
    front_matter,
    headings,
    languages,
    links,
    medicine,
    pictures,
    placeholders,
    size,
    trials,
)

RULE_MODULES = (front_matter, pictures, headings, links, duties, placeholders, size, medicine, trials, languages)


def all_rules() -> tuple[Rule, ...]:
    """Give every rule of the program, by id."""
    return registered_rules()
