"""Headings are the map by which screen-reader users find their way."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity


@rule("one-main-heading", Severity.ERROR, Group.STRUCTURE)
def there_is_one_main_heading(draft: Draft) -> Iterator[Remark]:
    """Have exactly one h1 in the mail and in the web page: the issue's title.

    It tells somebody with a screen reader where she is.
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

    Else a listener looks for a part that is not there.
    """
    for page in (draft.mail, draft.web_page):
        level_before = 0
        for heading in page.css("h1, h2, h3, h4, h5, h6"):
            level = int((heading.tag or "h0")[1])
            if level > level_before + 1:
                words = " ".join(heading.text().split())
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
