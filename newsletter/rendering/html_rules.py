"""What a template has opened and not closed, as Outlook reads a page and as everybody else does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from newsletter.authoring.issue import Issue
from newsletter.errors import TemplateError
from newsletter.rendering.design import Design
from newsletter.rendering.edition import Edition
from newsletter.rendering.mjml_rules import VOID, MjmlMistake
from newsletter.rendering.mjml_scan import Tag, Unreadable, scan
from newsletter.rendering.render import Letterhead, render_editions
from newsletter.rendering.template_lines import MarkLines, unmark

_NAMES = re.compile(r"<!--.*?-->|<style.*?</style>|<(/?)([a-z][a-z0-9:]*)[^>]*(?<=(.))>", re.DOTALL)
_FOR_OTHERS = re.compile(r"<!--\[if !mso[^\]]*\]><!-->.*?<!--<!\[endif\]-->", re.DOTALL)
_STYLES = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
_FOR_OUTLOOK = re.compile(r"<!--\[if mso[^\]]*\]>|<!\[endif\]-->")


def require_closed(design: Design, issues: Sequence[Issue], editions: Iterable[Edition], letterhead: Letterhead) -> None:
    """Raise TemplateError with every template line that leaves a tag open, if a glance at ``editions`` says that one does."""
    if not all(_seems_closed(page) for edition in editions for page in (edition.html, _as_outlook(edition.html), edition.web)):
        refuse_unclosed(find_unclosed(design, issues, letterhead))


def refuse_unclosed(unclosed: Sequence[str]) -> None:
    """Raise TemplateError if ``find_unclosed`` has found anything."""
    if unclosed:
        raise TemplateError("\n".join(["These templates do not close what they open:", *unclosed]))


def find_unclosed(design: Design, issues: Iterable[Issue], letterhead: Letterhead) -> list[str]:
    """Draw issues and name every template line whose HTML is not well formed, with what is wrong. Raises TemplateError.

    Several times as slow as drawing them: for those who change templates, not for every issue.
    """
    marked = replace(
        design, skeleton=design.skeleton.overlay(extensions=[MarkLines]), html=design.html.overlay(extensions=[MarkLines])
    )
    said: dict[str, None] = {}
    for issue in issues:
        edition = render_editions([issue], marked, replace(letterhead, languages=(issue.language,)))[0]
        for page in (edition.html, edition.web):
            plain, lines = unmark(page)
            said |= {f"{lines.place(mistake.offset)}: {mistake.message}": None for mistake in find_html_mistakes(plain)}
    return list(said)


def find_html_mistakes(page: str) -> tuple[MjmlMistake, ...]:
    """Give every tag that is not closed, closes nothing, or cannot be read, in both readings of the conditional comments."""
    page = _STYLES.sub(_blank, page)
    return tuple(sorted({*_read(page), *_read(_as_outlook(page))}))


def _as_outlook(page: str) -> str:
    return _FOR_OUTLOOK.sub(_blank, _FOR_OTHERS.sub(_blank, page))


def _seems_closed(page: str) -> bool:
    """Compare the names of tags alone: a tenth of the time, since every issue is looked at."""
    path: list[str] = []
    for slash, name, last in _NAMES.findall(page):
        if slash:
            if not path or path.pop() != name:
                return False
        elif name and last != "/" and name not in VOID:
            path.append(name)
    return not path


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _read(page: str) -> list[MjmlMistake]:
    path: list[Tag] = []
    mistakes: list[MjmlMistake] = []
    for piece in scan(page):
        if isinstance(piece, Unreadable):
            if not page.startswith("<!", piece.offset):
                mistakes.append(MjmlMistake(piece.offset, f"the tag <{piece.name} … is not whole"))
        elif isinstance(piece, Tag) and piece.closes:
            if piece.name in [opened.name for opened in path]:
                while (opened := path.pop()).name != piece.name:
                    mistakes.append(MjmlMistake(opened.offset, f"<{opened.name}> is not closed before </{piece.name}>"))
            else:
                mistakes.append(MjmlMistake(piece.offset, f"</{piece.name}> closes nothing that is open"))
        elif isinstance(piece, Tag):
            twice = [name for name, times in Counter(attribute.name for attribute in piece.attributes).items() if times > 1]
            mistakes += [MjmlMistake(piece.offset, f"{name} stands twice in <{piece.name}>") for name in twice]
            if not piece.empty and piece.name not in VOID:
                path.append(piece)
    return mistakes + [MjmlMistake(opened.offset, f"<{opened.name}> is never closed") for opened in path]
