"""Blocks for readers of a topic make variants of the mail, and what is closed leaves no trace in one."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.edition import Edition
from newsletter.rendering.render import render_editions
from tests.unit.rendering.drafting import DESIGN, LETTERHEAD, draw_markdown, write_issue

TOPICS = ("her2", "living", "tnbc")
LABELS = {"her2": "HER2-positive and HER2-low", "living": "Day-to-day life", "tnbc": "Triple negative"}


def block(topic: str, words: str) -> str:
    return f"::: for topic={topic}\n{words}\n:::\n"


def without(markdown: str, *topics: str) -> str:
    """Delete the blocks for these topics, as an editor would by hand."""
    return re.sub(rf"::: for topic=(?:{'|'.join(topics)})\n.*?\n:::\n", "", markdown, flags=re.DOTALL)


def variants(markdown: str) -> dict[tuple[str, ...], tuple[str, str]]:
    return {variant.topics: (variant.html, variant.text) for variant in draw_markdown(markdown).variants}


def parts(edition: Edition) -> tuple[str, str]:
    return edition.html, edition.text


def test_an_issue_without_topics_has_one_variant() -> None:
    edition = draw_markdown("## Part\n\nText.\n")
    assert (edition.topics, edition.narrower, len(edition.variants)) == ((), (), 1)
    assert edition.narrowest.html == edition.html


def test_there_is_one_variant_for_every_choice_the_fullest_first() -> None:
    edition = draw_markdown("All.\n\n" + block("tnbc", "T.") + block("her2", "H.") + block("tnbc", "More."))
    assert edition.topics == ("her2", "tnbc")
    assert [variant.topics for variant in edition.variants] == [("her2", "tnbc"), ("her2",), ("tnbc",), ()]
    assert edition.variant_for({"tnbc", "living"}).topics == ("tnbc",)
    assert edition.narrowest.topics == ()
    assert "More." in edition.variant_for({"tnbc"}).html
    assert "More." not in edition.variant_for({"her2"}).html


def test_three_topics_make_eight_variants_that_all_differ() -> None:
    made = variants("All.\n\n" + "".join(block(topic, f"For {topic}.") for topic in TOPICS))
    assert len(made) == len(set(made.values())) == 8


def test_the_languages_of_an_issue_may_have_different_topics() -> None:
    issues = [write_issue("All.\n\n" + block("tnbc", "T.")), write_issue("Todo.\n", language="es")]
    english, spanish = render_editions(issues, DESIGN, replace(LETTERHEAD, languages=("en", "es")))
    assert (english.topics, spanish.topics) == (("tnbc",), ())


def test_a_section_that_is_closed_goes_with_its_heading_and_its_entry_in_the_contents() -> None:
    markdown = "Hello.\n\n## First\n\nText.\n\n## Only for some\n\n" + block("tnbc", "T.") + "\n## Last\n\nText.\n"
    made = variants(markdown)
    for part in made[()]:
        assert "Only for some" not in part
        assert "Last" in part
    for part in made["tnbc",]:
        assert part.count("Only for some") == 2


def test_a_heading_below_which_all_is_closed_goes_too_and_others_stay() -> None:
    markdown = (
        "## Part\n\nText.\n\n### Outer\n\n#### Inner\n\n" + block("tnbc", "T.") + "\n### Kept\n\n"
        "Text.\n\n"
        + block("tnbc", "T.")
        + "\n### Other\n\n::: callout\nA box.\n:::\n\n### Twice\n\n"
        + block("her2", "H.")
        + "\n"
        + block("tnbc", "T.")
    )
    made = {topics: re.findall(r"<h[34][^>]*>([^<]+)", html) for topics, (html, _) in variants(markdown).items()}
    assert made["her2", "tnbc"] == ["Outer", "Inner", "Kept", "Other", "Twice"]
    assert made["her2",] == ["Kept", "Other", "Twice"]
    assert made["tnbc",] == ["Outer", "Inner", "Kept", "Other", "Twice"]
    assert made[()] == ["Kept", "Other"]


def test_a_section_of_a_heading_and_a_closed_block_goes_as_a_whole() -> None:
    markdown = "## Part\n\nText.\n\n## Trials\n\n### For you\n\n" + block("tnbc", "T.")
    assert "Trials" not in variants(markdown)[()][0]


def test_a_heading_that_has_nothing_below_it_anyway_stays() -> None:
    markdown = "## Part\n\n" + block("tnbc", "T.") + "\nText.\n\n### Bare\n"
    assert "Bare" in variants(markdown)[()][0]


def test_a_term_first_met_in_a_closed_block_is_explained_at_its_next_use() -> None:
    markdown = "## One\n\nText.\n\n" + block("tnbc", "A [[biopsy]].") + "\n## Two\n\nA [[biopsy]], and a [[biopsy]].\n"
    for part in variants(markdown)[()]:
        assert part.count("Taking out some cells") == 1
        assert part.index("Taking out some cells") > part.index("Two", part.index("One\n") if "One\n" in part else 0)
    _, text = variants(markdown)["tnbc",]
    assert text.index("Taking out") < text.rindex("Two")


def test_the_links_of_the_text_part_are_numbered_without_a_gap() -> None:
    link = "[Read {0}](https://example.org/{0})"
    markdown = (
        f"## One\n\n{link.format('a')}\n\n{block('tnbc', link.format('b'))}\n## Two\n\n{link.format('c')} {link.format('b')}\n"
    )
    full, closed = variants(markdown)["tnbc",][1], variants(markdown)[()][1]
    assert re.findall(r"^\[(\d+)\] \S+/(\w)$", full, re.MULTILINE) == [("1", "a"), ("2", "b"), ("3", "c")]
    assert re.findall(r"^\[(\d+)\] \S+/(\w)$", closed, re.MULTILINE) == [("1", "a"), ("2", "c"), ("3", "b")]
    assert "Read c [3] Read b [2]" in full
    assert "Read c [2] Read b [3]" in closed


def test_a_mail_does_not_say_for_whom_a_part_is() -> None:
    edition = draw_markdown("All.\n\n" + block("tnbc", "Words."))
    for variant in edition.variants:
        for part in (variant.html, variant.text):
            assert "tnbc" not in part
            assert "Triple negative" not in part
            assert "chose:" not in part


@pytest.mark.parametrize(
    ("language", "said"), [("en", "For readers who chose: Triple negative"), ("es", "Para quienes eligieron: Triple negativo")]
)
def test_the_web_page_shows_all_parts_and_says_for_whom_they_are(language: str, said: str) -> None:
    edition = draw_markdown("All.\n\n" + block("tnbc", "Words one.") + block("her2", "Words two."), language=language)
    assert said in edition.web
    assert "Words one." in edition.web
    assert "Words two." in edition.web
    assert edition.web.count('class="box for"') == 2


def test_a_change_in_a_closed_part_changes_the_digest() -> None:
    one, other = (draw_markdown("All.\n\n" + block("tnbc", words)) for words in ("One.", "Other."))
    assert one.digest != other.digest
    narrower = replace(one, narrower=(replace(one.narrower[0], text="Other."),))
    assert narrower.digest != one.digest


PIECES = st.sampled_from(
    [
        "Plain words.",
        "A [[biopsy]] and **bold** words.",
        "[Read a](https://example.org/a) and [call](tel:+18442757427).",
        "[Read b](https://example.org/b), {{first_name|friend}}, [[biopsy|Biopsies]].",
        "* one\n* [two](https://example.org/a)\n\nAfter the list.",
        "| Test | Shows |\n|---|---|\n| MRI | [c](https://example.org/c) |",
        "> Said.\n\nSo.",
        "### A heading\n\nBelow it.",
        "```\ncode\n```",
        '::: callout "A box"\nWith a [[biopsy]].\n:::',
    ]
)
BODIES = PIECES.filter(lambda piece: not piece.startswith(":::"))
BLOCKS = st.builds(block, st.sampled_from(TOPICS), BODIES)
CONTENT = st.lists(st.one_of(PIECES.map("{}\n".format), BLOCKS), min_size=1, max_size=6)


@given(opening=CONTENT, sections=st.lists(CONTENT, max_size=5))
def test_a_variant_is_the_mail_of_an_issue_without_the_closed_blocks(opening: list[str], sections: list[list[str]]) -> None:
    written = ["Hello.\n", *opening], *([f"## Section {number}\n", *section] for number, section in enumerate(sections))
    markdown = "\n".join("\n".join(section) for section in written)
    for variant in draw_markdown(markdown).variants:
        closed = [f"::: for topic={topic}\n" for topic in TOPICS if topic not in variant.topics]
        left = ([piece for piece in section if not piece.startswith(tuple(closed))] for section in written)
        by_hand = "\n".join("\n".join(section) for section in left if len(section) > 1 or not section[0].startswith("##"))
        assert (variant.html, variant.text) == parts(draw_markdown(by_hand))
