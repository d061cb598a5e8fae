"""Readers of every language get the same issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.authoring.issue import Block, Issue
from newsletter.checking.report import Draft
from newsletter.checking.rule import Remark, rule_across_languages
from newsletter.findings import Place, Severity


@rule_across_languages("trial-missing-in-language", Severity.WARNING)
def every_language_has_every_trial(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have the same trials in every language of an issue.

    A chance is not for readers of one language.
    """
    for first, other in _translations(drafts):
        for here, there in ((other, first), (first, other)):
            for nct_id in _trials(there):
                if nct_id not in _trials(here):
                    yield Remark(
                        f"the trial {nct_id} of {there.file} is missing here", Place(here.file), "Add its block, translated."
                    )


@rule_across_languages("section-missing-in-language", Severity.WARNING)
def every_language_has_every_section(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have every section of the first language's issue in the others, under the same anchor.

    Links and the table of contents lead to the same place in each language.
    """
    for first, other in _translations(drafts):
        theirs = {section.anchor for section in other.sections}
        for section in first.sections:
            if section.anchor and section.anchor not in theirs:
                yield Remark(
                    f'the section "{section.title}" of {first.file} is missing here',
                    Place(other.file),
                    f"Translate it, or give its heading the same anchor: {{#{section.anchor}}}.",
                )


@rule_across_languages("trial-status-differs", Severity.ERROR)
def a_trial_has_one_status(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Give all cards of a trial the same status, in every language.

    Before a send the registry is asked once about each trial, and one card of several would go out unchecked.
    """
    first_cards: dict[object, Block] = {}
    for draft in drafts:
        for card in draft.issue.blocks:
            if card.kind != "trial":
                continue
            nct_id = card.fields.get("nct_id")
            first = first_cards.setdefault(nct_id, card)
            if first.fields.get("status") != card.fields.get("status"):
                yield Remark(
                    f"this card of {nct_id} has status={card.fields.get('status')}, that at {first.place} has "
                    f"status={first.fields.get('status')}",
                    card.place,
                    "Give both the status that is true; `newsletter trials check` asks the registry.",
                )


def _translations(drafts: Sequence[Draft]) -> Iterator[tuple[Issue, Issue]]:
    first = drafts[0].issue if drafts else None
    for draft in drafts[1:]:
        if first is not None and draft.issue.file != first.file:
            yield first, draft.issue


def _trials(issue: Issue) -> dict[str, None]:
    return dict.fromkeys(str(block.fields.get("nct_id")) for block in issue.blocks if block.kind == "trial")
