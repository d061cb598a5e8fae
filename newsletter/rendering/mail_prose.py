"""An editor's prose in the HTML of a mail: inline styles, and merge tokens where the personal parts will stand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, MergeField
from newsletter.errors import TemplateError
from newsletter.rendering.html_prose import ELEMENTS, HtmlProse
from newsletter.rendering.merge import merge_token
from newsletter.rendering.theme import Theme


class MailProse(HtmlProse):
    """Prose for a mail."""

    def personal(self, merge_field: MergeField) -> Markup:
        """Give the token at which a person's value will be spliced in."""
        return Markup(merge_token(merge_field))  # noqa: S704 - a token is ASCII of ours

    def personal_link(self, merge_field: MergeField, words: Markup) -> Markup:
        """Give a link to the token."""
        return Markup(f'<a href="{merge_token(merge_field)}"{self.attributes["a"]}>{words}</a>')  # noqa: S704 - words are ready

    def new_term(self, term: GlossaryTerm, words: Markup) -> Markup:  # noqa: ARG002 - a mail links to no word
        """Give the words as they are: the explanation stands at the end of the section."""
        return words


def read_elements(file: Path, theme: Theme) -> Mapping[str, str]:
    """Read ``templates/email/elements.toml``: the attributes of each element, with the theme's values in place."""
    try:
        elements = tomllib.loads(file.read_text("utf-8"))
        attributes = {
            element: f" {text.format(light=theme.light, fonts=theme.fonts, sizes=theme.sizes)}"
            for element, text in elements.items()
        }
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, KeyError, ValueError) as error:
        raise TemplateError(f"{file}: {error}") from error
    if unknown := sorted(set(attributes) - ELEMENTS):
        raise TemplateError(f"{file}: there is no element {', '.join(unknown)}; there are {', '.join(sorted(ELEMENTS))}")
    return attributes
