"""An editor's prose on the public web page: no styles, no personal parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from newsletter.authoring.issue import GlossaryTerm, MergeField
from newsletter.rendering.html_prose import HtmlProse
from newsletter.rendering.plain import html_text
from newsletter.rendering.words import Words

WEB_ELEMENTS = {"wide_table": ' class="wide"', "label": ' class="lb"'}
"""The web page has a style sheet; only what it cannot tell apart carries a class."""


@dataclass
class WebProse(HtmlProse):
    """Prose for the web page. ``words`` are those of the issue's language."""

    words: Words = field(default_factory=dict)

    def personal(self, merge_field: MergeField) -> Markup:
        """Give the fallback: a public page knows nobody."""
        return html_text(merge_field.fallback or self.words["web"]["your_address"])

    def personal_link(self, merge_field: MergeField, words: Markup) -> Markup:  # noqa: ARG002 - no reader, no link
        """Give the words and where the link is to be found."""
        return Markup("{} ({})").format(words, self.words["web"]["use_your_mail"])

    def new_term(self, term: GlossaryTerm, words: Markup) -> Markup:
        """Link the term to its line in the list at the end of the page, which links back.

        Anchors of sections have no underscore, so that none of them can be one of these.
        """
        return Markup('<a class="word" id="in_text_{}" href="#word_{}">{}</a>').format(term.anchor, term.anchor, words)
