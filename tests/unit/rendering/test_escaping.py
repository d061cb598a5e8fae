"""What templates print is made harmless once, whatever way it comes."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from newsletter.rendering.holding import Holding
from tests.unit.rendering.drafting import DESIGN

NASTY = "<a href='x'>&"
HARMLESS = "&lt;a href=&#39;x&#39;&gt;&amp;"


@pytest.mark.parametrize(
    "template",
    [
        "{{ text }}",
        "{{ text ~ '' }}",
        "{{ [text] | join }}",
        "{% set kept %}{{ text }}{% endset %}{{ kept }}",
        "{% macro said(what) %}{{ what }}{% endmacro %}{{ said(text) }}",
        "{% autoescape false %}{{ text }}{% endautoescape %}",
        "{{ table.items }}",
    ],
)
def test_text_is_escaped_once_on_every_way_into_a_page(template: str) -> None:
    holding = Holding()
    values = {"text": NASTY, "table": {"items": NASTY}, "holding": holding}
    assert DESIGN.html.from_string(template).render(values) == HARMLESS
    assert holding.release(DESIGN.skeleton.from_string(template).render(values)) == HARMLESS


@pytest.mark.parametrize(("value", "shown"), [(Markup("<b>x</b>"), "<b>x</b>"), (3, "3"), (None, "None"), ([NASTY], "[&#34;")])
def test_markup_stays_as_it_is_and_all_else_is_text(value: object, shown: str) -> None:
    assert DESIGN.html.from_string("{{ value }}").render(value=value).startswith(shown)
