"""A mistake put right, and several links side by side."""

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import pytest

from newsletter.errors import IssueError
from newsletter.rendering.edition import Edition
from tests.unit.rendering.drafting import draw, draw_markdown, write_issue

CORRECTION = '::: correction said="The line closes at noon."{}\nIt is open until **six**.\n:::\n'
RESOURCES = """::: resources
* [A *good* guide](https://example.org/a?b=1&c=2): What it is.
* [A second](https://example.org/second)
* [A third](https://example.org/third): One.

  Two, with [a link](https://example.org/inside).
:::
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of an issue with an earlier one beside it."""
    (tmp_path / "2026-10").mkdir()
    (tmp_path / "2026-10" / "issue.md").write_text("", "utf-8")
    (tmp_path / "2026-12").mkdir()
    return tmp_path / "2026-12"


def sound(edition: Edition) -> bool:
    """Tell whether both pages are sound HTML."""
    parsers = [html5lib.HTMLParser() for _ in range(2)]
    for parser, page in zip(parsers, (edition.html, edition.web), strict=True):
        parser.parse(page)
    return not any(parser.errors for parser in parsers)


def test_a_correction_says_what_was_said_and_what_is_true() -> None:
    edition = draw_markdown(f"## Part\n\n{CORRECTION.format('')}")
    for page in (edition.html, edition.web):
        assert re.search(r"We made a mistake</h3>\n<p[^>]*>We said: “The line closes at noon\.”</p>", page)
        assert re.search(r"<strong>This is true:</strong></p>\n<p>It is open until <strong>six</strong>\.</p>", page)
    said = "[We made a mistake]\n\nWe said: “The line closes at noon.”\n\nThis is true:\n\nIt is open until six.\n"
    assert said in edition.text
    assert sound(edition)


def test_a_correction_names_the_issue_that_it_corrects_and_leads_to_it(folder: Path) -> None:
    edition = draw(write_issue(f"## Part\n\n{CORRECTION.format(' issue=2026-10')}", folder=folder))
    for page in (edition.html, edition.web):
        assert re.search(
            r'In our letter of <a href="https://letter\.example\.org/issues/2026-10/"[^>]*>October 2026</a> we said: “The line',
            page,
        )
    assert "In our letter of October 2026 we said: “The line closes at noon.”\nhttps://letter.example.org/issues/2026-10/\n" in (
        edition.text
    )


def test_a_correction_speaks_the_language_of_the_issue(folder: Path) -> None:
    issue = write_issue(f"## Parte\n\n{CORRECTION.format(' issue=2026-10')}", language="es", folder=folder)
    for said in (draw(issue).text, re.sub(r"<[^>]*>", "", draw(issue).web)):
        assert "Cometimos un error" in said
        assert "En nuestra carta de octubre de 2026 dijimos: “The line" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2026-11", "there is no issue “2026-11”, which “issue” names → Did you mean 2026-10?"),
        ("2026-12", "“issue” names this issue itself → Name an earlier issue, or leave issue out."),
        ("../2026-10", "there is no issue “../2026-10”, which “issue” names → Did you mean 2026-10?"),
    ],
)
def test_a_correction_of_an_issue_that_is_not_there_is_found(folder: Path, name: str, said: str) -> None:
    with pytest.raises(IssueError) as caught:
        write_issue(CORRECTION.format(f" issue={name}"), folder=folder)
    (finding,) = caught.value.findings
    assert f"{finding.message} → {finding.fix}" == said
    assert finding.place.column == len('::: correction said="The line closes at noon." ') + 1


def test_resources_are_headings_with_links_and_what_is_said_about_them() -> None:
    edition = draw_markdown(f"## Part\n\n{RESOURCES}")
    for page in (edition.html, edition.web):
        titles = re.findall(r'<h3[^>]*><a href="([^"]*)"[^>]*>(.*?)</a></h3>', page)
        assert titles == [
            ("https://example.org/a?b=1&amp;c=2", re.search(r"A <em[^>]*>good</em> guide", page)[0]),  # type: ignore[index]
            ("https://example.org/second", "A second"),
            ("https://example.org/third", "A third"),
        ]
        assert "<p>What it is.</p>" in page
        assert page.count("A <em") == 1
    assert sound(edition)


def test_resources_in_the_text_part_are_titles_addresses_and_words() -> None:
    text = draw_markdown(f"## Part\n\n{RESOURCES}").text
    assert (
        "* A good guide\nhttps://example.org/a?b=1&c=2\nWhat it is.\n\n* A second\nhttps://example.org/second\n\n"
        "* A third\nhttps://example.org/third\nOne.\n\nTwo, with a link [1].\n\nLinks:\n[1] https://example.org/inside\n"
    ) in text
    assert text.count("https://example.org/second") == 1


def test_a_term_that_first_comes_up_in_a_resource_is_marked_there() -> None:
    web = draw_markdown("## Part\n\n::: resources\n* [A guide](https://example.org/a): About a [[biopsy]].\n:::\n").web
    assert '<p>About a <a class="word" id="in_text_biopsy" href="#word_biopsy">biopsy</a>.</p>' in web


@pytest.mark.parametrize("count", range(1, 6))
def test_outlook_gets_whole_tables_however_many_resources_there_are(count: int) -> None:
    """What stands in conditional comments is a tree of its own, two columns to a row."""
    items = "\n".join(f"* [Title {number}](https://example.org/{number}): Words." for number in range(count))
    html = draw_markdown(f"## Part\n\n::: resources\n{items}\n:::\n").html
    grid = html[html.index('<div style="margin:8px 0 12px;font-size:0">') :]
    outlook = "".join(re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", grid, re.DOTALL))
    assert outlook.count("<table") == outlook.count("</table>") == -(-count // 2)
    assert outlook.count("<td") == outlook.count("</td>")
    assert outlook.count('<td width="256"') == count


def test_the_columns_need_no_style_sheet_and_fold_without_one() -> None:
    html = re.sub(r"<style.*?</style>", "", draw_markdown(f"## Part\n\n{RESOURCES}").html, flags=re.DOTALL)
    assert html.count('style="display:inline-block;width:100%;max-width:256px;vertical-align:top"') == 3
