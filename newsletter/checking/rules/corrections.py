"""A correction says that it is one: in the inbox, and in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity

_SAYS_SO = {
    "en": re.compile(r"correct|mistake|wrong|error", re.IGNORECASE),
    "es": re.compile(r"correc|correg|corrig|error|equivoc", re.IGNORECASE),
}
"""By language: what stands in a subject that says so."""


@rule("correction-subject", Severity.WARNING, Group.STRUCTURE)
def the_subject_says_that_it_is_a_correction(draft: Draft) -> Iterator[Remark]:
    """Say in the subject of a correction that it is one.

    Readers have the issue already. They open a second mail about it only when they see that something in it was wrong.

    Mend: Begin the subject with the word.

    Wrong:
        subject: About our last issue

    Right:
        subject: "Correction: how often to have a scan"
    """
    says_so = _SAYS_SO.get(draft.issue.language)
    if draft.issue.corrects and says_so and not says_so.search(draft.issue.subject):
        yield Remark(
            f"the subject does not say that this is a correction: “{draft.issue.subject}”",
            draft.field_place("subject"),
            "Begin it with “Correction:”, or in Spanish “Corrección:”.",
        )


@rule("correction-block-missing", Severity.WARNING, Group.STRUCTURE)
def a_correction_says_what_was_wrong_and_what_is_true(draft: Draft) -> Iterator[Remark]:
    """Say in a correction what we said and what is true, in a correction block.

    The block shows both side by side, in the mail, in its text part and on the web, and leads to the issue.

    Mend: Put a `correction` block at the top of the text.

    Right:
        ::: correction said="Have a scan every month." issue=2026-12
        Have a scan every **three** months, unless your team says otherwise.
        :::
    """
    if draft.issue.corrects and not any(block.kind == "correction" for block in draft.issue.blocks):
        yield Remark(
            f"this corrects {draft.issue.corrects}, and has no correction block that says what was wrong",
            Place(draft.issue.file, 1, 1),
            f'Add ::: correction said="What we said" issue={draft.issue.corrects}, with what is true in its body.',
        )
