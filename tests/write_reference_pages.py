"""Writes the reference pages of settings and commands: ``python -m tests.write_reference_pages``."""

from __future__ import annotations

import os
from pathlib import Path

from tests import reference_settings, site_folder

FOLDER = Path(__file__).resolve().parent.parent / "docs"


def pages() -> dict[str, str]:
    """Give the pages by the names of their files. Django has to be set up: commands are read from their modules."""
    from tests import reference_commands  # noqa: PLC0415 - after django.setup()

    return {"reference-settings.md": reference_settings.page(), "reference-commands.md": reference_commands.page()}


def main() -> None:
    """Write both pages."""
    import django  # noqa: PLC0415 - where nothing but pages() is wanted, pytest has set it up

    assert os.environ["NEWSLETTER_HOME"] == os.environ["NEWSLETTER_TEST_SITE"], site_folder.__name__
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
    django.setup()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
