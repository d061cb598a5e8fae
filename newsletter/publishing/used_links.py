"""Which pages the last issues led to already: readers are not sent to the same one twice without an editor knowing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.earlier_issues import list_issue_names
from newsletter.publishing.models import FrozenEdition, Slot, SlotState
from newsletter.sources.feeds.canonical_links import canonical_link

ISSUES_LOOKED_AT: Final = 6
_OF_THE_SENTENCE: Final = ".,;:!?*_'\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
_WRITTEN: Final = re.compile(r"https?://[^\s<>\"\\\]]+")


def find_used_links(issues: Path) -> dict[str, str]:
    """Give, by canonical link, the latest of the last six issues that leads there: as it stands in its files, or went out."""
    used: dict[str, str] = {}
    for issue, link in sorted({*_in_files(issues), *_released()}):
        if canonical := canonical_link(link):
            used[canonical] = issue
    return used


def _in_files(issues: Path) -> Iterator[tuple[str, str]]:
    for name in list_issue_names(issues)[-ISSUES_LOOKED_AT:]:
        for file in sorted((issues / name).glob("issue*.md")):
            for found in _WRITTEN.findall(file.read_text("utf-8", "replace")):
                yield name, _without_markdown(found)


def _without_markdown(found: str) -> str:
    """Cut what belongs to the sentence round an address, and not to it: a full stop, a bracket that was opened before it."""
    link = found.rstrip(_OF_THE_SENTENCE)
    while link.endswith(")") and link.count(")") > link.count("("):
        link = link[:-1].rstrip(_OF_THE_SENTENCE)
    return link.split(")", 1)[0] if "(" not in link else link


def _released() -> Iterator[tuple[str, str]]:
    slots = Slot.objects.filter(state=SlotState.RELEASED, candidate__isnull=False).order_by("-at")[:ISSUES_LOOKED_AT]
    issues = {slot.candidate_id: slot.issue for slot in slots}
    for edition in FrozenEdition.objects.filter(candidate__in=list(issues)).only("candidate", "web"):
        for anchor in LexborHTMLParser(edition.web).css("a[href]"):
            yield issues[edition.candidate_id], anchor.attributes.get("href") or ""
