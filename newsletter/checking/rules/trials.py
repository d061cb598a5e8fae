"""Trial cards against the lock: what the registry said when an editor last asked."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.trials import TrialAnswer, judge_trial, stops_send
from newsletter.findings import Severity


@rule("trial-not-locked", Severity.ERROR, Group.MEDICAL_CARE)
def every_trial_is_locked(draft: Draft) -> Iterator[Remark]:
    """Have an entry in trials.lock.json for every trial block.

    A card shows the registry's facts, and those are what reviewers approve.

    Mend: Run `newsletter trials refresh` for the issue, and look at what it says.
    """
    for block in draft.issue.blocks:
        nct_id = block.fields.get("nct_id")
        if block.kind == "trial" and nct_id not in draft.issue.lock.trials:
            yield Remark(
                f"the registry's facts about {nct_id} are not in trials.lock.json",
                block.place,
                f"Run `newsletter trials refresh {draft.issue.name}`.",
            )


@rule("trial-card-too-hopeful", Severity.ERROR, Group.MEDICAL_CARE)
def no_card_promises_more_than_the_registry(draft: Draft) -> Iterator[Remark]:
    """Show a trial as open only if the registry said that it recruits.

    A closed trial takes hope and weeks from somebody who has neither to spare. Before a send the registry is asked again.

    Mend: Say on the card what is true, or take it out.

    Wrong:
        ::: trial NCT09990001

    Right:
        ::: trial NCT09990001 status=closed
    """
    for block in draft.issue.blocks:
        nct_id = str(block.fields.get("nct_id"))
        if block.kind == "trial" and nct_id in draft.issue.lock.trials:
            card_status = str(block.fields.get("status", "open"))
            verdict = judge_trial(TrialAnswer(nct_id, draft.issue.lock.trials[nct_id]), card_status=card_status)
            if stops_send(verdict, card_status=card_status):
                yield Remark(
                    verdict.sentence,
                    block.place,
                    f"Set status=not_yet or status=closed if that is so, take the card out, or run "
                    f"`newsletter trials refresh {draft.issue.name}`.",
                )
