"""The HTML of mail and web page: well-formed whatever an author writes, and nothing of it is lost in the text part."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from newsletter.errors import IssueError, TemplateError
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_prose import MailProse
from tests.unit.rendering.drafting import draw, draw_markdown, write_issue

NASTY = [
    "1 < 2 and <3, AT&T; &nbsp; \\<script\\>",
    "`</mj-text></mj-column> <!-- a -- b --> <![CDATA[ x ]]> <?php ?>`",
    "[x](https://example.org/?a=1&b=%22'>) \\u{a0} \N{NO-BREAK SPACE}",
    "\N{ZERO WIDTH JOINER}\N{SOFT HYPHEN}e\N{COMBINING ACUTE ACCENT} \N{RIGHT-TO-LEFT MARK}",
    "`{{ x }} {% if %}` {braces} {0} {light.ink} %s",
    "* a\n  * b\n\n    > c\n    > 1. d\n\n---\n\n```\n</td>\n```\n\nhard\\\nbreak *e* **s** ***both***",
    "| a | b |\n|--|--|\n| `<td>` | \\| |\n\n### Head `<h1>`",
    "| a | b | c | d |\n|--|--|--|--|\n| 1 | 2 | | 4 |",
    ".leading dot\n\n@@ MM:address:@@ @@",
]


def _errors(page: str) -> list[object]:
    parser = html5lib.HTMLParser()
    parser.parse(page)
    return list(parser.errors)


def _words(page: str) -> list[str]:
    """Give the visible words: without heads, styles, what is hidden, and comments."""
    page = re.sub(r"<head.*?</head>|<!--.*?-->|<(\w+)[^>]*display:none.*?</\1>", " ", page, flags=re.DOTALL)
    tree = html5lib.parse(re.sub(r"<br>|</(?:p|td|th|li|h\d|div)>", r" \g<0>", page), namespaceHTMLElements=False)
    body = tree.find("body")
    assert body is not None
    return re.findall(r"\w+", "".join(body.itertext()))


def _branch(page: str, *, outlook: bool) -> str:
    """Evaluate the conditional comments as Outlook does, or as everybody else does."""
    page = re.sub(r"<!--\[if !mso[^\]]*\]><!-->(.*?)<!--<!\[endif\]-->", "" if outlook else r"\1", page, flags=re.DOTALL)
    return re.sub(r"<!--\[if[^\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->", r"\1" if outlook else "", page, flags=re.DOTALL)


def _unbalanced(page: str) -> list[str]:
    open_tags: list[str] = []
    for end, tag in re.findall(r"<(/?)(table|tbody|tr|td|th|div|p|ul|ol|li|h[1-6])\b[^>]*>", page):
        if not end:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return [f"</{tag}>"]
    return open_tags


def _check(edition: Edition) -> None:
    for page in (edition.html, edition.web):
        assert _errors(page) == []
        assert "<mj-" not in page
        assert not re.search(r"@@MM(?!:(?:first_name|address|manage_url|unsubscribe_url):[0-9a-f]*@@)", page)
    for outlook in (True, False):
        assert _unbalanced(_branch(edition.html, outlook=outlook)) == []
    assert "@@MM:" not in edition.web


@pytest.mark.parametrize("markdown", NASTY)
def test_no_nasty_text_breaks_a_page(markdown: str) -> None:
    _check(draw_markdown(f"## Part\n\n{markdown}\n"))


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("ab <>&*_`[]()#|-\n\\!\"'1.:/=~@M{}é😀"), max_size=80))
@example("a\n\n- b\n\n      c")
def test_no_text_of_an_author_breaks_a_page_or_stays_out_of_the_text_part(markdown: str) -> None:
    try:
        issue = write_issue(f"## Part\n\n{markdown}\n")
    except IssueError:
        return
    edition = draw(issue)
    _check(edition)
    assert set(_words(edition.html)) - set(re.findall(r"\w+", edition.text)) == set()


def test_every_block_says_in_text_what_it_says_in_html() -> None:
    edition = draw_markdown(
        '## Part\n\n::: callout "Mind this" kind=important\nBody **bold**.\n:::\n\n'
        '::: resource https://example.org/ "A guide" language="English" cost=Free\nWho made it.\n:::\n\n'
        '::: helpline\nCall us.\n:::\n\n::: button https://example.org/go "Go there"\n:::\n\n'
        '::: sources\n* One\n:::\n\n::: sponsors\nThanks.\n:::\n\n::: trial NCT09990001 "A trial"\nWhy.\n:::\n'
    )
    _check(edition)
    said = set(re.findall(r"\w+", edition.text))
    assert set(_words(edition.html)) - said == set()
    body = edition.web[edition.web.index("<section") : edition.web.index("</main>")]
    assert set(_words(f"<body>{body}</body>")) - said == set()


def test_a_table_names_its_rows_and_columns() -> None:
    html = draw_markdown("## Part\n\n| Score | Meaning |\n|--|--|\n| 0 | none |\n").html
    assert re.search(r'<th scope="col"[^>]*>Score</th>', html)
    assert re.search(r'<th scope="row"[^>]*>0</th><td[^>]*>none</td>', html)
    assert "display:none;mso-hide:all" not in html


def test_a_wide_table_tells_a_phone_the_name_of_each_cell() -> None:
    html = draw_markdown("## Part\n\n| A | B | | D |\n|--|--|--|--|\n| 1 | 2 | 3 | 4 |\n").html
    assert re.search(r'<span class="lb"[^>]*>B: </span>2</td>', html)
    assert re.search(r"<td[^>]*>3</td>", html)


def test_there_is_one_h1_and_headings_inside_a_section_start_at_h3() -> None:
    edition = draw_markdown("## Part\n\n### Inside\n\nText.\n")
    for page in (edition.html, edition.web):
        assert len(re.findall("<h1[ >]", page)) == 1
        assert re.search(r"<h3[^>]*>Inside</h3>", page)


def test_lists_survive_outlook_by_a_margin_on_each_item() -> None:
    assert re.search(r'<li style="margin:[^"]* 26px">one', draw_markdown("## Part\n\n5. one\n").html)
    assert '<ol start="5"' in draw_markdown("## Part\n\n5. one\n").html


def test_links_to_a_persons_pages_are_tokens_in_a_mail_and_words_on_the_web() -> None:
    edition = draw_markdown("## Part\n\nHello {{first_name|friend}}, [change *it*]({{manage_url}}), {{address}}.\n")
    assert re.search(r'<a href="@@MM:manage_url:@@"[^>]*>change <em>it</em></a>', edition.html)
    assert "Hello @@MM:first_name:667269656e64@@," in edition.html
    assert "Hello friend, change <em>it</em> (use the link in your mail), your address." in edition.web


def test_a_glossary_term_is_explained_at_the_end_of_its_first_section() -> None:
    page = draw_markdown("## One\n\nA [[biopsy]].\n\n## Two\n\nA [[biopsy]].\n").html
    assert page.count("Taking out some cells") == 1
    assert page.index("Taking out some cells") < page.index('id="two"')


def test_an_unknown_kind_of_markdown_is_refused() -> None:
    with pytest.raises(TemplateError, match="footnote_ref"):
        MailProse({}).inline([Token("footnote_ref", "", 0)])
