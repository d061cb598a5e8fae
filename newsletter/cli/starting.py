"""`newsletter init DIR`: a newsletter of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

import newsletter
from newsletter.cli.printing import console
from newsletter.errors import UsageError

SITE_FILES = ["newsletter.toml", "templates", "issues", "subscribers"]


def skeleton() -> Path:
    """Give the folder whose site files a new newsletter starts from: the wheel's copy, or the checkout this runs from."""
    package = Path(newsletter.__file__).resolve().parent
    packed = package / "skeleton"
    return packed if packed.exists() else package.parent


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Make a folder for a newsletter of your own: settings, templates, a sample issue, an invented list."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty. Name a new folder; nothing was written.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made ({error.strerror}). Name a folder in a place where you may write.") from error
    for name in SITE_FILES:
        source = skeleton() / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    (folder / ".gitignore").write_text("/var/\n", "utf-8")
    console.print(f"[green]Made {folder}.[/] Next:")
    console.print(f"  cd {folder}", markup=False)
    console.print("  newsletter demo                       sends the sample issue to invented readers")
    console.print("  newsletter check 2026-12 --offline    says what is wrong with an issue")
    console.print("Then put your own name and addresses into newsletter.toml.")
