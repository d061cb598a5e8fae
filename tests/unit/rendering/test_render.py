"""Issues become editions: deterministic, one a language, and nothing from outside can pretend to be ours."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
from PIL import Image as Pillow

from newsletter.authoring.issue import Block, Sponsor
from newsletter.authoring.lock import TrialLock
from newsletter.errors import TemplateError
from newsletter.rendering.design import load_design
from newsletter.rendering.mail_page import compile_mjml
from newsletter.rendering.render import mail_mjml, render_editions
from tests.unit.rendering.drafting import DESIGN, HOME, LETTERHEAD, TRIAL, draw, draw_markdown, write_issue

BOTH = replace(LETTERHEAD, languages=("en", "es"))
MARKDOWN = "Hello {{first_name|friend}},\n\n## Part\n\nText with a [[biopsy]].\n"


def test_the_same_issue_gives_the_same_bytes() -> None:
    first, again = (render_editions([write_issue(MARKDOWN)], load_design(HOME), BOTH) for _ in range(2))
    assert first == again
    assert [edition.digest for edition in first] == [edition.digest for edition in again]


def test_each_language_gets_its_own_file() -> None:
    english, spanish = write_issue(MARKDOWN), write_issue(MARKDOWN, language="es")
    editions = render_editions([english, spanish], DESIGN, BOTH)
    assert [(edition.language, edition.written_in) for edition in editions] == [("en", "en"), ("es", "es")]
    assert "Dejar de recibir la carta" in editions[1].html
    assert 'href="https://letter.example.org/issues/2026-12/es/">Leer esto en español</a>' in editions[0].web
    assert "Leer esto en español" not in editions[1].web


def test_a_language_without_a_file_gets_the_first_text_under_a_line_that_says_so() -> None:
    edition = render_editions([write_issue(MARKDOWN)], DESIGN, BOTH)[1]
    said = "Este número todavía no está disponible en español. Se lo enviamos en inglés."
    assert (edition.language, edition.written_in) == ("es", "en")
    assert edition.text.replace("\n", " ").startswith(said)
    for page in (edition.html, edition.web):
        assert '<html lang="en"' in page
        assert re.search(r'<p[^>]*lang="es"[^>]*>' + re.escape(said), page)
    assert "Dejar de recibir la carta" in edition.html
    assert "In plain words" in edition.html


def test_the_mail_says_its_language_where_a_webmail_looks_for_it() -> None:
    html = draw_markdown(MARKDOWN).html
    assert re.search(r'<html lang="en" dir="ltr"', html)
    assert '<body xml:lang="en"' in html
    body = html5lib.parse(html, namespaceHTMLElements=False).find("body")
    assert body is not None
    assert [(child.get("lang"), child.get("dir")) for child in body] == [("en", "ltr"), ("en", "ltr")]


def test_the_mail_carries_what_every_mail_needs() -> None:
    edition = draw_markdown(MARKDOWN)
    for needed in (
        '<div lang="en" dir="ltr" style="display:none;',
        ">Tests in plain words</div>",
        'role="article" lang="en" dir="ltr"',
        'aria-label="Mets Matters, December 2026"',
        '<meta name="x-apple-disable-message-reformatting"',
        '<meta name="format-detection"',
        '<meta name="color-scheme" content="light dark"',
        'href="@@MM:manage_url:@@"',
        'href="@@MM:unsubscribe_url:@@"',
        "It was sent to @@MM:address:@@.",
        LETTERHEAD.postal_address,
        'href="tel:+18442757427"',
        "https://letter.example.org/issues/2026-12/en/",
    ):
        assert needed in edition.html, needed
    for needed in ("@@MM:manage_url:@@", "@@MM:unsubscribe_url:@@", "@@MM:address:@@", "issues/2026-12/en/", "844-ASK-SHARE"):
        assert needed in edition.text, needed


def test_nothing_is_fetched_from_anybody_and_nothing_runs() -> None:
    edition = draw_markdown(MARKDOWN)
    for page in (edition.html, edition.web):
        assert "<script" not in page
        assert "fonts.g" not in page
        assert not re.search(r'(?:src|url\()["\']?(?!https://letter\.example\.org/)https?:', page)
        assert "<link" not in page


def test_text_is_never_smaller_than_16_pixels() -> None:
    html = re.sub(r"<!--.*?-->|<head.*?</head>", "", draw_markdown(MARKDOWN).html, flags=re.DOTALL)
    sizes = {int(size) for size in re.findall(r"font-size:(\d+)px", html)} - {0, 1}
    assert min(sizes) >= 16


def test_a_picture_is_shown_at_an_address_made_of_its_content(tmp_path: Path) -> None:
    data = io.BytesIO()
    Pillow.new("RGB", (1040, 500), "white").save(data, "PNG")
    (tmp_path / "cell.png").write_bytes(data.getvalue())
    figure = '::: figure cell.png "A caption" alt="A white field"\nLong.\n:::\n'
    edition = draw(write_issue(f"## Part\n\n{figure}\n{figure}", folder=tmp_path))
    name = hashlib.sha256(data.getvalue()).hexdigest()[:16] + ".png"
    assert [(asset.name, asset.media_type, asset.data) for asset in edition.assets] == [(name, "image/png", data.getvalue())]
    source = f'<img src="https://letter.example.org/assets/{name}" alt="A white field" width="520" height="250"'
    assert edition.html.count(source) == 2
    assert edition.web.count(source) == 2
    assert "[Picture: A white field]" in edition.text


def test_a_registrys_record_cannot_pretend_to_be_a_token_of_ours() -> None:
    record = replace(TRIAL, brief_title="A @@MM:address:@@ @@MMHELD0@@ <b>\x00\x85 study", lead_sponsor="@@MM:first_name:@@")
    issue = write_issue("## Part\n\n::: trial NCT01234567\nWhy.\n:::\n", lock=TrialLock({"NCT01234567": record}))
    edition = draw(replace(issue, title="@@MMHELD1@@ é", sponsors=(Sponsor("@@MM:address:@@"),)))
    parser = html5lib.HTMLParser()
    parser.parse(edition.html)
    assert parser.errors == []
    assert edition.html.count("@@MM:address:@@") == edition.text.count("@@MM:address:@@") == 1
    assert "@@MM:first_name" not in edition.html + edition.text
    assert "@@MMHELD" not in edition.html
    assert "&lt;b&gt;" in edition.html
    assert 'aria-label="@@⁠MMHELD1@@ é"' in edition.html


def test_an_issue_of_twelve_sections_stays_below_45_kb() -> None:
    paragraph = "A lab report can feel like it was written for everyone but you. This issue walks through one with you, [link]. "
    section = (
        "## Section {number}\n\n" + paragraph.replace("[link]", "[read on](https://example.org/guide)") * 4 + "\n\n"
        "* **Bone scan.** You get a small amount of a tracer.\n* **MRI.** A magnet makes pictures.\n* **Biopsy.** Cells.\n\n"
        "| Result | May open |\n|--|--|\n| A change | A tablet |\n| A level | A drip |\n\n" + paragraph * 3 + "\n\n"
    )
    edition = draw_markdown("".join(section.format(number=number) for number in range(12)))
    assert len(edition.html.encode()) <= 45_000


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "templates", tmp_path / "templates")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("email/section.html.j2", "{{ section.body }}", "{{ section.boddy }}", r"email/section\.html\.j2, line \d+:.*boddy"),
        ("web/layout.html.j2", "{% if notice %}", "{% if %}", r"templates/web/layout\.html\.j2, line \d+"),
        ("email/layout.mjml.j2", "</mj-head>", "", r"email/layout\.mjml\.j2:\d+: <mj-head> is not closed"),
        ("email/call.html.j2", "</div>", '</div>{% include "email/call.html.j2" %}', "a template includes itself"),
        ("email/layout.mjml.j2", "<mj-raw>", "<mj-raw>]]>", r"email/layout\.mjml\.j2 is not MJML"),
        ("email/layout.mjml.j2", "<mj-raw>", '<mj-raw><div style="display:none;"></div>', r"wrote .* 2 times instead of once"),
        ("email/layout.mjml.j2", '{% include "email/call.html.j2" %}', '{% include "email/nowhere.html.j2" %}', "nowhere"),
        ("text/layout.txt.j2", "{{ home_page }}", "{{ home_page + 1 }}", r"templates/text/layout\.txt\.j2, line \d+"),
        ("email/elements.toml", "{light.link}", "{light.lnik}", r"elements\.toml.*lnik"),
        ("email/elements.toml", "hr =", "hrr =", r"there is no element hrr"),
        ("email/elements.toml", "hr =", "hr", r"elements\.toml"),
    ],
)
def test_a_broken_template_names_its_file(site: Path, file: str, old: str, new: str, said: str) -> None:
    template = site / "templates" / file
    text = template.read_text("utf-8")
    assert old in text
    template.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(TemplateError, match=re.compile(said, re.DOTALL)):
        draw(write_issue(MARKDOWN), design=load_design(site))


def test_an_attribute_that_mjml_would_drop_is_found(site: Path) -> None:
    template = site / "templates" / "email" / "layout.mjml.j2"
    template.write_text(
        template.read_text("utf-8").replace("</mj-body>", '<mj-text id="{{ postal_address }}" /></mj-body>'), "utf-8"
    )
    with pytest.raises(TemplateError, match=r"(?s)layout\.mjml\.j2:\d+: id is not for <mj-text>"):
        draw(
            write_issue(MARKDOWN),
            design=load_design(site),
            letterhead=replace(LETTERHEAD, postal_address="SHARE & friends, 100 Example Street"),
        )


def test_the_mjml_of_a_mail_can_be_read_by_another_program() -> None:
    issue = write_issue(MARKDOWN)
    mjml = mail_mjml(issue, DESIGN, LETTERHEAD)
    assert mjml.startswith("<mjml ")
    assert "@@MMHELD" not in mjml
    assert compile_mjml(mjml, "en").count("Taking out some cells") == draw(issue).html.count("Taking out some cells") == 1


def test_a_template_may_leave_blanks_at_the_ends_of_lines_and_too_many_empty_ones(site: Path) -> None:
    template = site / "templates" / "text" / "section.txt.j2"
    template.write_text(template.read_text("utf-8").replace("{{ section.body }}", "{{ section.body }}  \n \t\n\n\n"), "utf-8")
    issue = write_issue(MARKDOWN)
    assert draw(issue, design=load_design(site)).text == draw(issue).text


def test_a_new_kind_of_block_needs_one_template_for_each_medium_and_no_python(site: Path) -> None:
    issue = write_issue("## Part\n\n::: callout\nBody.\n:::\n")
    section = issue.sections[0]
    blocks = tuple(replace(part, kind="poem") if isinstance(part, Block) else part for part in section.parts)
    poem = replace(issue, sections=(replace(section, parts=blocks),))
    with pytest.raises(TemplateError, match=r"templates/email/blocks/poem\.html\.j2"):
        draw(poem, design=load_design(site))
    for name in ("email/blocks/poem.html.j2", "text/blocks/poem.txt.j2", "web/blocks/poem.html.j2"):
        (site / "templates" / name).write_text("A poem: {{ body }}", "utf-8")
    assert "A poem: " in draw(poem, design=load_design(site)).web
