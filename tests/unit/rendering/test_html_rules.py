"""HTML that a template leaves open names that template's line: it would tear the mail in some programs and not in others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.authoring.folder import GALLERY, list_issues, read_issues
from newsletter.errors import TemplateError
from newsletter.rendering.design import load_design
from newsletter.rendering.html_rules import find_html_mistakes, find_unclosed, require_closed
from newsletter.rendering.render import render_editions
from tests.unit.rendering.drafting import BOTH_LANGUAGES, DESIGN, HOME, LETTERHEAD

ISSUE = read_issues(HOME, "2026-12", ("en", "es"), shelf=GALLERY)[0]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "templates", tmp_path / "templates")
    return tmp_path / "templates"


def test_our_own_templates_close_what_they_open() -> None:
    issues = [issue for name in list_issues(HOME, GALLERY) for issue in read_issues(HOME, name, ("en", "es"), shelf=GALLERY)]
    assert find_unclosed(DESIGN, issues, BOTH_LANGUAGES) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("email/blocks/quote.html.j2", "</blockquote>", "", "<blockquote> is not closed before </td>"),
        ("email/blocks/story.html.j2", "{{ body }}", "{{ body }}</dd>", "</dd> closes nothing that is open"),
        ("email/section.html.j2", "<h2 id=", '<h2 class="x" id=', "class stands twice in <h2>"),
        ("email/footer.html.j2", '<p style="margin:0">', '<p style="margin:0>', "the tag <p … is not whole"),
        ("email/opening.html.j2", "</a></p>", "</p>", "<a> is not closed before </p>"),
        ("email/blocks/resources.html.j2", "<!--[if mso]></td></tr></table>", "<!--[if mso]></tr></table>", "<td> is not closed"),
        ("web/blocks/callout.html.j2", "</div>", "", "<div> is not closed before </section>"),
        ("web/layout.html.j2", "</body>", "", "<body> is not closed before </html>"),
    ],
)
def test_a_tag_that_is_left_open_names_its_template_and_line(templates: Path, file: str, old: str, new: str, said: str) -> None:
    text = (templates / file).read_text("utf-8")
    assert old in text
    (templates / file).write_text(text.replace(old, new), "utf-8")
    found = find_unclosed(load_design(templates.parent), [ISSUE], BOTH_LANGUAGES)
    assert any(line.startswith(f"templates/{file}:") and said in line for line in found), found


def test_the_line_is_that_of_the_tag(templates: Path) -> None:
    (templates / "email/blocks/quote.html.j2").write_text("{# A quote #}\n<p>\n{{ body }}\n<em>{{ block.by }}\n</p>\n", "utf-8")
    found = find_unclosed(load_design(templates.parent), [ISSUE], BOTH_LANGUAGES)
    assert found == ["templates/email/blocks/quote.html.j2:4: <em> is not closed before </p>"]


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><html><br><img alt=''><p a=1>x</p></html>",
        "<div><!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso | IE]></td></tr></table><![endif]--></div>",
        "<p><!--[if !mso]><!--><b>x</b><!--<![endif]--></p>",
        "<hr /><!-- <b> -->",
        "<style>p::after { content: '<b>'; }</style>",
    ],
)
def test_what_is_well_formed_in_both_readings_is_not_complained_of(page: str) -> None:
    assert find_html_mistakes(page) == ()


@pytest.mark.parametrize(
    ("file", "old"),
    [
        ("email/blocks/trial.html.j2", "</h3>"),
        ("web/blocks/trial.html.j2", "</h3>"),
        ("email/blocks/resources.html.j2", "<td width"),
    ],
)
def test_an_issue_whose_templates_leave_a_tag_open_is_refused(templates: Path, file: str, old: str) -> None:
    text = (templates / file).read_text("utf-8")
    (templates / file).write_text(text.replace(old, old.replace("<", "<b><", 1), 1), "utf-8")
    design = load_design(templates.parent)
    with pytest.raises(TemplateError, match=rf"templates/{file}:\d+: <b> is not closed"):
        require_closed(design, [ISSUE], render_editions([ISSUE], design, LETTERHEAD), LETTERHEAD)


def test_an_issue_whose_templates_close_everything_passes() -> None:
    require_closed(DESIGN, [ISSUE], render_editions([ISSUE], DESIGN, LETTERHEAD), LETTERHEAD)


def test_a_tag_that_closes_nothing_is_seen_at_a_glance(templates: Path) -> None:
    (templates / "web/blocks/button.html.j2").write_text("</p>{{ block.label }}", "utf-8")
    design = load_design(templates.parent)
    with pytest.raises(TemplateError, match=r"button\.html\.j2:1: </p> closes nothing"):
        require_closed(design, [ISSUE], render_editions([ISSUE], design, LETTERHEAD), LETTERHEAD)


def test_what_only_outlook_sees_open_is_found() -> None:
    page = "<div><!--[if mso]><table><![endif]--></div>"
    assert [mistake.message for mistake in find_html_mistakes(page)] == ["<table> is not closed before </div>"]
