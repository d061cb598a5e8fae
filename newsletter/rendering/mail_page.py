"""The HTML of a mail: MJML compiled, what was held back put in, and the little that MJML leaves out."""

from __future__ import annotations

import re
from collections.abc import Mapping

import mjml

from newsletter.errors import TemplateError
from newsletter.rendering.design import Design, draw
from newsletter.rendering.holding import PLACEHOLDER, Holding

LAYOUT = "email/layout.mjml.j2"


def mail_page(design: Design, values: Mapping[str, object], *, language: str) -> str:
    """Draw the mail's HTML; ``language`` is that of its text. Raises TemplateError."""
    holding = Holding()
    skeleton = re.sub(r"\n\s+", "\n", draw(design.skeleton, LAYOUT, {**values, "holding": holding}))
    try:
        # Without fonts={} MJML fetches a font from a third party, which would tell it who reads us.
        page: str = mjml.mjml2html(skeleton, fonts={})
    except ValueError as error:
        raise TemplateError(f"templates/{LAYOUT} is not MJML: {error}") from error
    if lost := set(PLACEHOLDER.findall(skeleton)) - set(PLACEHOLDER.findall(page)):
        pieces = "\n".join(holding.release(f"@@MMHELD{number}@@")[:200] for number in sorted(lost))
        raise TemplateError(f"templates/{LAYOUT}: MJML has dropped what stands where it does not expect it:\n{pieces}")
    return holding.release(_mend(page, language))


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
