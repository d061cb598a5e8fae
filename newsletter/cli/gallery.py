"""`newsletter build --gallery`: every block in every state, in every language, light and dark, on one page to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from newsletter.authoring.folder import GALLERY, list_issues, read_issues
from newsletter.cli.writing import write_edition
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.rendering.design import load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.html_rules import find_unclosed, refuse_unclosed
from newsletter.rendering.render import Letterhead, render_editions
from newsletter.rendering.schemes import ColourScheme, in_one_scheme, without_styles

INDEX = Path(__file__).with_name("gallery.html.j2")
WIDE, PHONE = 700, 375
"""Pixels: a mail on a desk, and on most phones."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One view of an edition: its address from the index, its width in pixels, and what it is called."""

    address: str
    width: int
    called: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One edition in all its views."""

    anchor: str
    edition: Edition
    mails: tuple[Frame, ...]
    others: tuple[Frame, ...]


def write_gallery(config: Config, out: Path) -> list[Path]:
    """Write the issues of templates/gallery as ``build`` writes an issue, their views, and index.html over all of them.

    Gives the folders written. Raises IssueError, TemplateError, and UsageError when there is no gallery.
    """
    names = list_issues(config.home, GALLERY)
    if not names:
        raise UsageError(f"There is no gallery: put an issue with one of every block at {GALLERY}/2026-12/issue.md.")
    languages = config.newsletter.languages
    design, letterhead = load_design(config.home), Letterhead.of(config)
    letters = {name: read_issues(config.home, name, languages, shelf=GALLERY) for name in reversed(names)}
    refuse_unclosed(find_unclosed(design, chain.from_iterable(letters.values()), letterhead))
    exhibits: list[Exhibit] = []
    for name, issues in letters.items():
        for edition in render_editions(issues, design, letterhead):
            write_edition(edition, out / name, config)
            exhibits.append(_exhibit(edition, out, name))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    values: dict[str, Any] = {"exhibits": exhibits, "name": config.newsletter.name}
    (out / "index.html").write_text(environment.from_string(INDEX.read_text("utf-8")).render(values), "utf-8")
    return [out / exhibit.edition.issue / exhibit.edition.language for exhibit in exhibits]


def _exhibit(edition: Edition, out: Path, name: str) -> Exhibit:
    folder = out / name / edition.language
    address = f"{name}/{edition.language}"
    for file, page in _views(folder):
        (folder / file).write_text(page, "utf-8")
    mails = tuple(
        Frame(f"{address}/email.{scheme}.html", width, f"{width} pixels, {scheme}")
        for width in (WIDE, PHONE)
        for scheme in ColourScheme
    )
    others = (
        Frame(f"{address}/email.bare.html", WIDE, "Where a mail program drops all style sheets"),
        Frame(f"{address}/email.txt", WIDE, "The text part"),
        *(Frame(f"{address}/web.{scheme}.html", WIDE, f"The web page, {scheme}") for scheme in ColourScheme),
    )
    return Exhibit(f"{name}-{edition.language}", edition, mails, others)


def _views(folder: Path) -> Iterator[tuple[str, str]]:
    mail, web = ((folder / name).read_text("utf-8") for name in ("email.html", "web.html"))
    for scheme in ColourScheme:
        yield f"email.{scheme}.html", in_one_scheme(mail, scheme)
        yield f"web.{scheme}.html", in_one_scheme(web, scheme)
    yield "email.bare.html", without_styles(mail)
