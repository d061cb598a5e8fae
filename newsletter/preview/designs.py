"""Keeps the design of a site folder between two saves: compiling the templates anew takes half of the time of a reading."""

from __future__ import annotations

from pathlib import Path

from newsletter.rendering.design import Design, load_design

Signature = tuple[tuple[str, int, int, int], ...]


class LastDesign:
    """The design that was read last; it is read again when a file under ``templates/`` is another than before."""

    def __init__(self) -> None:
        self._design: Design | None = None
        self._signature: Signature = ()

    def load(self, home: Path) -> Design:
        """Give the design as the files are now. Raises TemplateError, as ``load_design`` does."""
        signature = _look_at_files(home / "templates")
        if self._design is None or signature != self._signature:
            self._design, self._signature = None, signature
            self._design = load_design(home)
        return self._design


def _look_at_files(folder: Path) -> Signature:
    """Tell files apart by their time, size and inode: an editor that saves by renaming makes a new inode."""
    looks = ((file, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
    return tuple((str(file), look.st_mtime_ns, look.st_size, look.st_ino) for file, look in looks)
