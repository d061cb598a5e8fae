"""Adds a block to the end of an issue file, for ``newsletter feeds clip``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from newsletter.authoring.directives import MARKER
from newsletter.authoring.replacing import replace_file
from newsletter.errors import UsageError

_MARKUP = re.compile(r"([\\`*_\[\]{<&|~])")
_MARKUP_AT_THE_START = re.compile(r"([#+>=:-])|([0-9]{1,9})([.)])")


def escape_markdown(text: str) -> str:
    """Write plain text so that an issue shows it as it is, on one line."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    start = _MARKUP_AT_THE_START.match(escaped)
    if start is None:
        return escaped
    return f"{start[2] or ''}\\{start[1] or start[3]}{escaped[start.end() :]}"


def append_block(file: Path, *, kind: str, argument: str, title: str, body: str, options: Mapping[str, str]) -> None:
    """Add a block after the last line of an issue file; ``body`` is Markdown.

    The file is replaced as a whole or not at all; it keeps its line ends, its last line's end and its permissions. Raises
    UsageError when there is no such file or it is not UTF-8.
    """
    try:
        old = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"There is no {file}. Write its front matter first.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8. Save it as UTF-8 first.") from error
    newline = "\r\n" if "\r\n" in old else "\n"
    lines = [_head(kind, argument, title, options), *_body(body), MARKER]
    new = old.rstrip() + newline * 2 + newline.join(lines) + (newline if old.endswith("\n") else "")
    replace_file(file, new.encode())


def _head(kind: str, argument: str, title: str, options: Mapping[str, str]) -> str:
    pieces = [MARKER, kind, *argument.split()[:1]]
    if title:
        pieces.append(_quote(title))
    pieces += [f"{key}={_quote(value)}" for key, value in options.items()]
    return " ".join(pieces)


def _quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", " ".join(text.split())) + '"'


def _body(body: str) -> list[str]:
    return [f"\\{line}" if line.startswith(MARKER) else line for line in body.strip().splitlines()]
