"""The rules against what authoring and rendering really make: the sample issue of this repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.authoring.folder import GALLERY, ISSUES, list_issues, read_issues
from newsletter.authoring.issue import MergeField
from newsletter.checking.check import check_editions
from newsletter.checking.report import Draft
from newsletter.checking.written_issue import drafts as lay_out
from newsletter.config import load_config
from newsletter.rendering.design import load_design
from newsletter.rendering.merge import merge_token
from newsletter.rendering.quoted_printable import encode_text
from newsletter.rendering.render import Letterhead, render_editions
from tests.site_folder import REPOSITORY


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return drawn("2026-12")


def drawn(name: str, *, shelf: str = ISSUES) -> list[Draft]:
    """Give the drafts of an issue of this repository, as the program lays them out."""
    config = load_config(REPOSITORY)
    issues = read_issues(REPOSITORY, name, config.newsletter.languages, shelf=shelf)
    editions = render_editions(issues, load_design(REPOSITORY), Letterhead.of(config))
    return lay_out(issues, editions, sent_on=date(2026, 12, 1), config=config)


def rules_that_find(drafts: list[Draft]) -> set[str]:
    return {finding.rule for finding in check_editions(drafts).findings}


def test_the_sample_issue_is_clean_of_every_warning(drafts: list[Draft]) -> None:
    assert [str(finding) for finding in check_editions(drafts).findings] == []


@pytest.mark.parametrize("name", list_issues(REPOSITORY, GALLERY))
def test_no_block_in_any_state_is_a_template_mistake(name: str) -> None:
    for finding in check_editions(drawn(name, shelf=GALLERY)).findings:
        assert finding.place.file.endswith(".md"), str(finding)


@pytest.mark.parametrize(
    ("name", "rule_id"), [("unsubscribe_url", "unsubscribe-link-missing"), ("manage_url", "manage-link-missing")]
)
@pytest.mark.parametrize("part", ["html", "text"])
def test_a_template_that_forgets_a_duty_is_found_out(drafts: list[Draft], name: str, rule_id: str, part: str) -> None:
    broken = [
        replace(
            draft,
            edition=replace(draft.edition, **{part: getattr(draft.edition, part).replace(merge_token(MergeField(name)), "#")}),
        )
        for draft in drafts
    ]
    assert rules_that_find(broken) == {rule_id}


def test_a_trial_that_closes_in_the_lock_is_found_at_its_block(drafts: list[Draft]) -> None:
    draft = drafts[0]
    cards = [block for block in draft.issue.blocks if block.kind == "trial" and block.fields["status"] == "open"]
    nct_id = str(cards[0].fields["nct_id"])
    closed = replace(draft.issue.lock.trials[nct_id], status="TERMINATED")
    lock = replace(draft.issue.lock, trials={**draft.issue.lock.trials, nct_id: closed})
    [finding] = check_editions([replace(draft, issue=replace(draft.issue, lock=lock))]).findings
    assert (finding.rule, finding.place) == ("trial-card-too-hopeful", cards[0].place)


def test_the_size_is_that_of_the_mail_within_one_per_cent(drafts: list[Draft]) -> None:
    for draft in drafts:
        assert draft.html_bytes == pytest.approx(len(encode_text(draft.edition.html)), rel=0.01)
