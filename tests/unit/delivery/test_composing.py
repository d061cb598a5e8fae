"""Which variant a reader gets is the edition's own answer, and a mail's headers do not tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.composing import EditionForms
from newsletter.errors import SettingsError
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders
from tests.contract.delivery.samples import HEADERS, TOPICS, edition, letter, varied_edition
from tests.contract.publishing.samples import make_varied_edition


def forms(of: Edition, headers: MailHeaders = HEADERS) -> EditionForms:
    return EditionForms(of, headers, envelope_from="bounces@metsmatters.example", message_domain="metsmatters.example")


@given(st.frozensets(st.one_of(st.sampled_from(["a", "b", "c", "d"]), st.text(max_size=3))))
def test_whatever_somebody_chose_they_get_the_variant_that_the_edition_has_for_them(chosen: frozenset[str]) -> None:
    for topics in [(), ("a",), ("a", "b", "c")]:
        varied = make_varied_edition(topics=topics)
        assert forms(varied).for_reader(chosen).variant == varied.variant_for(chosen)


def test_topics_matter_only_to_an_edition_that_names_some() -> None:
    assert forms(varied_edition()).depend_on_topics
    assert not forms(edition()).depend_on_topics
    plain = forms(edition())
    assert plain.for_reader(TOPICS) is plain.for_reader(())


def test_the_headers_of_a_mail_are_the_same_whatever_its_reader_chose() -> None:
    varied = forms(varied_edition())
    heads, bodies = set(), set()
    for chosen in [(), TOPICS, TOPICS[:1], TOPICS[1:]]:
        head, _, body = letter(1, varied.for_reader(chosen)).to_bytes().partition(b"\r\n\r\n")
        heads.add(head)
        bodies.add(body)
    assert (len(heads), len(bodies)) == (1, 4)


def test_settings_that_make_no_mail_are_found_when_forms_are_tried_out() -> None:
    unusable = replace(HEADERS, help_url="https://bücher.example")
    with pytest.raises(SettingsError, match="bücher"):
        forms(varied_edition(), unusable).try_out()
