"""What a heading, a paragraph or a list of an issue may not be, found on the tokens of the whole text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from newsletter.authoring.anchors import plain_text
from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.directives import MARKER
from newsletter.authoring.markdown import ANCHOR, BLOCK_CLOSE, BLOCK_OPEN
from newsletter.authoring.source import TOKEN_START

SECTION_TAG = "h2"
_DEEPEST = 16
"""markdown-it drops what is nested 20 deep without a word; a list in a list is 4."""

_HEADINGS: Mapping[str, Mistake] = {
    "h1": Mistake(
        "heading-level", "a heading with one # stands in the text; the title of the issue is the only one", "Write ##."
    ),
    "h5": Mistake("heading-level", "this heading is of the fifth level; there are four", "Write #### or bold text."),
    "h6": Mistake("heading-level", "this heading is of the sixth level; there are four", "Write #### or bold text."),
}


def check_structure(tokens: Sequence[Token], complaints: Complaints) -> None:
    """Complain about headings, block markers and tokens that stand where they may not."""
    block: Token | None = None
    for index, token in enumerate(tokens):
        if token.type == BLOCK_OPEN:
            block = token
        elif token.type == BLOCK_CLOSE:
            block = None
        elif token.type == "heading_open":
            for mistake in _find_heading_mistakes(token, tokens[index + 1], block):
                complaints.add(mistake, line=_line(token), column=1)
        elif token.type == "inline":
            _check_text(token, complaints)
        if token.level >= _DEEPEST and token.map:
            mistake = Mistake("nested-too-deeply", "lists or quotations are nested too deeply here", "Use fewer levels.")
            complaints.add(mistake, line=_line(token), column=1)


def _line(token: Token) -> int:
    assert token.map is not None
    return token.map[0] + 1


def _find_heading_mistakes(opening: Token, text: Token, block: Token | None) -> list[Mistake]:
    mistakes = [_HEADINGS[opening.tag]] if opening.tag in _HEADINGS else []
    title = plain_text(text.children or []).strip()
    if not title:
        mistakes.append(Mistake("heading-empty", "the heading is empty", "Write a title, or delete the line."))
    is_section = opening.tag == SECTION_TAG and block is None and opening.level == 0
    if opening.tag == SECTION_TAG and not is_section:
        where = "a block" if block else "a list or quotation"
        message = f"the section heading {quoted(title)} stands inside {where}"
        mistakes.append(Mistake("heading-misplaced", message, "Write ### for a heading inside a section."))
    # A heading that has to become another one keeps its anchor.
    if opening.meta.get(ANCHOR) and not is_section and not mistakes:
        message = f"the anchor {{#{opening.meta[ANCHOR]}}} belongs to no section heading"
        mistakes.append(Mistake("anchor", message, "Only headings with ## have an anchor."))
    return mistakes


def _check_text(token: Token, complaints: Complaints) -> None:
    for offset, line in enumerate(token.content.split("\n") if MARKER in token.content else ()):
        if line.lstrip().startswith(MARKER):
            mistake = Mistake("block-misplaced", f"the block {quoted(line)} does not start at the left margin", "Move it there.")
            complaints.add(mistake, line=_line(token) + offset, column=1)
    # An entity or an emphasis between the characters hides the token from a search of the source.
    if TOKEN_START in plain_text(token.children or []) and TOKEN_START not in token.content:
        message = f"“{TOKEN_START}” is how the program marks personal parts; an issue may not contain it"
        complaints.add(Mistake("merge-token", message, "Take it out."), line=_line(token), column=1)
