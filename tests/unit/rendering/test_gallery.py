"""The gallery shows every block that an issue may have, in every state, in every language."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.authoring.block_kind import BodyRule, FieldType
from newsletter.authoring.folder import GALLERY, list_issues, read_issues
from newsletter.authoring.issue import Block
from newsletter.authoring.kinds import read_block_kinds
from newsletter.rendering.trial_card import DECLARED_STATUS, trial_card
from tests.unit.rendering.drafting import DESIGN

HOME = Path(os.environ["NEWSLETTER_TEST_SITE"])
LANGUAGES = ("en", "es")
KINDS = read_block_kinds(HOME)
ISSUES = [issue for name in list_issues(HOME, GALLERY) for issue in read_issues(HOME, name, LANGUAGES, shelf=GALLERY)]


def _blocks(kind: str, *languages: str) -> list[Block]:
    return [block for issue in ISSUES if issue.language in languages for block in issue.blocks if block.kind == kind]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_block_is_shown_with_every_choice_of_its_options(kind: str, language: str) -> None:
    blocks = _blocks(kind, language)
    assert blocks, f"{GALLERY} has no ::: {kind} in {language}"
    for rule in KINDS[kind].fields:
        shown = {str(block.fields[rule.name]) for block in blocks} if rule.type is FieldType.CHOICE else set()
        assert shown >= set(rule.choices), f"{GALLERY} has no ::: {kind} {rule.name}={set(rule.choices) - shown} in {language}"


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_an_editor_may_leave_out_is_shown_with_and_without(kind: str) -> None:
    blocks = _blocks(kind, *LANGUAGES)
    optional = [rule.name for rule in KINDS[kind].fields if not (rule.required or rule.default)]
    for name in optional:
        assert {bool(block.fields[name]) for block in blocks} == {True, False}, f"::: {kind} with and without {name}"
    if KINDS[kind].body is BodyRule.OPTIONAL:
        assert {bool(block.body) for block in blocks} == {True, False}, f"::: {kind} with and without text"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_phase_and_sex_that_the_registry_knows_is_shown(language: str) -> None:
    said = DESIGN.words[language]["trial"]
    records = [trial for issue in ISSUES if issue.language == language for trial in issue.lock.trials.values()]
    assert set(said["status"]) - {"UNKNOWN"} <= {record.status for record in records}
    assert set(said["phase"]) == {phase for record in records for phase in record.phases}
    assert set(said["people"]) == {record.sex for record in records}
    assert set(said["sponsor_class"]) <= {record.sponsor_class for record in records if record.lead_sponsor}
    without_record = [block for block in _blocks("trial", language) if block.fields["nct_id"] not in ISSUES[-1].lock.trials]
    assert {DECLARED_STATUS[str(block.fields["status"])] for block in without_record} >= {"RECRUITING", "NOT_YET_RECRUITING"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_trial_card_is_shown_with_few_places_with_many_and_with_none(language: str) -> None:
    words, trials = DESIGN.words_in(language), ISSUES[-1].lock.trials
    blocks = [(block, trials.get(str(block.fields["nct_id"]))) for block in _blocks("trial", language)]
    cards = [
        trial_card("NCT09990001", title="", declared_status=str(block.fields["status"]), record=record, words=words)
        for block, record in blocks
    ]
    assert {card.kind for card in cards} == {"open", "not_yet", "expanded", "closed"}
    places = {(card.unfolded, card.long) for card in cards}
    assert places == {(True, False), (False, True)}
    assert any(not record.sites for block, record in blocks if record and block.fields["status"] == "open")


def test_letters_without_sponsors_with_one_and_with_several_are_shown() -> None:
    assert {min(len(issue.sponsors), 2) for issue in ISSUES} == {0, 1, 2}


def test_a_letter_that_is_not_in_the_readers_language_is_shown() -> None:
    assert len({issue.name for issue in ISSUES}) * len(LANGUAGES) > len(ISSUES)
