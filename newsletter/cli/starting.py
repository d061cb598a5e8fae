"""`newsletter new` and `newsletter init`: an issue, and a newsletter of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

import newsletter
from newsletter.authoring.beginning import Beginning, begin_issue
from newsletter.authoring.folder import issue_name
from newsletter.cli.arguments import IssueArgument
from newsletter.cli.printing import console
from newsletter.config import load_config
from newsletter.errors import UsageError
from newsletter.rendering.words import read_words

SITE_FILES = ["newsletter.toml", "templates", "issues", "subscribers"]


def skeleton() -> Path:
    """Give the folder whose site files a new newsletter starts from: the wheel's copy, or the checkout this runs from."""
    package = Path(newsletter.__file__).resolve().parent
    packed = package / "skeleton"
    return packed if packed.exists() else package.parent


def new(
    issue: IssueArgument,
    earlier: Annotated[str, typer.Option("--from", metavar="ISSUE", help="Begin with the text of an earlier issue.")] = "",
) -> None:
    """Begin an issue, in every language: with empty sections to fill, or with an earlier issue's text and pictures."""
    config = load_config()
    name = issue_name(issue)
    year, month = int(name[:4]), int(name[5:7])
    words = read_words(config.path("templates/words"))
    months = {
        language: words[language]["dates"]["months"][month - 1] for language in config.newsletter.languages if language in words
    }
    beginning = Beginning(config.newsletter.name, year, month, months)
    for file in begin_issue(config.home, name, beginning=beginning, earlier=issue_name(earlier) if earlier else ""):
        console.print(f"Made {file.relative_to(config.home)}", markup=False)
    console.print(f"Write, and look what is still missing: newsletter check {name} --offline", markup=False)


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
