from __future__ import annotations

import pytest

from newsletter.authoring.issue import Sponsor
from newsletter.checking.check import check_editions
from newsletter.checking.explaining import explain
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, registered_rules, rule
from newsletter.checking.rules import all_rules
from newsletter.findings import Severity
from tests.unit.checking.all_cases import CASES
from tests.unit.checking.drafts import FILE, block, found, good_draft, make_issue, translated, with_edition, with_issue, written

FAILING = [(rule_id, number) for rule_id, cases in CASES.items() for number in range(len(cases.fails))]
PASSING = [(rule_id, number) for rule_id, cases in CASES.items() for number in range(len(cases.passes))]


@pytest.mark.parametrize(("rule_id", "number"), FAILING)
def test_a_rule_finds_what_it_is_for(rule_id: str, number: int) -> None:
    findings = found(rule_id, CASES[rule_id].fails[number])
    assert findings
    assert all(finding.fix and finding.message for finding in findings)
    assert all(finding.place.file.startswith(("issues/", "templates/", "newsletter.toml")) for finding in findings)


@pytest.mark.parametrize(("rule_id", "number"), PASSING)
def test_a_rule_lets_pass_what_is_right(rule_id: str, number: int) -> None:
    assert found(rule_id, CASES[rule_id].passes[number]) == []


def test_every_rule_has_a_failing_and_a_passing_case() -> None:
    assert set(CASES) == {one.id for one in all_rules()}
    assert all(cases.fails and cases.passes for cases in CASES.values())


def test_every_rule_says_what_it_demands_why_and_how_to_mend_it() -> None:
    for one in all_rules():
        told = explain(one)
        assert told.demand.endswith((".", ").")), one.id
        assert told.why.endswith((".", ").", ":")), one.id
        assert told.mend.endswith((".", ").")), one.id
        assert bool(told.right) >= bool(told.wrong), f"{one.id}: who sees what is wrong wants to see what is right"


def test_a_rule_without_a_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a docstring"):

        @rule("nameless-demand", Severity.WARNING, Group.STRUCTURE)
        def nameless(draft: Draft) -> list[Remark]:
            return []


def test_two_rules_of_one_id_are_refused() -> None:
    before = registered_rules()
    with pytest.raises(ValueError, match="two rules with the id subject-length"):

        @rule("subject-length", Severity.WARNING, Group.STRUCTURE)
        def again(draft: Draft) -> list[Remark]:
            """Demand it once more."""
            return []

    assert registered_rules() == before


def test_a_good_draft_has_no_findings() -> None:
    assert check_editions([good_draft()]).findings == ()


def test_a_report_names_the_issue_and_the_digests_it_is_about() -> None:
    draft = good_draft()
    report = check_editions([draft])
    assert (report.issue, report.digests) == ("2026-12", (draft.edition.digest,))


def test_a_report_about_nothing_is_empty() -> None:
    assert check_editions([]).findings == ()


def test_what_is_wrong_in_one_file_is_said_once_for_two_languages() -> None:
    draft = with_issue(review_by=None)
    assert len(found("review-date-missing", [draft, draft])) == 1


def test_only_errors_stop_a_send() -> None:
    report = check_editions([with_issue(review_by=None, subject="Short")])
    assert len(report.findings) == 2
    assert report.errors == []
    assert [error.rule for error in check_editions([with_edition(html="")]).errors] == [
        "helpline-missing",
        "manage-link-missing",
        "one-main-heading",
        "postal-address-missing",
        "unsubscribe-link-missing",
        "language-undeclared",
    ]


def test_findings_come_in_the_order_of_the_lines() -> None:
    lines = [finding.place.line for finding in check_editions([written("[here](http://example.org)\n\n[more](x)")]).findings]
    assert lines == sorted(lines) == [1, 1, 3]


def test_a_front_matter_finding_points_to_its_field() -> None:
    [finding] = found("subject-length", with_issue(subject="Short"))
    assert str(finding.place) == f"{FILE}:3:1"


def test_a_missing_field_points_to_the_first_line() -> None:
    [finding] = found("review-date-missing", with_issue(review_by=None))
    assert str(finding.place) == f"{FILE}:1"


def test_a_link_points_to_its_own_line_in_a_paragraph_of_several() -> None:
    [finding] = found("link-text-vague", written("First line\nsecond [here](https://example.org) line"))
    assert str(finding.place) == f"{FILE}:2:9"


def test_a_link_in_a_table_points_to_its_row() -> None:
    [finding] = found("link-text-vague", written("| a |\n|---|\n| [here](https://example.org) |"))
    assert finding.place.line == 3


def test_a_picture_points_to_its_own_line() -> None:
    [finding] = found("alt-is-file-name", written("First line  \n![IMG_1](f.png)"))
    assert str(finding.place) == f"{FILE}:2:3"


def test_a_skipped_heading_points_to_its_line() -> None:
    draft = written("## One\n\n#### Four")
    edition = with_edition(html="<h1>x</h1><h2>One</h2><h4>Four</h4>").edition
    [finding] = found("heading-level-skipped", Draft(draft.issue, edition, draft.sent_on, "", 1))
    assert str(finding.place) == f"{FILE}:3:1"


def test_the_retired_number_is_shown_where_it_stands() -> None:
    [finding] = found("retired-number", written("Call us.\n\nOr 866-891-2392."))
    assert str(finding.place) == f"{FILE}:3:4"


def test_a_personal_link_is_no_address() -> None:
    draft = written("[x](https://example.org)")
    children = next(token.children for token in draft.issue.sections[0].parts[0].tokens if token.children)  # type: ignore[union-attr]
    children[0].meta["field"] = None
    children[0].attrs["href"] = "http://x"
    assert found("link-not-https", draft) == []


def test_each_missing_sponsor_is_named() -> None:
    [finding] = found("sponsors-not-shown", with_issue(sponsors=(Sponsor("Example One"), Sponsor("Example Two"))))
    assert "Example One, Example Two" in finding.message


def test_missing_translations_are_named_and_point_to_the_other_file() -> None:
    first = written("Text.", block("trial", {"nct_id": "NCT09990001"}))
    [finding] = found("trial-missing-in-language", [first, *translated(make_issue("Texto."))[1:]])
    assert "NCT09990001" in finding.message
    assert str(finding.place) == "issues/2026-12/issue.es.md"


def test_a_large_mail_says_how_large() -> None:
    [finding] = found("html-too-large", with_edition(html="é" * 20_000))
    assert "Gmail cuts at 102,000" in finding.message
