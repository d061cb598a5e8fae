"""What a reviewer pressed: the form of the review page, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict

from newsletter.publishing.noted_sections import NotedSection
from newsletter.publishing.objecting import LONGEST_NOTE

NOTES_TIED = 8
"""Notes about a section that one form can carry."""

LONGEST_FORM = (NOTES_TIED + 1) * (LONGEST_NOTE * 12 + 200)
"""Octets: every character of a note may travel as four escaped ones."""


class ReviewButton(StrEnum):
    """Which button was pressed."""

    APPROVE = "approve"
    CHANGES = "changes"


class FormProblem(StrEnum):
    """Why nothing was recorded; the value names the words of the sentence."""

    CONFIRM = "problem_confirm"
    NOTE = "problem_note"
    SECTION = "problem_section"
    OTHER = "problem_other"
    TAKEN = "problem_taken"


@dataclass(frozen=True, slots=True)
class TypedNote:
    """A note as it was typed, with the key of the section that was chosen for it, empty for none."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """A form as it came, for doing it or for showing it again."""

    answer: ReviewButton
    problem: FormProblem | None
    whole: str = ""
    tied: tuple[TypedNote, ...] = (TypedNote("", ""),) * NOTES_TIED


def read_answer(form: QueryDict, *, digest: str, sections: Sequence[NotedSection]) -> TypedAnswer:
    """Read a form; ``digest`` is that of the candidate that waits for the answer."""
    answer = ReviewButton.CHANGES if form.get("answer") == ReviewButton.CHANGES else ReviewButton.APPROVE
    whole = _text(form.get("whole", ""))
    keys = {section.key for section in sections}
    tied = tuple(
        TypedNote(
            section if (section := form.get(f"section-{number}", "")) in keys else "", _text(form.get(f"note-{number}", ""))
        )
        for number in range(NOTES_TIED)
    )
    problem: FormProblem | None = None
    if form.get("answer") not in set(ReviewButton) or form.get("candidate") != digest:
        problem = FormProblem.OTHER
    elif form.get("read") != "yes":
        problem = FormProblem.CONFIRM
    elif answer is ReviewButton.CHANGES and not (whole or any(note.text for note in tied)):
        problem = FormProblem.NOTE
    elif answer is ReviewButton.CHANGES and any(note.text and not note.section for note in tied):
        problem = FormProblem.SECTION
    return TypedAnswer(answer, problem, whole, tied)


def read_form(request: HttpRequest) -> QueryDict | None:
    """Give the fields of a form that the review page may have sent; None for any other body."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    try:
        return QueryDict(request.body, encoding="utf-8") if len(request.body) <= LONGEST_FORM else None
    except SuspiciousOperation:
        return None


def comes_from_our_page(request: HttpRequest, base_url: str) -> bool:
    """Say whether a POST came from a page of ours, as far as the browser tells.

    The token in the path is the secret; this only keeps a link that leaked from being used by another site's form. Under
    ``Referrer-Policy: no-referrer`` a browser sends ``Origin: null`` with the forms of our own pages, too (fetch.spec.whatwg.org,
    "append a request Origin header"); ``Sec-Fetch-Site`` tells the truth then.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin", "null")
    return origin == "null" or origin.partition("://")[2] in {request.get_host(), urlsplit(base_url).netloc}


def _text(typed: str) -> str:
    return typed.replace("\r\n", "\n").replace("\0", "").strip()[:LONGEST_NOTE]
