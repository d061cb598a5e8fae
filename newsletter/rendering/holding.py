"""What is kept away from the MJML parser: it mangles attributes beyond ASCII and breaks on much that authors write.

A template prints a placeholder instead; after MJML has been compiled, all placeholders are replaced in one pass.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from newsletter.rendering.plain import html_text

PLACEHOLDER = re.compile(r"@@MMHELD(\d+)@@")
PLAIN = re.compile(r"[A-Za-z0-9 #%.,:;'/_-]*")
"""What MJML passes on as it is."""


class Holding:
    """The pieces held back while one skeleton is drawn."""

    def __init__(self) -> None:
        self._pieces: list[Markup] = []

    def keep(self, piece: Markup) -> Markup:
        """Hold HTML back and give its placeholder."""
        self._pieces.append(piece)
        return Markup(f"@@MMHELD{len(self._pieces) - 1}@@")  # noqa: S704 - ASCII of ours

    def keep_unless_plain(self, value: object) -> object:
        """Hold HTML back, and text unless it is plain, which is then escaped."""
        if isinstance(value, Markup):
            return value if PLACEHOLDER.fullmatch(value) else self.keep(value)
        if not isinstance(value, str) or PLAIN.fullmatch(value):
            return value
        return self.keep(html_text(value))

    def numbered_anew(self, text: str) -> str:
        """Count the placeholders in ``text`` from 0 on, so that drawings that differ only in what is held are equal."""
        order = [int(number) for number in PLACEHOLDER.findall(text)]
        self._pieces = [self._pieces[number] for number in order]
        numbers = iter(range(len(order)))
        return PLACEHOLDER.sub(lambda _: f"@@MMHELD{next(numbers)}@@", text)

    def release(self, text: str) -> str:
        """Put the pieces where their placeholders are; the pieces themselves are not looked at again."""
        return PLACEHOLDER.sub(lambda match: self._pieces[int(match[1])], text)
