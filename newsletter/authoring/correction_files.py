"""The folder of a correction, made from the file that an editor wrote, wherever that lies."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.authoring.corrections import CORRECTS, WORD, next_correction
from newsletter.authoring.folder import ISSUES
from newsletter.authoring.front_matter_lines import find_end
from newsletter.errors import NotAllowedError, UsageError

_PICTURE = re.compile(r'"([^"\n]+\.(?:png|jpe?g|gif))"|([^\s"=]+\.(?:png|jpe?g|gif))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CorrectionFolder:
    """The folder of a correction: its name, where each of its files came from, and whether it was there before."""

    name: str
    came_from: Mapping[str, Path]
    made: bool


def lay_out_correction(home: Path, issue: str, file: Path, languages: Sequence[str]) -> CorrectionFolder:
    """Make ``issues/ISSUE-correction-N`` from ``file``, the translations beside it and the pictures that they name.

    The file for Spanish of ``mistake.md`` is ``mistake.es.md``. Each says at its top which issue it corrects: where it does not,
    the line is added to the copy. The same text again gives the folder that was made before. Raises UsageError.
    """
    texts, came_from = {}, {}
    for language in languages:
        source = file if language == languages[0] else file.with_suffix(f".{language}.md")
        if source == file or source.is_file():
            name = "issue.md" if source == file else f"issue.{language}.md"
            texts[name], came_from[name] = _corrected_text(source, issue), source
    shelf = home / ISSUES
    for folder in sorted(shelf.glob(f"{issue}{WORD}[0-9]*")):
        if _read(folder / "issue.md") == texts["issue.md"]:
            return CorrectionFolder(folder.name, came_from, made=False)
    draft = Path(tempfile.mkdtemp(dir=shelf, prefix=f".{issue}.draft"))
    try:
        for name, text in texts.items():
            (draft / name).write_text(text, "utf-8")
        for picture in {picture for text in texts.values() for picture in _pictures(text, file.parent)}:
            (draft / picture).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.parent / picture, draft / picture)
        draft.chmod(0o755)
        return CorrectionFolder(_put_in_place(draft, shelf, issue), came_from, made=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put_in_place(draft: Path, shelf: Path, issue: str) -> str:
    for _ in range(100):
        name = next_correction(shelf, issue)
        try:
            draft.rename(shelf / name)
        except OSError:
            if not (shelf / name).exists():
                raise
        else:
            return name
    raise NotAllowedError(f"{issue} has corrections that others are making at this moment; run it again.")


def _corrected_text(file: Path, issue: str) -> str:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{file} is not saved as UTF-8. Save it so: most editors ask for the encoding under “Save as”."
        ) from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}). Name the file with the text of the correction.") from error
    lines = text.split("\n")
    border, _ = find_end(lines, 0)
    if lines[0].rstrip() != "---" or border < 0:
        return text
    named = CORRECTS.search("\n".join(lines[:border]))
    if named is None:
        return "\n".join([*lines[:border], f"corrects: {issue}", *lines[border:]])
    if named[1] != issue:
        raise UsageError(
            f"{file} says that it corrects {named[1]}, not {issue}. Change its line `corrects: …`, or name that issue."
        )
    return text


def _pictures(text: str, folder: Path) -> set[str]:
    """Give the pictures that a text names and that lie beside it; what lies elsewhere is the checks' to complain about."""
    named = {quoted or bare for quoted, bare in _PICTURE.findall(text)}
    inside = folder.resolve()
    return {name for name in named if (folder / name).is_file() and (folder / name).resolve().is_relative_to(inside)}


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
