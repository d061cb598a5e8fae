"""Pictures are shown under the archive's address, at the size of the letter, and say nothing of where they lay."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

from PIL import Image as Pillow

from newsletter.rendering.edition import Edition
from tests.unit.rendering.drafting import draw, write_issue

FIGURE = '## Part\n\n::: figure images/rosa-at-home.jpg "A path" alt="A path through a park"\n:::\n'


def edition_with_picture(folder: Path, width: int, height: int) -> Edition:
    """Draw an issue with one photograph of this size."""
    (folder / "images").mkdir()
    Pillow.new("RGB", (width, height), "green").save(folder / "images" / "rosa-at-home.jpg", "JPEG")
    return draw(write_issue(FIGURE, folder=folder))


def test_no_reader_gets_the_name_or_the_path_of_a_file(tmp_path: Path) -> None:
    edition = edition_with_picture(tmp_path, 3000, 2000)
    for said in (edition.html, edition.text, edition.web):
        for private in ("rosa-at-home", "images/", str(tmp_path), tmp_path.name, "file:", "\\\\"):
            assert private not in said
    assert "rosa-at-home" not in edition.assets[0].name
    assert b"rosa-at-home" not in edition.assets[0].data


def test_a_picture_is_published_under_the_digest_of_what_readers_get(tmp_path: Path) -> None:
    edition = edition_with_picture(tmp_path, 3000, 2000)
    (asset,) = edition.assets
    assert asset.name == f"{hashlib.sha256(asset.data).hexdigest()[:16]}.jpg"
    for page in (edition.html, edition.web):
        assert re.findall(r'<img src="([^"]*)"', page) == [f"https://letter.example.org/assets/{asset.name}"]


def test_a_large_picture_is_shown_as_wide_as_the_letter_and_published_for_sharp_screens(tmp_path: Path) -> None:
    edition = edition_with_picture(tmp_path, 3000, 2000)
    assert Pillow.open(io.BytesIO(edition.assets[0].data)).size == (1040, 693)
    for page in (edition.html, edition.web):
        assert 'width="520" height="346"' in page


def test_a_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    assert 'width="200" height="100"' in edition_with_picture(tmp_path, 200, 100).html
