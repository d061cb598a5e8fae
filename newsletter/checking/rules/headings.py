"""Headings are the map by which screen-reader users find their way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity

_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@rule("one-main-heading", Severity.ERROR, Group.STRUCTURE)
def there_is_one_main_heading(draft: Draft) -> Iterator[Remark]:
    """Have exactly one h1 in the mail and in the web page: the issue's title.

    It tells somebody with a screen reader where she is.

    Mend: The layout template writes the one. Begin the sections of an issue with `##`.
    """
    for part, page in (("mail", draft.mail), ("web page", draft.web_page)):
        count = len(page.css("h1"))
        if count != 1:
            yield Remark(
                f"the {part} has {count} headings of level 1",
                draft.file,
                "The layout template writes the one; begin sections with ## and parts of them with ###.",
            )


@rule("heading-level-skipped", Severity.WARNING, Group.STRUCTURE)
def no_heading_level_is_skipped(draft: Draft) -> Iterator[Remark]:
    """Make a heading at most one level deeper than the one before it.

    Else a listener looks for a part that is not there. That holds for every reader: a heading inside a `for` block is missing for
    those who did not choose its topic.

    Mend: Take one `#` away, or put in the heading that is missing. How large a heading looks is the theme's affair.

    Wrong:
        ## Your tests
        #### When the results come

    Right:
        ## Your tests
        ### When the results come
    """
    for page in (draft.mail, draft.web_page):
        yield from _skips(draft, ((int((node.tag or "h0")[1]), node.text) for node in page.css("h1, h2, h3, h4, h5, h6")))
    for variant in draft.edition.narrower:
        yield from _skips(draft, ((int(found[1]), partial(_TAG.sub, "", found[2])) for found in _HEADING.finditer(variant.html)))


def _skips(draft: Draft, headings: Iterable[tuple[int, Callable[[], str]]]) -> Iterator[Remark]:
    level_before = 0
    for level, text in headings:
        if level > level_before + 1:
            words = " ".join(text().split())
            yield Remark(
                f'the heading "{words}" has level {level} and follows one of level {level_before}',
                _place_of_heading(draft, words),
                f"Give it {'#' * (level_before + 1)}, or put the missing heading before it.",
            )
        level_before = level


def _place_of_heading(draft: Draft, words: str) -> Place:
    for number, line in enumerate(draft.issue.source.splitlines(), 1):
        if line.startswith("#") and words and words in line:
            return Place(draft.issue.file, number, 1)
    return draft.file
