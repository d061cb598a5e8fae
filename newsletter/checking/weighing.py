"""How much each rule matters to one newsletter, whose settings may raise, lower or silence it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from newsletter.authoring.complaints import did_you_mean, quoted
from newsletter.checking.rule import Rule
from newsletter.checking.rules import all_rules
from newsletter.errors import SettingsError
from newsletter.findings import Severity

OFF = "off"
"""The word that silences a rule; the others are the values of Severity."""

AS_WRITTEN: Mapping[str, str] = MappingProxyType({})
"""No changes: every rule weighs what the program says."""

GUARDS = frozenset(
    {
        "active-content",
        "foreign-resource",
        "helpline-missing",
        "leftover-placeholder",
        "manage-link-missing",
        "merge-field-unknown",
        "personal-link-elsewhere",
        "postal-address-missing",
        "retired-number",
        "trial-card-too-hopeful",
        "trial-not-locked",
        "tracking-pixel",
        # What `newsletter check` says when it asks the registry: no rule, but nobody should look for it in vain.
        "trial-status",
        "trial-status-differs",
        "unsubscribe-link-missing",
    }
)
"""Errors that guard the rights or the safety of readers: no newsletter decides about those."""


def weigh_rules(severities: Mapping[str, str] = AS_WRITTEN) -> tuple[Rule, ...]:
    """Give the rules to run, by id; ``severities`` says error, warning, notice or off for the ids of those that change.

    Raises SettingsError with every id that no rule has, and every guard that would be lowered.
    """
    rules = {rule.id: rule for rule in all_rules()}
    mistakes = []
    for rule_id, severity in severities.items():
        if rule_id in GUARDS and severity != Severity.ERROR:
            mistakes.append(f"checks.severity.{rule_id}: guards the rights or the safety of readers and cannot be lowered")
        elif rule_id not in rules:
            mistakes.append(f"checks.severity.{rule_id}: there is no rule {quoted(rule_id)}. {did_you_mean(rule_id, rules)}")
    if mistakes:
        raise SettingsError("newsletter.toml weighs its checks with mistakes:\n  " + "\n  ".join(mistakes))
    weights = {rule_id: severities.get(rule_id, rule.severity) for rule_id, rule in rules.items()}
    return tuple(replace(rules[rule_id], severity=Severity(weight)) for rule_id, weight in weights.items() if weight != OFF)
