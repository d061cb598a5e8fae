"""Text that its writer meant as something else: Markdown reads it as plain words, and readers would see the signs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.directives import MARKER
from newsletter.authoring.issue import MERGE_FIELDS, WITH_FALLBACK
from newsletter.authoring.reading import Reading

_ADDRESS = r"(?:https?:|mailto:|tel:|www\.)"
_BROKEN_LINK = re.compile(rf"\]\([^)]|\] \({_ADDRESS}|\)\[{_ADDRESS}")
_FOOTNOTE = re.compile(r"\[\^[\w-]+\]")
_SINGLE_BRACES = re.compile(rf"\{{\s*({'|'.join(MERGE_FIELDS)})\s*(\|[^{{}}]*)?\}}")
_GLUED_HEADING = re.compile(r"#{2,6}[^\s#]")
_ROW = re.compile(r"\|.*\|")
_TABLE_MARK = re.compile(r"[|:\- ]*-[|:\- ]*")
_BOLD_BEGUN = re.compile(r"(?<![^\s(\[“\"])\*\*\w+")
_MARK = re.compile(r"[^\s*]\*\*(?!\w)")
_LOOSE_BOLD = re.compile(r"\*\* [^*]+ \*\*|(?<!\S)\*\* [^*]+\*\*")
_TELLING = re.compile(r"[\[\]{]|\*\*")
"""What every text holds in which there is something to find."""
_TELLING_LINE = re.compile(r"[#|]|:::")
_NO_BOLD = Mistake(
    "bold-broken",
    "readers would see the two asterisks here, since the words are not made bold",
    "Write **words** with no space inside the asterisks, or \\*\\* for asterisks.",
)


def check_words(token: Token, reading: Reading) -> None:
    """Complain about links, footnotes and personal parts that are none, in the text of one ``inline`` token."""
    for child in token.children or []:
        if child.type == "text" and _TELLING.search(child.content):
            for seen, mistake in _find_in_words(child.content):
                reading.complain(mistake, max(token.content.find(seen), 0))
            _note_asterisks(child.content, token, reading)


def check_asterisks(reading: Reading) -> None:
    """Complain about ``**`` that begin bold words and find no end, when the whole text is read.

    A word may carry ``**`` as a mark, and the note that belongs to it begins with the same: where there are as many marks as
    beginnings, the asterisks were meant as they are.
    """
    if len(reading.bold_begun) > reading.marks:
        for place in reading.bold_begun:
            reading.complaints.add(_NO_BOLD, line=place.line, column=place.column)


def check_paragraph(token: Token, reading: Reading) -> None:
    """Complain about headings, tables and ends of blocks that are none, in the lines of a paragraph."""
    if not _TELLING_LINE.search(token.content):
        return
    starts = _line_starts(token.content)
    lines = token.content.split("\n")
    for start, line in zip(starts, lines, strict=True):
        if _GLUED_HEADING.match(line):
            marks = line[: len(line) - len(line.lstrip("#"))]
            mistake = Mistake("heading-glued", f"this is no heading: {quoted(line)}", f"Put a space after {marks}")
            reading.complain(mistake, start)
        if line.rstrip().endswith(f" {MARKER}") and line.strip() != MARKER:
            message = f"`{MARKER}` stands at the end of a line, where it closes nothing: {quoted(line[-40:])}"
            mistake = Mistake("block-misplaced", message, f"Put `{MARKER}` on a line of its own.")
            reading.complain(mistake, start + len(line.rstrip()) - len(MARKER))
    rows = [index for index, line in enumerate(lines) if _ROW.fullmatch(line.strip())]
    if len(rows) > 1:
        reading.complain(_broken_table(lines, rows), starts[rows[0]])


def check_layout(tokens: Sequence[Token], lines: Sequence[str], complaints: Complaints) -> None:
    """Complain about rows that their table has no room for, and about text that became code; ``lines`` are the file's."""
    columns = 0
    for token in tokens:
        if token.type == "table_open":
            columns = 0
        elif token.type == "th_open":
            columns += 1
        elif token.type == "tr_open" and columns:
            _check_row(token, columns, lines, complaints)
        elif token.type == "code_block" and token.map:
            message = "the line starts with four spaces, which makes code of it"
            mistake = Mistake("text-indented", message, "Delete the spaces, or put ``` before and after what is code.")
            complaints.add(mistake, line=token.map[0] + 1, column=1)


def _check_row(row: Token, columns: int, lines: Sequence[str], complaints: Complaints) -> None:
    assert row.map is not None
    line = lines[row.map[0]]
    cells = escapedSplit(line.strip().lstrip("> "))
    written = len(cells) - (cells[:1] == [""]) - (cells[1:] != [] and not cells[-1].strip())
    if "|" not in line:
        message = f"the table above takes this line for a row of its own: {quoted(line)}"
        complaints.add(Mistake("table-row", message, "Put an empty line before it."), line=row.map[0] + 1, column=1)
    elif written > columns:
        message = f"this row has {written} cells, and the table has {columns} columns: readers would not see the rest"
        mistake = Mistake("table-row", message, "Add a column to the heading, or write | inside a cell as \\|.")
        complaints.add(mistake, line=row.map[0] + 1, column=1)
    elif written < columns:
        cells_written = "1 cell" if written == 1 else f"{written} cells"
        message = f"this row has {cells_written}, and the table has {columns} columns: readers would see a gap"
        mistake = Mistake("table-row", message, "Write what is missing; a cell that stays empty is a space between two |.")
        complaints.add(mistake, line=row.map[0] + 1, column=1)


def _note_asterisks(text: str, token: Token, reading: Reading) -> None:
    if "**" not in text:
        return
    loose = _LOOSE_BOLD.search(text)
    if loose:
        reading.complain(_NO_BOLD, max(token.content.find(loose[0]), 0))
        return
    reading.bold_begun += [reading.place(max(token.content.find(match[0]), 0)) for match in _BOLD_BEGUN.finditer(text)]
    reading.marks += len(_MARK.findall(text))


def _find_in_words(text: str) -> Iterator[tuple[str, Mistake]]:
    for pattern, describe in _IN_WORDS:
        match = pattern.search(text)
        if match:
            yield match[0], describe(text, match)


def _broken_link(text: str, match: re.Match[str]) -> Mistake:
    shown = text[max(match.start() - 20, 0) : match.end() + 20]
    fix = "Write [words](https://…): no spaces in or before the parentheses, no [[…]] in the words."
    return Mistake("link-broken", f"this looks like a link and is none: {quoted(shown)}", fix)


def _footnote(text: str, match: re.Match[str]) -> Mistake:
    del text
    fix = "Write the number in plain brackets, as in [1], and its source in a `::: sources` block."
    return Mistake("footnote", f"there are no footnotes in an issue: {quoted(match[0])}", fix)


def _single_braces(text: str, match: re.Match[str]) -> Mistake:
    del text
    written = f"{{{WITH_FALLBACK}|friend}}" if match[1] == WITH_FALLBACK and not match[2] else match[0]
    fix = f"Write two: {{{written}}}"
    return Mistake("merge-field-braces", f"a personal part stands in two pairs of braces: {quoted(match[0])}", fix)


_IN_WORDS: Sequence[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Mistake]]] = (
    (_BROKEN_LINK, _broken_link),
    (_FOOTNOTE, _footnote),
    (_SINGLE_BRACES, _single_braces),
)


def _broken_table(lines: Sequence[str], rows: Sequence[int]) -> Mistake:
    columns = max(len(escapedSplit(lines[rows[0]].strip())) - 2, 1)
    wanted = "|" + " --- |" * columns
    marks = next((line for line in lines if _TABLE_MARK.fullmatch(line.strip()) and "|" in line), "")
    message = f"this looks like a table and is none: {quoted(lines[rows[0]])}"
    if marks:
        return Mistake("table-broken", message, f"Write the line below its heading with as many columns: `{wanted}`.")
    return Mistake("table-broken", message, f"Put a line `{wanted}` below its heading.")


def _line_starts(text: str) -> list[int]:
    return list(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
