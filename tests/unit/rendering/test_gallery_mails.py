"""What every mail program may do to a mail, done to every letter of the gallery and of the sample issue, in every variant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import html5lib
import pytest

from newsletter.authoring.folder import GALLERY, ISSUES, list_issues, read_issues
from newsletter.rendering.edition import Edition
from newsletter.rendering.mjml_rules import VOID
from newsletter.rendering.render import render_editions
from newsletter.rendering.schemes import ColourScheme, in_one_scheme
from tests.unit.rendering.drafting import BOTH_LANGUAGES, DESIGN, HOME

EDITIONS = [
    edition
    for shelf in (GALLERY, ISSUES)
    for name in list_issues(HOME, shelf)
    for edition in render_editions(read_issues(HOME, name, ("en", "es"), shelf=shelf), DESIGN, BOTH_LANGUAGES)
]
every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: f"{edition.title}-{edition.language}")


class Balance(HTMLParser):
    """Notes what is closed without being open, and what stays open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.path: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.wrong += self.path

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in VOID:
            self.path.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Open nothing: the tag is empty."""

    def handle_endtag(self, tag: str) -> None:
        if not self.path or self.path.pop() != tag:
            self.wrong.append(f"</{tag}> {self.getpos()}")


def _as_outlook_reads(page: str) -> str:
    """Evaluate the conditional comments as Outlook on Windows does."""
    page = re.sub(r"<!--\[if !mso[^\]]*\]><!-->.*?<!--<!\[endif\]-->", "", page, flags=re.DOTALL)
    page = re.sub(r"<!--\[if lte mso 11\]>.*?<!\[endif\]-->", "", page, flags=re.DOTALL)
    return re.sub(r"<!--\[if [^\]]*\]>(.*?)<!\[endif\]-->", r"\1", page, flags=re.DOTALL)


def _as_others_read(page: str) -> str:
    return re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)


def _pages(edition: Edition) -> Iterator[str]:
    yield from (variant.html for variant in edition.variants)
    yield edition.web


@every_edition
def test_no_page_has_a_parse_error(edition: Edition) -> None:
    for page in _pages(edition):
        parser = html5lib.HTMLParser()
        parser.parse(page)
        assert parser.errors == []


@every_edition
def test_what_is_opened_is_closed_in_outlook_and_everywhere_else(edition: Edition) -> None:
    for variant in edition.variants:
        assert Balance(_as_outlook_reads(variant.html)).wrong == []
        assert Balance(_as_others_read(variant.html)).wrong == []


def test_an_unbalanced_page_would_be_found() -> None:
    assert Balance("<p><b>x</p>").wrong != []
    assert Balance(_as_outlook_reads("<!--[if mso]><table><![endif]-->")).wrong == ["table"]


@every_edition
def test_outlook_gets_tables_of_600_pixels_where_others_get_a_width_at_most(edition: Edition) -> None:
    sections = edition.html.count("max-width:600px")
    assert sections == 4
    outlook = _as_outlook_reads(edition.html)
    assert len(re.findall(r'<table[^>]*\bwidth="600"', outlook)) == sections
    assert 'width="600"' not in _as_others_read(edition.html)


@every_edition
def test_only_tables_of_data_are_tables_to_a_screen_reader(edition: Edition) -> None:
    tree = html5lib.parse(_as_others_read(edition.html), namespaceHTMLElements=False)
    for table in tree.iter("table"):
        assert (table.get("role") == "presentation") is (table.find(".//th") is None or table.find(".//table") is not None)


@every_edition
def test_the_inbox_shows_the_preheader_and_nothing_else(edition: Edition) -> None:
    tree = html5lib.parse(edition.html, namespaceHTMLElements=False)
    body = tree.find("body")
    assert body is not None
    hidden = body[0]
    assert "".join(hidden.itertext()) == edition.preheader
    assert "display:none" in str(hidden.get("style"))
    assert [(child.get("lang"), child.get("dir")) for child in body] == [(edition.written_in, "ltr")] * 2


@every_edition
def test_where_pictures_are_off_each_says_what_it_shows_in_a_size_that_can_be_read(edition: Edition) -> None:
    for image in re.findall(r"<img[^>]*>", edition.html):
        assert re.search(r' alt="[^"]{10,}"', image)
        assert re.search(r' width="\d+" height="\d+"', image)
        assert "font-size:16px" in image


@pytest.mark.parametrize("scheme", ColourScheme)
def test_a_page_can_be_held_to_one_scheme(scheme: ColourScheme) -> None:
    for page in _pages(EDITIONS[0]):
        held = in_one_scheme(page, scheme)
        assert "prefers-color-scheme" not in held
        assert re.search(rf"color-scheme:\s*{scheme}", held)
        assert "light dark" not in held
        applies = "min" if scheme is ColourScheme.DARK else "max"
        assert re.search(rf"@media\s*\({applies}-width: 0\)", held)
