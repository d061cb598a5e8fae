"""Notices that an editor has saved something an issue is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from newsletter.authoring.folder import ISSUES

DEBOUNCE_MS = 50
"""Within this time several changes are one: editors save by writing another file and renaming it."""

STEP_MS = 20

_is_of_interest = DefaultFilter()
"""Leaves out what editors and version control put beside a file for themselves."""


def watch_issue(home: Path, name: str, changed: Callable[[], None], *, stop: threading.Event) -> list[threading.Thread]:
    """Call ``changed`` within about 50 ms after each save of the issue, a template or a setting, until ``stop`` is set.

    Gives the threads that watch. ``changed`` may be called by two of them at the same time.
    """
    with_everything_below = [home / ISSUES / name, home / "templates"]
    settings = _with_targets([home, home / ISSUES, home / "subscribers"], home / "newsletter.toml")
    return [
        _start(with_everything_below, changed, stop, below=True),
        _start(settings, changed, stop, below=False),
    ]


def _with_targets(folders: Iterable[Path], file: Path) -> list[Path]:
    """Add the folder in which ``file`` really lies, should it be a link: only its own folder tells of a rename."""
    return list(dict.fromkeys([*folders, file.resolve().parent]))


def _start(folders: Iterable[Path], changed: Callable[[], None], stop: threading.Event, *, below: bool) -> threading.Thread:
    there = [folder for folder in folders if folder.is_dir()]

    def is_wanted(change: Change, path: str) -> bool:
        return _is_of_interest(change, path) and (below or path.endswith(".toml"))

    def look() -> None:
        for _ in watch(
            *there, watch_filter=is_wanted, debounce=DEBOUNCE_MS, step=STEP_MS, stop_event=stop, recursive=below, rust_timeout=500
        ):
            changed()

    thread = threading.Thread(target=look, name="watching", daemon=True)
    thread.start()
    return thread
