"""The HTML of a mail: MJML compiled, what was held back put in, and the little that MJML leaves out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import mjml

from newsletter.errors import TemplateError
from newsletter.rendering.design import Design, draw
from newsletter.rendering.holding import Holding
from newsletter.rendering.mjml_rules import find_mjml_mistakes
from newsletter.rendering.plain import html_text
from newsletter.rendering.template_lines import MARK, MarkLines, unmark

LAYOUT = "email/layout.mjml.j2"
WRITTEN_FOR_THE_ISSUE = ("title", "preheader")
"""Always held back, so that every issue has the same skeleton and MJML need not be compiled again."""

_STYLE_SHEET = re.compile(r"(<style[^>]*>)(.*?)(?=</style>)", re.DOTALL)


def mail_page(design: Design, values: Mapping[str, object], *, language: str) -> str:
    """Draw the mail's HTML; ``language`` is that of its text. Raises TemplateError."""
    skeleton, holding = draw_skeleton(design, values)
    if find_mjml_mistakes(skeleton):
        raise _refusal(design, values)
    return holding.release(_compiled(skeleton, language))


def draw_skeleton(design: Design, values: Mapping[str, object]) -> tuple[str, Holding]:
    """Draw the MJML of a mail, with placeholders, and what belongs in their places. Raises TemplateError."""
    holding = Holding()
    held = {name: html_text(str(values[name])) for name in WRITTEN_FOR_THE_ISSUE}
    drawn: str = draw(design.skeleton, LAYOUT, {**values, **held, "holding": holding})
    if MARK in drawn:
        drawn, _ = unmark(drawn)
    return holding.numbered_anew(drawn), holding


def compile_mjml(skeleton: str, language: str) -> str:
    """Turn MJML into HTML. Raises TemplateError."""
    try:
        # Without fonts={} MJML fetches a font from a third party, which would tell it who reads us.
        page: str = mjml.mjml2html(re.sub(r"\n\s+", "\n", skeleton), fonts={})
    except ValueError as error:
        raise TemplateError(f"templates/{LAYOUT} is not MJML: {error}") from error
    return _STYLE_SHEET.sub(lambda match: match[1] + _without_blanks(match[2]), _mend(page, language))


_compiled = lru_cache(maxsize=8)(compile_mjml)
"""Issues and their variants have one skeleton, since what differs in them is held back."""


def _refusal(design: Design, values: Mapping[str, object]) -> TemplateError:
    """Draw the MJML again, this time with its lines marked, and say what is wrong in which of them."""
    holding = Holding()
    skeleton, lines = unmark(draw(design.skeleton.overlay(extensions=[MarkLines]), LAYOUT, {**values, "holding": holding}))
    mistakes = [f"{lines.place(mistake.offset)}: {mistake.message}" for mistake in find_mjml_mistakes(skeleton)]
    said = unmark(holding.release("\n  ".join(mistakes)))[0]
    return TemplateError(f"The mail cannot be made from these templates:\n  {said}")


def _without_blanks(style_sheet: str) -> str:
    """Leave out the blanks that part nothing: every mail of an issue carries them."""
    return re.sub(r"\s*([{};])\s*", r"\1", style_sheet).replace(";}", "}")


def _mend(page: str, language: str) -> str:
    # Screen readers take the language from the body's direct children where a webmail drops html and body; Outlook takes it
    # from xml:lang.
    for old, new in (
        ("<body style=", f'<body xml:lang="{language}" style='),
        ('<div style="display:none;', f'<div lang="{language}" dir="ltr" style="display:none;'),
    ):
        if page.count(old) != 1:
            raise TemplateError(f"templates/{LAYOUT}: MJML wrote {old!r} {page.count(old)} times instead of once")
        page = page.replace(old, new)
    # mrml ends Outlook's comment and begins it again between two tags.
    return page.replace("<![endif]--><!--[if mso | IE]>", "")
