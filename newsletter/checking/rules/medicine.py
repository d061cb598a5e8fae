"""What a letter about health owes: a disclaimer, facts that are looked at again, and a number to call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.words import DISCLAIMER, plain
from newsletter.findings import Place, Severity

# 866-891-2392 stands in material of 2014 that is still copied; 844-275-7427 took its place.
RETIRED_NUMBER = re.compile(r"866\W{0,3}891\W{0,3}2392")


@rule("disclaimer-missing", Severity.ERROR, Group.MEDICAL_CARE)
def the_issue_has_a_disclaimer(draft: Draft) -> Iterator[Remark]:
    """Say in the mail, or in a callout with kind=important, that it is no medical advice and that the care team decides.

    What is true of many need not be true of the reader.
    """
    important = any(block.kind == "callout" and block.fields.get("kind") == "important" for block in draft.issue.blocks)
    if not important and not DISCLAIMER.search(plain(draft.edition.text)):
        yield Remark(
            "the issue has no disclaimer",
            draft.file,
            "Say in a `::: callout kind=important` that this is not medical advice, and to talk with the care team.",
        )


@rule("review-date-missing", Severity.WARNING, Group.MEDICAL_CARE)
def facts_have_a_review_date(draft: Draft) -> Iterator[Remark]:
    """Say with review_by until when the facts were found good.

    Treatments change within months.
    """
    if draft.issue.review_by is None:
        yield Remark(
            "the issue does not say when its facts are to be looked at again",
            draft.field_place("review_by"),
            "Add review_by: with a date, such as three months from now.",
        )


@rule("review-date-past", Severity.ERROR, Group.MEDICAL_CARE)
def facts_are_within_their_review_date(draft: Draft) -> Iterator[Remark]:
    """Send the issue no later than its review_by.

    Facts that nobody has looked at since may have become wrong.
    """
    review_by = draft.issue.review_by
    if review_by is not None and draft.sent_on > review_by:
        yield Remark(
            f"the facts were good until {review_by}, and the issue goes out on {draft.sent_on}",
            draft.field_place("review_by"),
            "Have the facts reviewed, then set a new review_by.",
        )


@rule("helpline-missing", Severity.ERROR, Group.MEDICAL_CARE)
def there_is_a_number_to_call(draft: Draft) -> Iterator[Remark]:
    """Show the helpline in both parts of the mail, in the HTML part so that a phone can dial it.

    Somebody may need it tonight.
    """
    digits = draft.helpline_tel.removeprefix("+")
    called = [re.sub(r"\D", "", link.attributes.get("href") or "") for link in draft.mail.css('a[href^="tel:"]')]
    if not any(number and number.endswith(digits) for number in called):
        yield Remark("the HTML part has no link that calls the helpline", draft.file, "Add a `::: helpline` block.")
    if not _shown_number(digits).search(draft.edition.text):
        yield Remark("the text part does not show the helpline's number", draft.file, "Add a `::: helpline` block.")


@rule("retired-number", Severity.ERROR, Group.MEDICAL_CARE)
def the_retired_number_is_gone(draft: Draft) -> Iterator[Remark]:
    """Write the helpline's old number, 866-891-2392, nowhere.

    Who calls it reaches nobody of ours.
    """
    fix = "Write 844-ASK-SHARE (844-275-7427)."
    parts = (draft.issue.source, draft.edition.html, draft.edition.text, draft.edition.web)
    if not any(RETIRED_NUMBER.search(part) for part in parts):
        return
    places = [
        Place(draft.issue.file, number, match.start() + 1)
        for number, line in enumerate(draft.issue.source.splitlines(), 1)
        if (match := RETIRED_NUMBER.search(line))
    ]
    if not places:
        places = [draft.file]
        fix = f"Look for it in newsletter.toml and in the templates. {fix}"
    for place in places:
        yield Remark("866-891-2392 is no longer the helpline's number", place, fix)


def _shown_number(digits: str) -> re.Pattern[str]:
    """Find a number however it is grouped; its last seven digits are enough, and any seven where none is known."""
    return re.compile(r"\W{0,3}".join(digits[-7:] or [r"\d"] * 7))
