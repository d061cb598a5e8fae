"""Mends in the text of an issue file what is certain: tracking parameters, odd spaces, and http where https answers.

It works on the text alone, so that a file with mistakes of form can be mended as well, and touches nothing else: no code, nothing
that is indented as code, no other part of an address. Where a change could make markup of text or text of markup, it is left to
a person.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from newsletter.checking.odd_spaces import mend_spaces
from newsletter.checking.tracking import is_tracking_parameter

_IN_AN_ADDRESS = r"[^\s<>\"'()\[\]{}|\\^`]"
_ADDRESS = re.compile(rf"https?://(?:{_IN_AN_ADDRESS}|\({_IN_AN_ADDRESS}*\))+", re.IGNORECASE)
_PUNCTUATION_AFTER = ".,;:!?*_~"
_MAY_FOLLOW = frozenset(" \t\r)>\"]'")
_SEPARATOR = re.compile(r"(&amp;|&)")
_HTTP = "http://"
_FENCE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?P<mark>`{3,}|~{3,})")
_INDENTED = re.compile(r" {4}| {0,3}\t")
_STRANGE_LINE_END = re.compile(r"\r(?!\n)")
_BORDER = re.compile(r"---[ \t]*\r?")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was mended; ``line`` counts from 1 and is the same before and after."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after mending, and what was done to it, in the order of its lines."""

    text: str
    changes: tuple[Change, ...]


def find_http_addresses(text: str) -> list[str]:
    """Give the http addresses of a file's text as a browser asks for them, each once, tracking parameters left out."""
    lines = text.split("\n")
    code = _code(lines, _front_matter_end(lines))
    found = (url for line, columns in zip(lines, code, strict=True) for url, _, _ in _addresses(line, columns))
    return list(dict.fromkeys(_as_asked(url) for url in found if url.lower().startswith(_HTTP)))


def mend(text: str, answering: Collection[str] = frozenset()) -> Mended:
    """Mend a file's text. ``answering`` are those of ``find_http_addresses`` of which the https address answered."""
    if _STRANGE_LINE_END.search(text):
        return Mended(text, ())
    lines = text.split("\n")
    changes: list[Change] = []
    front = _front_matter_end(lines)
    for number, (line, code) in enumerate(zip(list(lines), _code(lines, front), strict=True)):
        mended, done = _mend_addresses(line, code, answering)
        if code == NO_CODE:
            following = lines[number + 1] if number + 1 < len(lines) else ""
            mended, spaces = mend_spaces(mended, following=following, in_front_matter=number <= front)
            done += spaces
        lines[number] = mended
        changes += [Change(number + 1, what) for what in dict.fromkeys(done)]
    return Mended("\n".join(lines), tuple(changes))


Columns = tuple[int, int]
"""From which column to which a line is code."""

NO_CODE: Columns = (0, 0)


def _mend_addresses(line: str, code: Columns, answering: Collection[str]) -> tuple[str, list[str]]:
    pieces, done, at = [], [], 0
    for url, start, end in _addresses(line, code):
        plain, names = _without_tracking(url)
        if names:
            done.append(f"took {', '.join(names)} out of an address")
        if plain.lower().startswith(_HTTP) and _as_asked(plain) in answering:
            done.append("wrote https, since the page answers there")
            plain = f"https://{plain[len(_HTTP) :]}"
        pieces += [line[at:start], plain]
        at = end
    return "".join([*pieces, line[at:]]), done


def _addresses(line: str, code: Columns) -> Iterator[tuple[str, int, int]]:
    """Give the addresses of a line, each with its columns, of which it is certain where they end."""
    for match in _ADDRESS.finditer(line):
        if code[0] < match.end() and match.start() < code[1]:
            continue
        url = match[0]
        # In text a full stop after an address is the sentence's; between brackets and in quotation marks it is the address's.
        if line[: match.start()][-1:] not in {"(", "<", '"', "'"}:
            url = url.rstrip(_PUNCTUATION_AFTER)
        if not line[match.end() :] or line[match.end()] in _MAY_FOLLOW:
            yield url, match.start(), match.start() + len(url)


def _without_tracking(url: str) -> tuple[str, list[str]]:
    """Give an address without its tracking parameters, and their names."""
    page, _, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    first, *others = _SEPARATOR.split(query)
    parameters = [("", first), *zip(others[::2], others[1::2], strict=True)]
    names = [name for _, parameter in parameters if is_tracking_parameter(name := parameter.partition("=")[0])]
    # Another entity than &amp; ends in a semicolon: where it begins and a parameter ends is not certain.
    if "#" in page or not names or ";" in "".join(parameter for _, parameter in parameters):
        return url, []
    kept = [(separator, parameter) for separator, parameter in parameters if parameter.partition("=")[0] not in names]
    left = "".join(separator + parameter for separator, parameter in kept)[len(kept[0][0]) if kept else 0 :]
    return f"{page}{'?' if left else ''}{left}{mark}{fragment}", list(dict.fromkeys(names))


def _as_asked(url: str) -> str:
    """Give an http address of a file as a browser asks for it."""
    plain, _ = _without_tracking(url)
    return html.unescape(f"{_HTTP}{plain[len(_HTTP) :]}")


def _front_matter_end(lines: Sequence[str]) -> int:
    """Give the number of the line that ends the front matter, from 0, -1 where there is none."""
    if not _BORDER.fullmatch(lines[0].removeprefix("\ufeff")):
        return -1
    return next((number for number, line in enumerate(lines[1:], 1) if _BORDER.fullmatch(line)), -1)


def _code(lines: Sequence[str], front: int) -> list[Columns]:
    """Say of each line what of it is code, or might be: from the first backtick of a paragraph to its last all of it.

    Lines up to number ``front`` are the front matter, which has no code.
    """
    code = [NO_CODE] * len(lines)
    fence = ""
    ticks: list[tuple[int, int]] = []
    for number, line in enumerate(lines[front + 1 :], front + 1):
        mark = _FENCE.match(line)
        if fence or mark or _INDENTED.match(line):
            code[number] = (0, len(line) + 1)
        if fence and mark and mark["mark"].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        elif mark and not fence:
            fence = mark["mark"]
        if line.strip() and not fence:
            ticks += [(number, match.start()) for match in re.finditer("`", line)]
        elif ticks:
            _mark_code_spans(code, lines, ticks)
            ticks = []
    _mark_code_spans(code, lines, ticks)
    return code


def _mark_code_spans(code: list[Columns], lines: Sequence[str], ticks: Sequence[tuple[int, int]]) -> None:
    """Mark what stands between the first and the last backtick of a paragraph, each with its line and column."""
    if len(ticks) < len("``"):
        return
    (first, start), (last, end) = ticks[0], ticks[-1]
    for number in range(first, last + 1):
        if code[number] == NO_CODE:
            code[number] = (start if number == first else 0, end + 1 if number == last else len(lines[number]) + 1)
