"""The gallery is written whole, or not at all with the place of what is wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from newsletter.cli.gallery import write_gallery
from newsletter.config import Config, load_config
from newsletter.errors import TemplateError, UsageError
from tests.unit.rendering.drafting import HOME


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Copy the site folder, so that a test may break it."""
    home = tmp_path / "home"
    for name in ("templates", "issues", "subscribers"):
        shutil.copytree(HOME / name, home / name)
    shutil.copy(HOME / "newsletter.toml", home)
    return load_config(home)


def test_every_letter_is_shown_in_every_language_and_every_view(config: Config, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = write_gallery(config, out)
    assert {folder.relative_to(out) for folder in written} == {
        Path(name, language) for name in ("2026-08", "2026-10", "2026-12") for language in ("en", "es")
    }
    index = (out / "index.html").read_text("utf-8")
    addresses = re.findall(r'<iframe src="([^"]+)" width="(\d+)"', index)
    assert len(addresses) == 6 * 8
    assert {int(width) for _, width in addresses} == {700, 375}
    assert all((out / address).is_file() for address, _ in addresses)
    bare = (out / "2026-12/en/email.bare.html").read_text("utf-8")
    assert "<style" not in bare
    assert 'src="assets/' in bare


def test_a_template_that_leaves_a_tag_open_stops_the_gallery(config: Config, tmp_path: Path) -> None:
    (config.home / "templates/email/blocks/button.html.j2").write_text("<p>{{ block.label }}\n", "utf-8")
    with pytest.raises(TemplateError, match=r"templates/email/blocks/button\.html\.j2:1: <p> is not closed"):
        write_gallery(config, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_site_folder_without_a_gallery_is_told_where_it_would_be(config: Config, tmp_path: Path) -> None:
    shutil.rmtree(config.home / "templates/gallery")
    with pytest.raises(UsageError, match=r"templates/gallery/2026-12/issue\.md"):
        write_gallery(config, tmp_path / "out")
