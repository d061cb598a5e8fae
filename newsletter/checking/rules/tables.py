"""Tables: those that hold facts have headers, those that hold the layout say that they are none."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.authoring.issue import Issue, Prose
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity

_NO_TABLE = frozenset(("presentation", "none"))


@rule("layout-table-announced", Severity.ERROR, Group.ACCESSIBILITY)
def layout_tables_say_that_they_are_none(draft: Draft) -> Iterator[Remark]:
    """Give every table of the mail that has no header cells `role="presentation"`, and no table of facts.

    Else a screen reader says "table, one row, one column" before each paragraph of the letter. It is the most frequent fault
    of newsletters but for the missing language.

    Mend: Write the role into the template that draws the table.

    Wrong:
        <table width="100%"><tr><td>…

    Right:
        <table role="presentation" width="100%"><tr><td>…
    """
    with_headers = {table.key for header in draft.mail_facts.named("th") if (table := header.inside("table"))}
    for table in draft.mail_facts.named("table"):
        silent = table.attributes.get("role") in _NO_TABLE
        if table.key in with_headers and silent:
            yield Remark(
                f"{table.start_tag} has header cells and says that it is no table",
                MAIL_LAYOUT,
                "Take the role out of its template.",
            )
        elif table.key not in with_headers and not silent:
            yield Remark(
                f"{table.start_tag} has no header cells and would be read out as a table",
                MAIL_LAYOUT,
                'Write role="presentation" in the template that draws it.',
            )


@rule("table-header-scope", Severity.ERROR, Group.ACCESSIBILITY)
def header_cells_say_what_they_head(draft: Draft) -> Iterator[Remark]:
    """Say of every header cell whether it heads a row or a column (WCAG 1.3.1).

    A screen reader then says "Phase: 2" in the cell itself, and nobody has to remember the first line of a table.

    Mend: Write `scope="col"` or `scope="row"` in the template that draws the cell.
    """
    for part, page in (("mail", draft.mail), ("web page", draft.web_page)):
        for header in page.css("th"):
            if header.attributes.get("scope") not in {"col", "row", "colgroup", "rowgroup"}:
                yield Remark(
                    f"the header cell “{header.text().strip()}” of the {part} heads neither a row nor a column",
                    MAIL_LAYOUT,
                    'Write scope="col" or scope="row" in the template that draws it.',
                )


@rule("table-header-empty", Severity.WARNING, Group.ACCESSIBILITY)
def header_cells_have_words(draft: Draft) -> Iterator[Remark]:
    """Give every column of a table a header; only the first may be without.

    On a phone and in a screen reader each cell is read under its header; without one it is a number without a meaning.

    Mend: Write what the column holds into the first line of the table.

    Wrong:
        | Test    |       |
        |---------|-------|
        | Biopsy  | a day |

    Right:
        | Test    | How long it takes |
        |---------|-------------------|
        | Biopsy  | a day             |
    """
    for column, words, place in _headers(draft.issue):
        if column > 1 and not words.strip():
            yield Remark(
                f"column {column} of the table has no header", place, "Write what it holds into the first line of the table."
            )


def _headers(issue: Issue) -> Iterator[tuple[int, str, Place]]:
    for section in issue.sections:
        for part in section.parts:
            column, line, in_header = 0, 0, False
            for token in part.tokens if isinstance(part, Prose) else part.body:
                if token.type == "thead_open":
                    column, line = 0, (token.map or [0])[0] + 1
                elif token.type == "th_open":
                    column, in_header = column + 1, True
                elif token.type == "th_close":
                    in_header = False
                elif in_header:
                    yield column, token.content, Place(issue.file, line)
