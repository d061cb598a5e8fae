"""Every kind of block has its three templates, and each can be read, before an issue uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.block_templates import check_block_templates
from newsletter.rendering.design import load_design
from tests.unit.rendering.drafting import HOME, KINDS, draw, write_issue

PLAIN = {"email": "poem.html.j2", "text": "poem.txt.j2", "web": "poem.html.j2"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give a site folder with a kind of its own, drawn in three plain templates."""
    shutil.copytree(HOME / "templates", tmp_path / "templates")
    for medium, name in PLAIN.items():
        (tmp_path / "templates" / medium / "blocks" / name).write_text("{{ body }}\n", "utf-8")
    return tmp_path


def said(site: Path) -> str:
    """Give what is wrong with the templates of a site folder."""
    with pytest.raises(TemplateError) as caught:
        check_block_templates(site, [*KINDS, "poem"], load_design(site))
    return str(caught.value)


def test_whole_templates_pass(site: Path) -> None:
    check_block_templates(site, [*KINDS, "poem"], load_design(site))


@pytest.mark.parametrize(("medium", "name"), PLAIN.items())
def test_a_template_that_is_missing_is_named_with_the_entry_that_asks_for_it(site: Path, medium: str, name: str) -> None:
    (site / "templates" / medium / "blocks" / name).unlink()
    assert said(site) == (
        f"There is no template templates/{medium}/blocks/{name}: [poem] in templates/blocks.toml needs one in each of "
        "email/blocks, text/blocks and web/blocks."
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a\n{% if body %}\nb", "line 3: "),
        ("a\nb\n{{ body", "line 3: "),
        ("{{ body | wraped }}", "line 1: there is no filter 'wraped' in Jinja"),
        ("\n{% if body is lovely %}{% endif %}", "line 2: there is no test 'lovely' in Jinja"),
        ("{{ body }} {% endif %}", "line 1: "),
    ],
)
def test_a_template_that_cannot_be_read_is_named_with_its_line(site: Path, text: str, mistake: str) -> None:
    (site / "templates/web/blocks/poem.html.j2").write_text(text, "utf-8")
    assert said(site).startswith(f"templates/web/blocks/poem.html.j2, {mistake}")


def test_a_filter_of_plain_text_is_none_of_a_page(site: Path) -> None:
    (site / "templates/text/blocks/poem.txt.j2").write_text("{{ body | wrapped }}", "utf-8")
    check_block_templates(site, ["poem"], load_design(site))
    (site / "templates/email/blocks/poem.html.j2").write_text("{{ body | wrapped }}", "utf-8")
    assert "no filter 'wrapped'" in said(site)


def test_a_template_in_another_encoding_is_named(site: Path) -> None:
    (site / "templates/web/blocks/poem.html.j2").write_bytes("{{ body }} é".encode("latin-1"))
    assert said(site).startswith("templates/web/blocks/poem.html.j2 is not saved as UTF-8")


def test_everything_that_is_wrong_is_said_at_once(site: Path) -> None:
    for medium, name in PLAIN.items():
        (site / "templates" / medium / "blocks" / name).write_text("{% for %}", "utf-8")
    assert said(site).count("line 1: ") == 3


def test_what_was_drawn_already_is_not_read_again(site: Path) -> None:
    """Reading all templates would cost a cold start a twentieth of its time."""
    design = load_design(site)
    draw(write_issue("::: helpline\n:::\n"), design=design)
    for medium, name in {"email": "helpline.html.j2", "text": "helpline.txt.j2", "web": "helpline.html.j2"}.items():
        (site / "templates" / medium / "blocks" / name).write_text("{% for %}", "utf-8")
    check_block_templates(site, KINDS, design)
