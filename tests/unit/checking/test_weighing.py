from __future__ import annotations

import pytest

from newsletter.checking.check import check_editions
from newsletter.checking.rules import all_rules
from newsletter.checking.weighing import GUARDS, weigh_rules
from newsletter.errors import SettingsError
from newsletter.findings import Severity
from tests.unit.checking.drafts import with_edition, with_issue


def test_without_changes_every_rule_weighs_what_the_program_says() -> None:
    assert weigh_rules() == all_rules()


def test_a_rule_that_is_off_says_nothing() -> None:
    draft = with_issue(review_by=None, subject="Short")
    report = check_editions([draft], {"review-date-missing": "off"})
    assert [finding.rule for finding in report.findings] == ["subject-length"]


def test_a_raised_rule_stops_a_send() -> None:
    report = check_editions([with_issue(review_by=None)], {"review-date-missing": "error"})
    assert [error.rule for error in report.errors] == ["review-date-missing"]


def test_a_lowered_rule_stops_nothing() -> None:
    draft = with_edition(html=with_edition().edition.html.replace("<h1>", "<p>").replace("</h1>", "</p>"))
    assert [error.rule for error in check_editions([draft]).errors] == ["one-main-heading"]
    report = check_editions([draft], {"one-main-heading": "notice"})
    assert report.errors == []
    assert Severity.NOTICE in {finding.severity for finding in report.findings if finding.rule == "one-main-heading"}


@pytest.mark.parametrize("severity", ["warning", "notice", "off"])
@pytest.mark.parametrize("rule_id", sorted(GUARDS))
def test_what_guards_readers_cannot_be_lowered(rule_id: str, severity: str) -> None:
    with pytest.raises(SettingsError, match=rf"checks\.severity\.{rule_id}: .* cannot be lowered"):
        weigh_rules({rule_id: severity})


def test_what_guards_readers_is_an_error_of_the_program() -> None:
    errors = {rule.id for rule in all_rules() if rule.severity is Severity.ERROR}
    assert GUARDS - {"trial-status"} <= errors


def test_a_guard_may_be_said_to_be_the_error_that_it_is() -> None:
    assert weigh_rules({"unsubscribe-link-missing": "error"}) == all_rules()


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"no rule “subject-lenght”\. Did you mean subject-length\?"):
        weigh_rules({"subject-lenght": "off"})


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(SettingsError, match=r"(?s)subject-lenght.*postal-address-missing"):
        check_editions([], {"subject-lenght": "off", "postal-address-missing": "off"})
