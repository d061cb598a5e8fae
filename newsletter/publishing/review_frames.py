"""What stands in the frames of a review page: the frozen mail as readers get it, filled in for an invented one."""

from __future__ import annotations

import re
from html import escape

from newsletter.authoring.issue import MergeField
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.schemes import ColourScheme, in_one_scheme


def invented_reader(base_url: str) -> Personal:
    """Give somebody who does not exist; their personal links lead nowhere."""
    return Personal(
        first_name="Ana", address="ana@example.org", manage_url=f"{base_url}/m/nobody", unsubscribe_url=f"{base_url}/u/nobody"
    )


def framed_mail(html: str, scheme: ColourScheme, reader: Personal) -> str:
    """Give the HTML part for one reader, in one scheme. Its links open apart, not in the frame."""

    def value(field: MergeField) -> str:
        return escape(reader.value(field))

    return _opening_apart(in_one_scheme(fill(html, value), scheme))


def framed_page(web: str) -> str:
    """Give the web page; its links open apart, but for those within it."""
    return _opening_apart(web)


def filled_text(text: str, reader: Personal) -> str:
    """Give the text part for one reader."""
    return fill(text, reader.value)


def frame_policy(base_url: str) -> str:
    """Let a frame show its own styles and our pictures, on pages of ours, and do nothing."""
    return (
        f"default-src 'none'; img-src 'self' {base_url}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def _opening_apart(page: str) -> str:
    return re.sub(r'<a (?=[^>]*\bhref="https?:)', '<a target="_blank" rel="noopener" ', page)
