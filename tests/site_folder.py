"""Gives every test run a site folder of its own, before Django reads its settings.

A pytest plugin (``-p tests.site_folder``): the folder lies in a temporary place, links to this repository's templates, issues,
subscribers and settings, and has an empty ``var/``. Nothing a test does reaches the checkout.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.in_memory import stay_in_memory

REPOSITORY = Path(__file__).resolve().parent.parent
OWNED_BY_THE_ORGANISATION = ["templates", "issues", "subscribers", "newsletter.toml"]


def make_site_folder(folder: Path) -> Path:
    """Link this repository's site files into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in OWNED_BY_THE_ORGANISATION:
        (folder / name).symlink_to(REPOSITORY / name)
    return folder


_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if os.environ.get("NEWSLETTER_TEST_SITE_OF") != _worker:
    # Each process of a run has a folder of its own: two that restore beside one another would find each other's files.
    stay_in_memory()
    # That of a worker lies in that of the process which started it, and goes away with it.
    _folder = Path(tempfile.mkdtemp(prefix="newsletter-test-", dir=os.environ.get("NEWSLETTER_TEST_SITE")))
    os.environ["NEWSLETTER_HOME"] = os.environ["NEWSLETTER_TEST_SITE"] = str(make_site_folder(_folder))
    os.environ["NEWSLETTER_TEST_SITE_OF"] = _worker
    _owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(_folder, ignore_errors=True) if os.getpid() == _owner else None)
