"""The sizes: as they travel, and where the bytes are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.checking.written_issue import WrittenIssue
from newsletter.preview.state import Preview
from newsletter.preview.weights import MailWeight, weigh_mail
from newsletter.rendering.quoted_printable import encode_text


@pytest.fixture
def written(preview: Preview) -> WrittenIssue:
    assert preview.state.shown is not None
    return preview.state.shown


def weigh(written: WrittenIssue, html: str | None = None) -> MailWeight:
    variant = written.editions[0].variants[0]
    variant = replace(variant, html=variant.html if html is None else html)
    return weigh_mail(written.editions[0], variant, written.issues[0], written.config)


def test_the_parts_weigh_what_travels(written: WrittenIssue) -> None:
    weight = weigh(written)
    assert weight.html == len(encode_text(written.editions[0].html))
    assert weight.html + weight.text < weight.message < weight.html + weight.text + 5_000
    assert weight.limit == 102_000


def test_the_sections_add_up_and_the_heaviest_comes_first(written: WrittenIssue) -> None:
    weight = weigh(written)
    bytes_each = [section.bytes for section in weight.sections]
    assert sum(bytes_each) == weight.html
    assert bytes_each == sorted(bytes_each, reverse=True)
    titles = [section.title for section in weight.sections if section.line]
    assert sorted(titles) == sorted(section.title for section in written.issues[0].sections if section.anchor)


def test_the_last_section_does_not_carry_the_footer(written: WrittenIssue) -> None:
    last = written.issues[0].sections[-1]
    [weight] = [section for section in weigh(written).sections if section.title == last.title]
    html = written.editions[0].html
    start = html.index(f'id="{last.anchor}"')
    assert weight.bytes < 0.8 * len(encode_text(html[start:]))


def test_a_section_that_a_variant_lacks_weighs_nothing_there(written: WrittenIssue) -> None:
    weight = weigh(written, "<html><body><p>Nothing</p></body></html>")
    assert [(section.line, section.bytes) for section in weight.sections] == [(0, weight.html)]
