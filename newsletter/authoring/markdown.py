"""The Markdown of an issue: markdown-it-py (CommonMark, tables, no raw HTML) with our blocks and inline rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from newsletter.authoring import inline_rules
from newsletter.authoring.complaints import Mistake, quoted
from newsletter.authoring.lookalikes import check_asterisks, check_paragraph, check_words
from newsletter.authoring.reading import ENVIRONMENT_KEY, Reading

BLOCK_OPEN = "directive_open"
"""Type of the token before a block's body; its ``map[0]`` is the line in which the block starts."""

BLOCK_CLOSE = "directive_close"
"""Type of the token after a block's body."""

ANCHOR = "anchor"
"""In the ``meta`` of a section heading's ``heading_open``: the anchor that its editor chose, "" for none."""


_MARKUP = re.compile(r"[\n\\`*_\[{<&]")
"""Where one of the inline rules can begin; a text without any is one token, and half of the texts of an issue are such."""


class _Markdown(MarkdownIt):
    """markdown-it that leaves personal parts in addresses alone, and leaves judging addresses to us."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  markdown-it's name
        return url if "{{" in url else super().normalizeLink(url)

    def validateLink(self, url: str) -> bool:  # noqa: N802  markdown-it's name
        del url
        return True


def parse_markdown(start: int, reading: Reading) -> list[Token]:
    """Parse the lines of a file from ``start`` on; token maps count the lines of the whole file."""
    strays = reading.directives.strays
    lines = ("" if number < start or number in strays else line for number, line in enumerate(reading.lines))
    environment: dict[str, Any] = {ENVIRONMENT_KEY: reading}
    tokens = _markdown().parse("\n".join(lines), environment)
    check_asterisks(reading)
    _complain_about_references(environment, reading)
    return tokens


@cache
def _markdown() -> MarkdownIt:
    markdown = _Markdown("commonmark", {"html": False, "typographer": False, "store_labels": True})
    markdown.enable("table").disable(["image", "html_block", "html_inline"])
    markdown.inline.terminator_re = re.compile(r"[\n\\`*_\[\]{!<&]")
    markdown.block.ruler.before("table", "directive", _directive, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.core.ruler.at("inline", _inline)
    inline = markdown.inline.ruler
    inline.before("link", "glossary_term", inline_rules.glossary_term)
    inline.before("link", "merge_field", inline_rules.merge_field)
    inline.before("link", "picture", inline_rules.picture)
    inline.at("link", inline_rules.placed_link)
    inline.at("autolink", inline_rules.placed_autolink)
    inline.after("autolink", "raw_html", inline_rules.raw_html)
    return markdown


def _directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    reading: Reading = state.env[ENVIRONMENT_KEY]
    directive = reading.directives.by_line.get(start)
    if directive is None or (state.level and not silent):
        return False
    if silent:
        return True
    body_end = min(directive.end, end)
    state.push(BLOCK_OPEN, "", 0).map = [start, body_end]
    line_max, state.lineMax = state.lineMax, body_end
    state.md.block.tokenize(state, start + 1, body_end)
    state.lineMax = line_max
    state.push(BLOCK_CLOSE, "", 0)
    state.line = min(body_end + 1, end) if directive.closed else body_end
    return True


def _inline(state: StateCore) -> None:
    reading: Reading = state.env[ENVIRONMENT_KEY]
    for index, token in enumerate(state.tokens):
        if token.type != "inline":
            continue
        before = state.tokens[index - 1]
        in_heading = before.type == "heading_open"
        if in_heading:
            before.meta[ANCHOR] = _cut_anchor(token)
        reading.enter(token, in_heading=in_heading)
        token.children = []
        if _MARKUP.search(token.content):
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        elif token.content:
            token.children.append(Token("text", "", 0, content=token.content))
        check_words(token, reading)
        if before.type == "paragraph_open":
            check_paragraph(token, reading)


def _cut_anchor(heading: Token) -> str:
    text = heading.content
    start = text.rfind("{#")
    if start < 0 or not text.endswith("}") or text[max(start - 1, 0)] in "\\{" or "}" in text[start:-1]:
        return ""
    heading.content = text[:start].rstrip()
    return text[start + 2 : -1].strip() or "{#}"


def _complain_about_references(environment: Mapping[str, Any], reading: Reading) -> None:
    for label, definition in environment.get("references", {}).items():
        if label not in reading.used_references:
            message = f"no link uses the address of {quoted('[' + label + ']')}, and readers will not see this line"
            fix = "Delete the line, or write \\[ at its start if it is text."
            reading.complaints.add(Mistake("reference-unused", message, fix), line=definition["map"][0] + 1, column=1)
    for duplicate in environment.get("duplicate_refs", []):
        message = f"the address of {quoted('[' + duplicate['label'] + ']')} is given a second time"
        reading.complaints.add(
            Mistake("reference-duplicate", message, "Keep one of them."), line=duplicate["map"][0] + 1, column=1
        )
