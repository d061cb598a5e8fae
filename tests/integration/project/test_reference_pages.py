"""The reference pages say what the program has: nothing is missing and nothing is stale."""

from __future__ import annotations

import pytest

from tests.reference_settings import Setting, all_settings
from tests.write_reference_pages import FOLDER, pages


@pytest.mark.parametrize("name", ["reference-settings.md", "reference-commands.md"])
def test_the_page_that_is_there_is_what_would_be_written(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run: python -m tests.write_reference_pages"


@pytest.mark.parametrize("setting", all_settings(), ids=lambda one: f"{one.section}.{one.name}")
def test_every_setting_is_explained_beside_it(setting: Setting) -> None:
    assert setting.meaning, "say what it means below it in newsletter/settings.py, or behind it in newsletter.toml"
