"""The HTML of a mail: MJML compiled, what was held back put in, and the little that MJML leaves out."""

from __future__ import annotations

import re
from collections.abc import Mapping

import mjml

from newsletter.errors import TemplateError
from newsletter.rendering.design import Design, draw
from newsletter.rendering.holding import Holding
from newsletter.rendering.mjml_rules import find_mjml_mistakes
from newsletter.rendering.template_lines import MarkLines, unmark

LAYOUT = "email/layout.mjml.j2"


def mail_page(design: Design, values: Mapping[str, object], *, language: str) -> str:
    """Draw the mail's HTML; ``language`` is that of its text. Raises TemplateError."""
    holding = Holding()
    skeleton = draw(design.skeleton, LAYOUT, {**values, "holding": holding})
    if find_mjml_mistakes(skeleton):
        raise _refusal(design, values)
    try:
        # Without fonts={} MJML fetches a font from a third party, which would tell it who reads us.
        page: str = mjml.mjml2html(re.sub(r"\n\s+", "\n", skeleton), fonts={})
    except ValueError as error:
        raise TemplateError(f"templates/{LAYOUT} is not MJML: {error}") from error
    return holding.release(_mend(page, language))


def _refusal(design: Design, values: Mapping[str, object]) -> TemplateError:
    """Draw the MJML again, this time with its lines marked, and say what is wrong in which of them."""
    holding = Holding()
    skeleton, lines = unmark(draw(design.skeleton.overlay(extensions=[MarkLines]), LAYOUT, {**values, "holding": holding}))
    mistakes = [f"{lines.place(mistake.offset)}: {mistake.message}" for mistake in find_mjml_mistakes(skeleton)]
    said = unmark(holding.release("\n  ".join(mistakes)))[0]
    return TemplateError(f"The mail cannot be made from these templates:\n  {said}")


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
    return page
