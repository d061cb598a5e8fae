"""`newsletter demo`: the whole way once, with invented people, in a folder of its own."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path

from newsletter.cli.django_setup import set_up_django
from newsletter.cli.network_watch import watch_connections
from newsletter.cli.starting import SITE_FILES, skeleton
from newsletter.errors import NotAllowedError
from newsletter.sources.practice.registry import PracticeRegistry

FOLDER = Path("var/demo")
MARK = ".newsletter-demo"
"""Only a folder with this file in it is emptied."""


def demo() -> None:
    """Check, build, approve, schedule and send the sample issue to 250 invented readers, into a folder under var/demo.

    A registry on this machine knows the sample's trials, and the clock is held, so that the slot is reached at once.

    Nothing leaves the machine; connections elsewhere are counted.
    """
    elsewhere = watch_connections()
    folder = _empty_folder(FOLDER.resolve())
    with PracticeRegistry(folder / "issues/practice-trials.json") as registry:
        os.environ |= {
            "NEWSLETTER_HOME": str(folder),
            "NEWSLETTER_DELIVERY__TRANSPORT": "outbox",
            "NEWSLETTER_DELIVERY__OUTBOX": "var/outbox",
            "NEWSLETTER_DATABASE__URL": "sqlite:///var/database/newsletter.sqlite3",
            "NEWSLETTER_TRIALS__BASE_URL": registry.base_url,
        }
        os.environ.pop("NEWSLETTER_KEYS", None)
        set_up_django()
        # Only now are there settings to import the rooms with tables under.
        import_module("newsletter.cli.demo_run").run(folder, elsewhere)


def _empty_folder(folder: Path) -> Path:
    """Make the demo's site folder anew from the sample files."""
    if folder.exists():
        if not (folder / MARK).exists():
            raise NotAllowedError(f"{folder} was not made by this command, so it is left alone. Move it away.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    for name in SITE_FILES:
        source = skeleton() / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    return folder
