"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the line."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from newsletter import __version__
from newsletter.checking.explaining import explain, in_full
from newsletter.checking.form import FormMistake, form_mistakes
from newsletter.checking.rule import Rule
from newsletter.checking.rules import all_rules
from newsletter.findings import Finding, Place, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def as_sarif(findings: Sequence[Finding]) -> dict[str, object]:
    """Give the log of one run; paths are relative to the site folder."""
    driver = {
        "name": "newsletter",
        "version": __version__,
        "rules": [*map(_rule, all_rules()), *map(_mistake_of_form, _only_of_form())],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, object]:
    told = explain(rule)
    text = in_full(rule)
    return {
        "id": rule.id,
        "shortDescription": {"text": told.demand},
        "fullDescription": {"text": told.why},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": [rule.group.value]},
    }


def _mistake_of_form(mistake: FormMistake) -> dict[str, object]:
    text = mistake.in_full()
    return {
        "id": mistake.id,
        "shortDescription": {"text": mistake.what},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[Severity.ERROR]},
        "properties": {"tags": ["form"]},
    }


def _only_of_form() -> list[FormMistake]:
    rules = {rule.id for rule in all_rules()}
    return [mistake for mistake in form_mistakes() if mistake.id not in rules]


def _result(finding: Finding) -> dict[str, object]:
    fix = f" → {finding.fix}" if finding.fix else ""
    return {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{fix}"},
        "locations": [{"physicalLocation": _location(finding.place)}],
    }


def _location(place: Place) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": {"uri": quote(place.file)}}
    # A region of a text begins with its line (section 3.30); a column alone says nothing.
    if place.line > 0:
        column = {"startColumn": place.column} if place.column > 0 else {}
        location["region"] = {"startLine": place.line, **column}
    return location
