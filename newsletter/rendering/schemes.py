"""A mail or page in one scheme, whatever the screen of the person who looks at it asks for. The mail itself stays as it is."""

from __future__ import annotations

import re
from enum import StrEnum

_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")
_BOTH = re.compile(r"(color-schemes?\s*:\s*|name=\"(?:supported-)?color-schemes?\" content=\")light dark")
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


class ColourScheme(StrEnum):
    """What a mail program or browser may ask for."""

    LIGHT = "light"
    """As nearly all mail programs show it."""
    DARK = "dark"
    """As it is shown where a reader chose dark colours and the mail program says so."""


def in_one_scheme(page: str, scheme: ColourScheme) -> str:
    """Let the page's own rules for ``scheme`` hold."""
    page = _QUERY.sub(lambda match: _ALWAYS if match[1] == scheme else _NEVER, page)
    return _BOTH.sub(lambda match: f"{match[1]}{scheme}", page)


def without_styles(page: str) -> str:
    """Show the page as a mail program does that drops its style sheets, as Gmail's page for phones does."""
    return re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
