"""`newsletter check --fix`: mends what is certain in the files of an issue, and shows what it changed."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from newsletter.authoring.folder import ISSUES, issue_name
from newsletter.authoring.replacing import replace_file
from newsletter.checking.mending import find_http_addresses, mend
from newsletter.cli.printing import console, counted
from newsletter.config import Config
from newsletter.sources.links.https_answers import find_https

STYLES = {"+": "green", "-": "red", "@": "cyan"}
LINES_ROUND_A_CHANGE = 1
_UNSEEN = re.compile("[\u00a0\u00ad\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\t]|(?<! ) +$")


def mend_files(config: Config, issue: str, *, offline: bool) -> None:
    """Mend the files of an issue in all its languages and print each change as a diff; with ``offline`` nobody is asked.

    A file is replaced as a whole or not at all, and not when somebody has saved it meanwhile.
    """
    name = issue_name(issue)
    originals = {file: file.read_bytes() for file in _files(config, name)}
    texts = {file: text for file, data in originals.items() if (text := _decoded(data)) is not None}
    addresses = list(dict.fromkeys(address for text in texts.values() for address in find_http_addresses(text)))
    answering = frozenset[str]() if offline or not addresses else find_https(addresses)
    mended_files = 0
    for file, text in texts.items():
        mended = mend(text, answering)
        shown = f"{ISSUES}/{name}/{file.name}"
        if not mended.changes:
            continue
        if file.read_bytes() != originals[file]:
            console.print(
                f"{shown} was saved meanwhile, so that it was left as it is. Run it again.", style="yellow", markup=False
            )
            continue
        replace_file(file, mended.text.encode())
        mended_files += 1
        for line in _diff(text, mended.text, shown):
            console.print(Text(line, style=STYLES.get(line[:1], "")))
        for change in mended.changes:
            console.print(f"{shown}:{change.line} {change.what}", markup=False)
    if texts:
        console.print(f"Mended {counted(mended_files, 'file')}." if mended_files else "Nothing to mend.", style="bold")


def _files(config: Config, name: str) -> list[Path]:
    folder = config.home / ISSUES / name
    names = ["issue.md", *(f"issue.{language}.md" for language in config.newsletter.languages[1:])]
    return [file for file in map(folder.joinpath, names) if file.is_file()]


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # The check that follows says so.
        return None


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    """Give a unified diff in which unseen characters can be seen."""
    lines = difflib.unified_diff(
        before.split("\n"), after.split("\n"), name, f"{name} (mended)", lineterm="", n=LINES_ROUND_A_CHANGE
    )
    for line in lines:
        yield line if line.startswith(("---", "+++", "@@")) else line[:1] + _UNSEEN.sub(_made_visible, line[1:].rstrip("\r"))


def _made_visible(match: re.Match[str]) -> str:
    if match[0].startswith(" "):
        return "·" * len(match[0])
    return f"‹{unicodedata.name(match[0], 'tab').lower()}›"  # noqa: RUF001  quotation marks that no issue uses
