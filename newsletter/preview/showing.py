"""A mail, text or web page made fit for a frame of the preview: filled in for an invented reader, in one scheme, from here alone.

The mail itself stays as it is: these are copies.
"""

from __future__ import annotations

import re
from enum import StrEnum
from html import escape

from newsletter.authoring.issue import MergeField
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.schemes import ColourScheme, in_one_scheme

SAMPLE_READER = Personal(
    first_name="Alex",
    address="alex@example.org",
    manage_url="https://example.org/the-link-to-your-page",
    unsubscribe_url="https://example.org/the-link-to-unsubscribe",
)

_IMAGE_SOURCE = re.compile(r"(<img\b[^>]*?)\s(?:src|srcset)=\"[^\"]*\"")

_TEXT_PAGE = """<!doctype html>
<html lang="{language}" dir="ltr"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ margin: 0; padding: 24px; background: #fff; color: #1c1c1c; }}
pre {{ width: 76ch; max-width: 100%; margin: 0 auto; font: 15px/1.5 Consolas, Menlo, monospace; white-space: pre-wrap; }}
</style></head><body><pre>{text}</pre></body></html>
"""


class PreviewView(StrEnum):
    """What of an edition a frame shows; the width is the frame's."""

    MAIL = "mail"
    """The HTML part in light colours."""
    DARK = "dark"
    """The HTML part as a mail program shows it that asks for dark colours."""
    IMAGES_OFF = "images-off"
    """The HTML part where pictures are not fetched: most mail programs begin that way."""
    TEXT = "text"
    """The plain-text part."""
    WEB = "web"
    """The page of the archive, in light colours."""


def draw_view(edition: Edition, variant: Variant, view: PreviewView, *, base_url: str) -> str:
    """Give a whole HTML page for a frame. ``base_url`` is the archive's, under which pictures are published."""
    if view is PreviewView.TEXT:
        text = escape(fill(variant.text, SAMPLE_READER.value))
        return _TEXT_PAGE.format(language=edition.written_in, title=escape(edition.title), text=text)
    page = edition.web if view is PreviewView.WEB else fill(variant.html, _escaped_value)
    page = page.replace(f"{base_url}/assets/", "/assets/")
    if view is PreviewView.IMAGES_OFF:
        page = _IMAGE_SOURCE.sub(r"\1", page)
    return in_one_scheme(page, ColourScheme.DARK if view is PreviewView.DARK else ColourScheme.LIGHT)


def _escaped_value(field: MergeField) -> str:
    return escape(SAMPLE_READER.value(field))
