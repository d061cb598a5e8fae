"""What the archive says of corrections: the page of a corrected issue leads to them, and each of them to its issue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from newsletter.publishing.cadence import time_zone
from newsletter.publishing.models import FrozenEdition, Slot, SlotState
from newsletter.subscribers.installation import config, page_design

_STARTS_OF_THE_LETTER: Final = (re.compile(r"<main\b[^>]*>"), re.compile(r"<body\b[^>]*>"))

_NOTE: Final = '<p class="box important" lang="{}">{} <a href="{}" lang="{}">{}</a></p>\n'


@dataclass(frozen=True, slots=True)
class CorrectionLink:
    """A released issue that another page leads to, in one language."""

    title: str
    url: str
    language: str
    released_in_words: str


def correction_notes(name: str, language: str) -> str:
    """Give, as HTML, what stands above the page of an issue: its corrections, or what it corrects; "" where there are none."""
    words = page_design().words_for(language, "")
    released = Slot.objects.filter(state=SlotState.RELEASED)
    corrected = released.filter(issue=released.filter(issue=name).values("candidate__corrects")[:1])
    notes = [("corrects", link) for link in _links(corrected, language)]
    notes += [("corrected", link) for link in _links(released.filter(candidate__corrects=name), language)]
    return "".join(_note(words.say("archive", said, day=link.released_in_words), words.language, link) for said, link in notes)


def with_notes(web: str, notes: str) -> str:
    """Put notes at the start of a stored page's letter."""
    found = (start.search(web) for start in _STARTS_OF_THE_LETTER)
    at = next((start.end() for start in found if start), 0)
    return web[:at] + notes + web[at:]


def first_corrected(issue: str, corrects: Mapping[str, str]) -> str:
    """Give the issue that a correction, or a correction of one, is about in the end; ``corrects`` says what each corrects."""
    seen = {issue}
    while (corrected := corrects.get(issue, "")) and corrected not in seen:
        seen.add(corrected)
        issue = corrected
    return issue


def _links(slots: QuerySet[Slot], language: str) -> Iterator[CorrectionLink]:
    words = page_design().words_for(language, "")
    editions = (
        FrozenEdition.objects.filter(candidate__slots__in=slots)
        .order_by("candidate__slots__at", "language")
        .values_list("candidate__slots__issue", "candidate__slots__at", "language", "title")
    )
    best = {}
    for issue, at, known, title in editions:
        if issue not in best or known == language:
            best[issue] = (at, known, title)
    for issue, (at, known, title) in best.items():
        day = words.day(at.astimezone(time_zone(config().cadence)).date())
        yield CorrectionLink(title, reverse("issue-edition", args=[issue, known]), known, day)


def _note(said: str, language: str, link: CorrectionLink) -> SafeString:
    return format_html(_NOTE, language, said, link.url, link.language, link.title)
