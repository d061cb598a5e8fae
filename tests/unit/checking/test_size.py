"""The size of a mail is exact where it matters, whatever its HTML is made of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.checking.report import Draft
from newsletter.checking.rules.size import the_html_is_not_cut, the_html_leaves_room
from tests.unit.checking.drafts import good_draft

PIECES = st.sampled_from(["word ", "x", " \n", "\t\n", "\n.\n", "=", "é", "\r", "\x00", "\N{BUTTERFLY}", "<td>"])


def _draft(html: str, max_html_bytes: int = 102_000) -> Draft:
    draft = good_draft()
    return replace(draft, edition=replace(draft.edition, html=html), max_html_bytes=max_html_bytes)


@given(st.lists(PIECES, min_size=20, max_size=400).map("".join))
@example("x" * 1000)
@example(" \n" * 300)
@example("\n.\n" * 300)
@example("=" * 1000)
def test_no_mail_near_the_limit_is_taken_for_a_smaller_one(html: str) -> None:
    size = _draft(html).html_bytes
    [large] = the_html_leaves_room(_draft(html, max_html_bytes=size))
    assert f"is {size:,} bytes long" in large.message
    [too_large] = the_html_is_not_cut(_draft(html, max_html_bytes=size - 1))
    assert f"is {size:,} bytes long" in too_large.message
    assert not list(the_html_leaves_room(_draft(html, max_html_bytes=2 * size)))


def test_a_small_mail_is_not_encoded_to_be_weighed() -> None:
    draft = _draft("<p>A few words.</p>\n" * 100, max_html_bytes=10_000)
    assert not list(the_html_leaves_room(draft))
    assert "html_bytes" not in vars(draft)
