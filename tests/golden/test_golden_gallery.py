"""The gallery, every block in every state, compared with files that a person has looked at.

When a change of the looks is meant, copy the new files as the failure says, look at them with ``newsletter build --gallery``, and
read the diff before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.folder import GALLERY, list_issues, read_issues
from newsletter.rendering.edition import Edition
from newsletter.rendering.render import render_editions
from tests.unit.rendering.drafting import BOTH_LANGUAGES, DESIGN, HOME

FOLDER = Path(__file__).parent / "gallery"


def _files(edition: Edition) -> dict[str, str]:
    name = f"{edition.issue}.{edition.language}"
    return {f"{name}.mail.html": edition.html, f"{name}.txt": edition.text, f"{name}.web.html": edition.web}


@pytest.mark.parametrize("name", list_issues(HOME, GALLERY))
def test_the_gallery_is_the_one_that_was_looked_at(name: str, tmp_path: Path) -> None:
    issues = read_issues(HOME, name, BOTH_LANGUAGES.languages, shelf=GALLERY)
    drawn = {file: text for edition in render_editions(issues, DESIGN, BOTH_LANGUAGES) for file, text in _files(edition).items()}
    for file, text in drawn.items():
        (tmp_path / file).write_text(text, "utf-8", newline="")
    golden = {file.name: file.read_text("utf-8") for file in FOLDER.glob(f"{name}.*")}
    changed = sorted(file for file in drawn.keys() | golden.keys() if drawn.get(file) != golden.get(file))
    assert not changed, f"{', '.join(changed)} changed. If you meant it: cp {tmp_path}/* {FOLDER}/, and read the diff"
