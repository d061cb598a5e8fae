from __future__ import annotations

from typing import Any

import pytest

from newsletter import __version__
from newsletter.checking.form import form_mistakes
from newsletter.checking.rules import all_rules
from newsletter.cli.sarif import as_sarif
from newsletter.findings import Finding, Place, Severity


def only_run(*findings: Finding) -> Any:
    log: Any = as_sarif(findings)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    return run


def at(place: Place, severity: Severity = Severity.WARNING, fix: str = "Write more.") -> Finding:
    return Finding("subject-length", severity, "the subject has 5 characters", place, fix)


def test_the_tool_names_itself_and_every_rule() -> None:
    driver = only_run()["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("newsletter", __version__)
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids[: len(all_rules())] == [rule.id for rule in all_rules()]
    assert {mistake.id for mistake in form_mistakes()} < set(ids)
    assert len(ids) == len(set(ids))


def test_whatever_is_reported_comes_with_its_help() -> None:
    for rule in only_run()["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"] == rule["help"]["text"]
        assert rule["shortDescription"]["text"] in " ".join(rule["help"]["text"].split())
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert rule["properties"]["tags"]


def test_a_rule_is_described_by_what_it_demands() -> None:
    descriptions = {rule["id"]: rule["shortDescription"]["text"] for rule in only_run()["tool"]["driver"]["rules"]}
    assert descriptions["subject-length"] == "Keep the subject between 10 and 60 characters."
    assert not [text for text in descriptions.values() if "\n" in text]


def test_a_result_says_what_is_wrong_and_how_to_mend_it() -> None:
    [result] = only_run(at(Place("issues/2026-12/issue.md", 3, 1)))["results"]
    assert result["ruleId"] == "subject-length"
    assert result["message"] == {"text": "the subject has 5 characters → Write more."}


def test_without_a_fix_the_message_stands_alone() -> None:
    [result] = only_run(at(Place("issue.md"), fix=""))["results"]
    assert result["message"] == {"text": "the subject has 5 characters"}


@pytest.mark.parametrize(("severity", "level"), [("error", "error"), ("warning", "warning"), ("notice", "note")])
def test_each_severity_has_its_level(severity: str, level: str) -> None:
    [result] = only_run(at(Place("issue.md"), Severity(severity)))["results"]
    assert result["level"] == level


@pytest.mark.parametrize(
    ("place", "location"),
    [
        (Place("a.md", 3, 7), {"artifactLocation": {"uri": "a.md"}, "region": {"startLine": 3, "startColumn": 7}}),
        (Place("a.md", 3), {"artifactLocation": {"uri": "a.md"}, "region": {"startLine": 3}}),
        (Place("issues/año 1.md"), {"artifactLocation": {"uri": "issues/a%C3%B1o%201.md"}}),
    ],
)
def test_a_result_points_as_far_as_is_known(place: Place, location: dict[str, object]) -> None:
    [result] = only_run(at(place))["results"]
    assert result["locations"] == [{"physicalLocation": location}]
