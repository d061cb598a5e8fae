"""Every way in which editors save is noticed, and what has nothing to do with the issue is not."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.preview.watching import watch_issue

FIVE_SECONDS = 5


@pytest.fixture
def noticed(home: Path) -> Iterator[threading.Event]:
    """Watch the site folder, from before a test begins to write in it."""
    noticed, stop = threading.Event(), threading.Event()
    threads = watch_issue(home, "2026-12", noticed.set, stop=stop)
    # The threads tell nobody when they have begun to look: write until both have seen something.
    for file in (home / "templates/first.txt", home / "first.toml"):
        for _ in range(100):
            file.write_text("x", "utf-8")
            if noticed.wait(0.1):
                break
        noticed.clear()
        while noticed.wait(0.3):
            noticed.clear()
    yield noticed
    stop.set()
    for thread in threads:
        thread.join(FIVE_SECONDS)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "file",
    [
        "issues/2026-12/issue.md",
        "issues/2026-12/issue.es.md",
        "issues/2026-12/images/new.png",
        "issues/2026-12/trials.lock.json",
        "issues/glossary.toml",
        "templates/theme.toml",
        "templates/email/blocks/callout.html.j2",
        "subscribers/topics.toml",
        "newsletter.toml",
    ],
)
def test_a_save_is_noticed(home: Path, noticed: threading.Event, file: str) -> None:
    (home / file).write_text("new", "utf-8")
    assert noticed.wait(FIVE_SECONDS)


@pytest.mark.parametrize("file", ["issues/2026-12/issue.md", "newsletter.toml"])
def test_a_save_by_renaming_is_noticed_again_and_again(home: Path, noticed: threading.Event, file: str) -> None:
    for number in range(3):
        draft = home / f"{file}.{number}.tmp"
        draft.write_text(f"new {number}", "utf-8")
        draft.replace(home / file)
        assert noticed.wait(FIVE_SECONDS)
        while noticed.wait(0.3):
            noticed.clear()
        noticed.clear()


def test_a_file_that_is_taken_away_is_noticed(home: Path, noticed: threading.Event) -> None:
    (home / "issues/2026-12/issue.es.md").unlink()
    assert noticed.wait(FIVE_SECONDS)


@pytest.mark.parametrize(
    "file", ["issues/2026-12/issue.md~", "issues/2026-12/.issue.md.swp", "notes.txt", "var/log.txt", "subscribers/list.csv"]
)
def test_what_is_no_part_of_the_issue_is_left_alone(home: Path, noticed: threading.Event, file: str) -> None:
    (home / file).parent.mkdir(exist_ok=True)
    (home / file).write_text("new", "utf-8")
    assert not noticed.wait(0.4)


def test_a_folder_that_is_a_link_is_looked_into(tmp_path: Path, home: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("templates", "issues", "newsletter.toml"):
        (linked / name).symlink_to(home / name)
    noticed, stop = threading.Event(), threading.Event()
    watch_issue(linked, "2026-12", noticed.set, stop=stop)
    for file in ("issues/2026-12/issue.md", "newsletter.toml"):
        for _ in range(50):
            shutil.copy2(home / file, home / f"{file}.tmp")
            (home / f"{file}.tmp").replace(home / file)
            if noticed.wait(0.1):
                break
        assert noticed.is_set()
        noticed.clear()
        while noticed.wait(0.3):
            noticed.clear()
    stop.set()
