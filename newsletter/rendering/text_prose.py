"""Markdown tokens → plain text, for people who read mail as text or have it read to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it.token import Token
from markupsafe import Markup

from newsletter.errors import TemplateError
from newsletter.rendering.encounters import Encounters
from newsletter.rendering.merge import merge_token
from newsletter.rendering.plain import defuse, joined
from newsletter.rendering.text_flow import TextFlow

SILENT = {"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"}
BREAKS = {"softbreak": " ", "hardbreak": "\n"}


@dataclass
class TextProse:
    """Renders the prose of one issue, in order: ``seen`` numbers the links and knows the glossary terms."""

    seen: Encounters = field(default_factory=Encounters)

    def flow(self, tokens: Sequence[Token]) -> Markup:
        """Render block tokens as paragraphs with an empty line between them."""
        return joined(TextFlow(self._line).render(tokens))

    def inline(self, tokens: Sequence[Token]) -> Markup:
        """Render the children of an inline token as one line, or as several where the editor broke it."""
        return joined([self._line(tokens)])

    def _line(self, tokens: Sequence[Token]) -> str:
        out: list[str] = []
        links: list[tuple[Token, int]] = []
        for token in tokens:
            if token.type == "link_open":
                links.append((token, len(out)))
            elif token.type == "link_close":
                opened, start = links.pop()
                out.append(self._after_link(opened, "".join(out[start:])))
            elif token.type == "text":
                out.append(defuse(token.content))
            elif token.type not in SILENT:
                out.append(self._span(token))
        return "".join(out)

    def _span(self, token: Token) -> str:
        if token.type in BREAKS:
            return BREAKS[token.type]
        if token.type == "merge_field":
            return merge_token(token.meta["field"])
        if token.type == "glossary_term":
            self.seen.meet(token.meta["term"])
        elif token.type != "code_inline":
            raise TemplateError(f"Markdown of the kind {token.type!r} cannot be written as text")
        return defuse(token.content)

    def _after_link(self, opened: Token, words: str) -> str:
        if "field" in opened.meta:
            return self._number(merge_token(opened.meta["field"]))
        target = defuse(str(opened.attrGet("href")))
        if target.startswith("#"):
            # There is nothing to press in plain text, and the section's title says where it is.
            return ""
        scheme, _, bare = target.partition(":")
        bare = unquote(bare.partition("?")[0]) if scheme == "mailto" else bare
        if scheme in {"tel", "mailto"}:
            digits = re.sub(r"\D", "", words)
            told = bare in words or (scheme == "tel" and len(digits) >= 7 and digits in bare)
            return "" if told else f" ({bare})"
        return "" if target == words else self._number(target)

    def _number(self, target: str) -> str:
        return f" [{self.seen.number(target)}]"
