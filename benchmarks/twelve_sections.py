"""An issue of twelve sections in two languages, with blocks for the readers of two topics: four variants of each mail.

It is cut from the sample issue, and every round's text differs, so that nothing can be remembered from the round before.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SAMPLE = "2026-12"
FROM_THE_START, FROM_THE_END = 9, 3
BLOCKS = {"tnbc": 2, "trials": 7, "tnbc ": 10}
"""Topics and the sections, from 0, at whose ends they have a block."""


def link_site(home: Path, folder: Path) -> None:
    """Make a site folder like ``home`` whose issue can be written anew."""
    shutil.copytree(home / "issues" / SAMPLE, folder / "issues" / SAMPLE, ignore=shutil.ignore_patterns("*.md"))
    for name in ("templates", "subscribers", "newsletter.toml", "issues/glossary.toml"):
        (folder / name).symlink_to(home / name)


def write_round(home: Path, folder: Path, number: int) -> None:
    """Write the issue of one round, in every language of the sample."""
    for file in (home / "issues" / SAMPLE).glob("issue*.md"):
        head, *sections = re.split(r"^(?=## )", file.read_text("utf-8"), flags=re.MULTILINE)
        kept = sections[:FROM_THE_START] + sections[-FROM_THE_END:]
        for topic, place in BLOCKS.items():
            block = f"::: for topic={topic.strip()}\nA part for some readers. [Read part {place}](https://example.org/{place}).\n:::\n"
            kept[place] = f"{kept[place].rstrip()}\n\n{block}\n"
        text = re.sub(r"^(title|preheader): (.*)$", rf"\1: \2, round {number}", head, flags=re.MULTILINE)
        text += "".join(re.sub(r"\.$", f". Text {number}.", section, flags=re.MULTILINE) for section in kept)
        (folder / "issues" / SAMPLE / file.name).write_text(text, "utf-8")
