"""The mistakes of form: what ``newsletter.authoring`` reports, and ``newsletter check`` of the registry, explained.

They are no rules, since they come before there is an edition to check. Their text stands in ``form.toml`` beside this file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("form.toml")


@dataclass(frozen=True, slots=True)
class FormMistake:
    """One kind of mistake: its id, what it is about, what is wrong and why it matters, and how to mend it, in Markdown."""

    id: str
    subject: str
    what: str
    mend: str

    def in_full(self) -> str:
        """Give all that is said about it."""
        return f"{self.what}\n\nTo mend it: {self.mend[0].lower()}{self.mend[1:]}\n"


@cache
def form_mistakes() -> tuple[FormMistake, ...]:
    """Give every mistake of form, in the order of the file."""
    subjects = tomllib.loads(_FILE.read_text("utf-8"))
    return tuple(
        FormMistake(mistake, subject, texts["what"], texts["mend"])
        for subject, mistakes in subjects.items()
        for mistake, texts in mistakes.items()
    )
