"""How the readers of an issue say what is wrong: collected for one file, never raised one by one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.findings import Finding, Place, Severity

LONGEST_QUOTATION = 60
"""Characters of an editor's text that a message repeats."""

SHORTEST_PART = 4
"""Characters of a word that is taken for a part of what was meant, such as “name” of first_name."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a value, before anybody knows where it stands."""

    rule: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Complaints:
    """The findings about one file, in the order in which they were noticed."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, mistake: Mistake, *, line: int = 0, column: int = 0) -> None:
        """Write down a mistake; ``line`` and ``column`` count from 1, 0 is the file as a whole."""
        place = Place(self.file, line, column)
        self.findings.append(Finding(mistake.rule, Severity.ERROR, mistake.message, place, mistake.fix))


def quoted(text: str) -> str:
    """Repeat an editor's words in a message: on one line, in quotation marks, cut when long."""
    words = " ".join(text[: 2 * LONGEST_QUOTATION].split())
    cut = len(words) > LONGEST_QUOTATION or len(text) > 2 * LONGEST_QUOTATION
    words = words[:LONGEST_QUOTATION] + "…" if cut else words
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)
    return f"“{shown}”"


@lru_cache(maxsize=512)
def _nearest(word: str, choices: tuple[str, ...]) -> str:
    by_folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    if not close and len(word) >= SHORTEST_PART:
        close = [choice for choice in by_folded if word.casefold() in choice]
    return by_folded[close[0]] if close else ""


def find_nearest(word: str, choices: Iterable[str]) -> str:
    """Give the choice that looks most like ``word``, "" when none does."""
    return _nearest(word[:LONGEST_QUOTATION], tuple(choices))


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Suggest the nearest choice as a sentence, else name them all."""
    known = tuple(choices)
    nearest = find_nearest(word, known)
    if nearest:
        return f"Did you mean {nearest}?"
    return f"Choose one of: {', '.join(known)}." if known else "There is none to choose from."
