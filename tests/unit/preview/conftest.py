"""A site folder of one's own, with the sample issue, and its preview."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from newsletter.preview.state import Preview
from tests.site_folder import OWNED_BY_THE_ORGANISATION, REPOSITORY

TODAY = date(2026, 11, 20)
ISSUE = "issues/2026-12/issue.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Copy what an organisation owns, so that a test may write in it."""
    return copy_site(tmp_path)


def copy_site(folder: Path) -> Path:
    """Copy what an organisation owns into ``folder``."""
    for name in OWNED_BY_THE_ORGANISATION:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture
def edit(home: Path) -> Callable[..., None]:
    """Give what replaces words that a file of the site folder really has."""

    def replace_words(old: str, new: str, *, file: str = ISSUE) -> None:
        text = (home / file).read_text("utf-8")
        assert old in text
        (home / file).write_text(text.replace(old, new, 1), "utf-8")

    return replace_words


@pytest.fixture
def preview(home: Path) -> Preview:
    """Look at the sample issue."""
    return preview_of(home)


def preview_of(home: Path) -> Preview:
    """Give the preview of the sample issue of a site folder."""
    return Preview(home, "2026-12", today=lambda: TODAY)
