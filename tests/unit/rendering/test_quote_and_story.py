"""Other people's words: who said them is shown, the day on which a reader agreed is not."""

from __future__ import annotations

import re

import html5lib
import pytest

from newsletter.errors import IssueError
from newsletter.rendering.edition import Edition
from tests.unit.rendering.drafting import draw_markdown, write_issue

QUOTE = '::: quote by="Dr. Ana Example" source=https://example.org/talk\nAsk **twice**.\n\nThen ask again.\n:::\n'
STORY = '::: story "My first scan" by="Rosa M." consent=2019-03-27\nI took my sister along.\n:::\n'


def _markup(edition: Edition) -> tuple[str, str]:
    return edition.html, edition.web


def _errors(page: str) -> list[object]:
    parser = html5lib.HTMLParser()
    parser.parse(page)
    return list(parser.errors)


def _blockquote(page: str) -> str:
    found = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)
    assert found
    return found[1]


def test_a_quote_shows_the_words_who_said_them_and_where() -> None:
    edition = draw_markdown(f"## Part\n\n{QUOTE}")
    for page in _markup(edition):
        assert "<strong>twice</strong>" in _blockquote(page)
        assert "Dr. Ana" not in _blockquote(page)
        assert re.search(r'— Dr\. Ana Example<br><a href="https://example\.org/talk"[^>]*>Where these words come from</a>', page)
    said = "> Ask twice.\n\n> Then ask again.\n\n— Dr. Ana Example\nWhere these words come from:\nhttps://example.org/talk\n"
    assert said in edition.text


def test_a_quote_without_a_source_has_no_link_for_it() -> None:
    edition = draw_markdown('## Part\n\n::: quote by="Ana"\nAsk.\n:::\n')
    for said in (*_markup(edition), edition.text):
        assert "— Ana" in said
        assert "Where these words come from" not in said


def test_a_story_shows_its_label_title_words_and_name() -> None:
    edition = draw_markdown(f"## Part\n\n{STORY}")
    for page in _markup(edition):
        assert re.search(r"<p[^>]*>A reader(?:'|&#39;)s story</p>\n<h3[^>]*>My first scan</h3>\n<blockquote", page)
        assert "I took my sister along." in _blockquote(page)
        assert re.search(r"</blockquote>\n<p[^>]*>By Rosa M\.</p>", page)
    assert "[A reader's story] My first scan\n\nI took my sister along.\n\nBy Rosa M.\n" in edition.text


def test_a_story_may_go_without_a_title() -> None:
    edition = draw_markdown('## Part\n\n::: story by="Rosa M." consent=2019-03-27\nI went.\n:::\n')
    assert all("<h3" not in page for page in _markup(edition))
    assert "[A reader's story]\n\nI went.\n" in edition.text


def test_the_blocks_speak_the_language_of_the_issue() -> None:
    edition = draw_markdown(f"## Parte\n\n{QUOTE}\n{STORY}", language="es")
    for said in (*_markup(edition), edition.text):
        assert "De dónde vienen estas palabras" in said
        assert "Historia de una lectora o un lector" in said
        assert "Por Rosa M." in said


def test_no_reader_is_shown_the_day_of_consent() -> None:
    edition = draw_markdown(f"## Part\n\n{STORY}")
    for said in (*_markup(edition), edition.text):
        assert not re.search(r"2019|March|consent", said)


@pytest.mark.parametrize(
    "head",
    ['quote by="A <b>&amp; B"', 'story by="A <b>&amp; B" consent=2019-03-27', 'story "A <b>&amp; B" by=R consent=2019-03-27'],
)
def test_names_and_titles_are_never_markup(head: str) -> None:
    edition = draw_markdown(f"## Part\n\n::: {head}\nOne \\<i> & two.\n:::\n")
    for page in _markup(edition):
        assert "A &lt;b&gt;&amp;amp; B" in page
        assert "One &lt;i&gt; &amp; two." in _blockquote(page)
    assert "A <b>&amp; B" in edition.text


def test_both_are_sound_html() -> None:
    items = "* One\n* Two"
    edition = draw_markdown(f"## Part\n\n{QUOTE}\n{STORY}\n{STORY.replace('I took my sister along.', items)}")
    for page in _markup(edition):
        assert _errors(page) == []


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("::: quote\nAsk.\n:::\n", "3 block-incomplete"),
        ('::: quote by="Ana" source=nowhere\nAsk.\n:::\n', "3 link-relative"),
        ('::: quote by="Ana"\n:::\n', "3 block-body"),
        ("::: story consent=2019-03-27\nI went.\n:::\n", "3 block-incomplete"),
        ('::: story by="Rosa"\nI went.\n:::\n', "3 block-incomplete"),
        ('::: story by="Rosa" consent=spring\nI went.\n:::\n', "3 block-value"),
        ('::: story by="Rosa" consent=2019-02-30\nI went.\n:::\n', "3 block-value"),
    ],
)
def test_what_is_missing_or_wrong_is_found_with_its_line(block: str, line: str) -> None:
    with pytest.raises(IssueError) as caught:
        write_issue(f"## Part\n\n{block}")
    assert [f"{finding.place.line - 6} {finding.rule}" for finding in caught.value.findings] == [line]
