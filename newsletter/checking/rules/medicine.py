"""What a letter about health owes: a disclaimer, facts that are looked at again, and a number to call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.prose import OWN_WORDS, REFERENCES, Passage, PassageKind, fold
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.words import DISCLAIMER
from newsletter.findings import Place, Severity

# 866-891-2392 stands in material of 2014 that is still copied; 844-275-7427 took its place.
RETIRED_NUMBER = re.compile(r"866(?:\W|%[0-9A-F]{2}){0,3}891(?:\W|%[0-9A-F]{2}){0,3}2392")

CLAIMED_NUMBER = re.compile(
    r"\d[\d.,]{0,12}\s?%|\b[\w.,]{1,20}\s(?:percent|per cent|por ciento)\b"
    r"|\b\d[\d.,]{0,12}\s(?:\w{1,30}\s){0,2}(?:out of|of|in|de)\s(?:every\s|each\s|cada\s)?1[,.]?0+\b"
    r"|\b(?:out of|of|in|de)\s(?:every|each|cada)\s1[,.]?0+\b"
)
"""A percentage, or a number of people out of a round one."""

_NO_CLAIMS = OWN_WORDS | REFERENCES | {"trial"}
_HELPLINE_WORDS = ("helpline", "ask-share", "linea de ayuda")
_PHONE = re.compile(r"(?<![\d-])(?:\+?1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)")


@rule("disclaimer-missing", Severity.ERROR, Group.MEDICAL_CARE)
def the_issue_has_a_disclaimer(draft: Draft) -> Iterator[Remark]:
    """Say in the mail that it is no medical advice, or that it does not take the place of those who treat the reader.

    What is true of many need not be true of the reader, and somebody may change a treatment because of a sentence that was not
    about them. The words are looked for in the text part; where they stand is the editors' choice, but not in a `for` block,
    which not everybody gets.

    Mend: Put a `callout` with `kind=important` at the end of the issue, as the starter has it.

    Right:
        ::: callout "Please talk with your care team" kind=important
        This is **not medical advice**. Talk with your care team before you start, stop or change anything.
        :::
    """
    # Nearly always it stands in a box, and the text of a whole mail is long to search.
    boxes = (passage.folded for passage in draft.passages if passage.block == "callout")
    said = any(DISCLAIMER.search(" ".join(box.split())) for box in boxes)
    if not said and not DISCLAIMER.search(" ".join(fold(draft.edition.narrowest.text).split())):
        yield Remark(
            "the issue has no disclaimer",
            next((block.place for block in draft.issue.blocks if block.fields.get("kind") == "important"), draft.file),
            "Say in a `::: callout kind=important` that this is not medical advice, and to talk with the care team.",
        )


@rule("sources-missing", Severity.ERROR, Group.MEDICAL_CARE)
def claims_have_sources(draft: Draft) -> Iterator[Remark]:
    """Have a `sources` block in an issue that tells numbers of people, percentages or what a drug does.

    A reader who takes a number to her doctor has to be able to say where it is from, and the medical reviewer has to look it
    up. One block may stand for the whole issue. Trial cards have the registry as their source, and stories are nobody's
    claim.

    Mend: Say for each fact who found it and where it can be read.

    Wrong:
        Of every 100 people, about 30 have it.

    Right:
        Of every 100 people, about 30 have it.

        ::: sources
        * Example Cancer Institute, “HER2-low”, 2026: how many people have it.
        :::
    """
    if any(block.kind == "sources" for block in draft.issue.blocks):
        return
    claims: dict[int, tuple[Passage, int, str]] = {}
    for passage in draft.passages:
        if passage.block in _NO_CLAIMS or passage.kind is PassageKind.HEADING or passage.section in claims:
            continue
        number = CLAIMED_NUMBER.search(passage.folded)
        drug = next((term for term in draft.technical_terms.get(passage, ()) if term.meaning.is_drug), None)
        if number:
            claims[passage.section] = passage, number.start(), passage.text[number.start() : number.end()]
        elif drug:
            start, end = passage.spans[drug.first][0], passage.spans[drug.after - 1][1]
            claims[passage.section] = passage, start, passage.text[start:end]
    for passage, start, shown in claims.values():
        yield Remark(
            f"“{shown}” stands here, and the issue has no sources",
            passage.place(start),
            "Add a `::: sources` block that says where the facts come from.",
        )


@rule("review-date-missing", Severity.WARNING, Group.MEDICAL_CARE)
def facts_have_a_review_date(draft: Draft) -> Iterator[Remark]:
    """Say with review_by until when the facts were found good.

    Treatments change within months.

    Mend: Agree with the medical reviewer on a day, such as three months from now.

    Right:
        review_by: 2027-03-01
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

    Mend: Have the facts looked at again, mend what has changed, and write the day until which they are good now.
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

    Mend: Put a helpline block where somebody who is worried would look, or the helpline back into the layout templates.

    Right:
        ::: helpline
        :::
    """
    digits = draft.helpline_tel.removeprefix("+")
    called = [re.sub(r"\D", "", link.attributes.get("href") or "") for link in draft.mail.css('a[href^="tel:"]')]
    if not any(number and number.endswith(digits) for number in called):
        yield Remark("the HTML part has no link that calls the helpline", draft.file, "Add a `::: helpline` block.")
    if not _shown_number(digits).search(draft.edition.text):
        yield Remark("the text part does not show the helpline's number", draft.file, "Add a `::: helpline` block.")


@rule("helpline-number-differs", Severity.ERROR, Group.MEDICAL_CARE)
def the_helpline_has_one_number(draft: Draft) -> Iterator[Remark]:
    """Write no other number than the helpline's in a sentence about the helpline.

    A slip in one digit, or a number from old material, and a frightened person reaches a stranger. The number stands in
    `newsletter.toml`.

    Mend: Write the number of `newsletter.toml`, or use the `helpline` block, which writes it by itself.

    Wrong:
        Call SHARE's helpline at 844-275-7472.

    Right:
        Call SHARE's helpline at 844-275-7427.
    """
    digits = draft.helpline_tel.removeprefix("+")
    for passage in draft.passages if digits else ():
        folded = passage.folded
        if not any(word in folded for word in _HELPLINE_WORDS):
            continue
        for start, end in passage.sentences:
            named = any(word in folded[start:end] for word in _HELPLINE_WORDS)
            for number in _PHONE.finditer(passage.text, start, end) if named else ():
                if not digits.endswith(re.sub(r"\D", "", number[0])[-10:]) and not RETIRED_NUMBER.search(number[0]):
                    yield Remark(
                        f"{number[0]} is not the helpline's number",
                        passage.place(number.start()),
                        "Write the number of newsletter.toml, or put a `::: helpline` block here.",
                    )


@rule("retired-number", Severity.ERROR, Group.MEDICAL_CARE)
def the_retired_number_is_gone(draft: Draft) -> Iterator[Remark]:
    """Write the helpline's old number, 866-891-2392, nowhere.

    Who calls it reaches nobody of ours. It stands in material of 2014 that is still copied. The check looks at the issue with
    its front matter, alternative texts and links, at the glossary and the word list, and at all that the templates write.

    Mend: Write 844-ASK-SHARE (844-275-7427).
    """
    fix = "Write 844-ASK-SHARE (844-275-7427)."
    files = {draft.issue.file: draft.issue.source, **draft.vocabulary.files}
    places = [
        Place(file, number, match.start() + 1)
        for file, text in files.items()
        if RETIRED_NUMBER.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        for match in RETIRED_NUMBER.finditer(line)
    ]
    shown = (draft.edition.html, draft.edition.text, draft.edition.web, draft.edition.subject, draft.edition.preheader)
    if not places and any(RETIRED_NUMBER.search(part) for part in shown):
        places = [draft.file]
        fix = f"Look for it in newsletter.toml and in the templates. {fix}"
    for place in places:
        yield Remark("866-891-2392 is no longer the helpline's number", place, fix)


def _shown_number(digits: str) -> re.Pattern[str]:
    """Find a number however it is grouped; its last seven digits are enough, and any seven where none is known."""
    return re.compile(r"\W{0,3}".join(digits[-7:] or [r"\d"] * 7))
