"""What a phone shows before the mail is opened: subject and preheader; and the sponsors of the front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.words import DIAGNOSIS, plain
from newsletter.findings import Severity

SUBJECT_CHARACTERS = range(10, 61)
PREHEADER_CHARACTERS = range(40, 141)


@rule("subject-length", Severity.WARNING, Group.STRUCTURE)
def subject_has_a_good_length(draft: Draft) -> Iterator[Remark]:
    """Keep the subject between 10 and 60 characters.

    Phones cut longer ones, and shorter ones say nothing.

    Mend: Put the words that matter first, and leave out what the sender's name says already.

    Wrong:
        subject: News

    Right:
        subject: Your test results, and what they may open
    """
    length = len(draft.issue.subject)
    if length not in SUBJECT_CHARACTERS:
        yield Remark(
            f"the subject has {length} characters", draft.field_place("subject"), "Write a subject of 10 to 60 characters."
        )


@rule("subject-shouts", Severity.WARNING, Group.STRUCTURE)
def subject_does_not_shout(draft: Draft) -> Iterator[Remark]:
    """Put no words in capitals side by side in the subject, and at most one exclamation mark.

    Shouting frightens, and filters take it for spam. One word in capitals, such as an organization's name, is fine.

    Mend: Write it in small letters, without exclamation marks.

    Wrong:
        subject: PLEASE READ: new trials!!

    Right:
        subject: Three new trials, and how to ask about them
    """
    subject = draft.issue.subject
    place = draft.field_place("subject")
    long_words = re.findall(r"[^\W\d_]{4,}", subject)
    if any(first.isupper() and second.isupper() for first, second in pairwise(long_words)):
        yield Remark("the subject shouts in capitals", place, "Write it in small letters.")
    if subject.count("!") > 1:
        yield Remark("the subject has more than one exclamation mark", place, "Leave the exclamation marks out.")


@rule("subject-names-diagnosis", Severity.WARNING, Group.PRIVACY)
def subject_names_no_diagnosis(draft: Draft) -> Iterator[Remark]:
    """Name no illness, treatment or test result in the subject.

    It appears on lock screens, where anybody may read it.

    Mend: Say it without naming an illness or a treatment. The mail itself may name everything.

    Wrong:
        subject: New options for metastatic breast cancer

    Right:
        subject: Your test results, and what they may open
    """
    if words := _diagnosis_words(draft.issue.subject):
        yield Remark(
            f"the subject says {words}, and lock screens show it to everybody",
            draft.field_place("subject"),
            "Say it without naming an illness or a treatment; the mail itself may.",
        )


@rule("preheader-length", Severity.WARNING, Group.STRUCTURE)
def preheader_has_a_good_length(draft: Draft) -> Iterator[Remark]:
    """Keep the preheader between 40 and 140 characters.

    A shorter one is filled up with the first words of the mail, a longer one is cut.

    Mend: Say in one sentence what else is inside.

    Right:
        preheader: Biomarker tests in plain words, how trials work, and who to call at night
    """
    length = len(draft.issue.preheader)
    if length not in PREHEADER_CHARACTERS:
        yield Remark(
            f"the preheader has {length} characters", draft.field_place("preheader"), "Write one of 40 to 140 characters."
        )


@rule("preheader-repeats-subject", Severity.WARNING, Group.STRUCTURE)
def preheader_says_more_than_the_subject(draft: Draft) -> Iterator[Remark]:
    """Write another text for the preheader than for the subject.

    They stand side by side, and the second should add something.

    Mend: Say what else the reader will find inside.

    Wrong:
        subject: Your test results, and what they may open
        preheader: Your test results, and what they may open

    Right:
        subject: Your test results, and what they may open
        preheader: How trials work, and who to call at night
    """
    if plain(draft.issue.preheader) == plain(draft.issue.subject):
        yield Remark(
            "the preheader repeats the subject", draft.field_place("preheader"), "Say what else the reader will find inside."
        )


@rule("preheader-names-diagnosis", Severity.WARNING, Group.PRIVACY)
def preheader_names_no_diagnosis(draft: Draft) -> Iterator[Remark]:
    """Name no illness, treatment or test result in the preheader.

    Most lock screens show it under the subject.

    Mend: Say what is inside without naming an illness or a treatment.

    Wrong:
        preheader: What HER2-low means, and two trials for triple-negative cancer

    Right:
        preheader: Test results in plain words, two trials, and who to call at night
    """
    if words := _diagnosis_words(draft.issue.preheader):
        yield Remark(
            f"the preheader says {words}, and lock screens show it to everybody",
            draft.field_place("preheader"),
            "Say it without naming an illness or a treatment; the mail itself may.",
        )


@rule("sponsors-not-shown", Severity.WARNING, Group.MEDICAL_CARE)
def sponsors_are_shown(draft: Draft) -> Iterator[Remark]:
    """Show who pays for the issue: sponsors of the front matter need a sponsors block in the text.

    A reader can weigh a text about a treatment only if she knows whose money stands behind it.

    Mend: Put the block where readers should see it.

    Right:
        ::: sponsors
        :::
    """
    if draft.issue.sponsors and not any(block.kind == "sponsors" for block in draft.issue.blocks):
        names = ", ".join(sponsor.name for sponsor in draft.issue.sponsors)
        yield Remark(
            f"readers do not see who pays for this issue: {names}",
            draft.field_place("sponsors"),
            "Put a `::: sponsors` block, closed by `:::`, where readers should see them.",
        )


@rule("sponsors-block-empty", Severity.WARNING, Group.MEDICAL_CARE)
def a_sponsors_block_shows_somebody(draft: Draft) -> Iterator[Remark]:
    """Name the sponsors in the front matter of an issue that has a `sponsors` block.

    The block shows those of the front matter, and a heading above nobody makes readers wonder who is hidden.

    Mend: List them at the top of the file, or take the block out.

    Right:
        sponsors:
          - name: Example Foundation
            note: It had no say in this issue.
    """
    for block in draft.issue.blocks:
        if block.kind == "sponsors" and not draft.issue.sponsors:
            yield Remark("the sponsors block shows nobody", block.place, "Name the sponsors in the front matter, or take it out.")


def _diagnosis_words(text: str) -> str:
    """Quote the words of an illness that a text holds, each once; "" when there are none."""
    return ", ".join(f"“{word}”" for word in dict.fromkeys(match[1] for match in DIAGNOSIS.finditer(plain(text))))
