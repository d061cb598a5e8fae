"""How hard a text is to read, by the published formulas, with the words set aside that cannot be said more simply.

A drug has the name that it has, and a term that the glossary explains is no hurdle; each counts as one short word. One drug name
moved the Flesch-Kincaid grade of two sentences from 0.9 to 3.3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat

from newsletter.checking.prose import OWN_WORDS, REFERENCES, Passage, PassageKind
from newsletter.checking.syllables import count_syllables

SMOG_SENTENCES = 30
"""McLaughlin's formula is made for thirty sentences; below that its error is larger than a grade."""

_MARKS_AFTER = ')]”"»\N{RIGHT SINGLE QUOTATION MARK}'
_ENDS = (".", "!", "?", "…", ":")
_FULL_STOPS = (".", "!", "?", "…")
_HEADING_IN_THE_LINE = re.compile(r"[.:?!]\s*$")
_PIECE = re.compile(r"[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*")
Range = tuple[int, int]
"""From where to where something goes in the text of a passage."""

_ROUND_A_WORD = f".,;:!?…¿¡(“«*{_MARKS_AFTER}"
_SENTENCES = frozenset({PassageKind.PARAGRAPH, PassageKind.ITEM})
_LONG_WORD = 3
"""Syllables from which SMOG calls a word long."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the formulas count: sentences, words, syllables, and words of three syllables or more."""

    sentences: int = 0
    words: int = 0
    syllables: int = 0
    long_words: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.sentences + other.sentences,
            self.words + other.words,
            self.syllables + other.syllables,
            self.long_words + other.long_words,
        )


def flesch_kincaid(counts: Counts) -> float:
    """Give the years of an American school that English asks for (Kincaid 1975)."""
    return 0.39 * counts.words / counts.sentences + 11.8 * counts.syllables / counts.words - 15.59


def smog(counts: Counts) -> float:
    """Give the years of school to understand English in full (McLaughlin 1969); asks for ``SMOG_SENTENCES``."""
    return 3.1291 + 1.043 * math.sqrt(counts.long_words * 30 / counts.sentences)


def inflesz(counts: Counts) -> float:
    """Give how easy Spanish is, from 0 to 100 (Szigriszt 1993, with the scale of Barrio-Cantalejo 2008)."""
    return 206.835 - 62.3 * counts.syllables / counts.words - counts.words / counts.sentences


def is_graded(passage: Passage) -> bool:
    """Say whether a passage is prose: whole sentences that the editors wrote, no heading, cell, title, quotation or source."""
    if passage.block in OWN_WORDS or passage.block in REFERENCES:
        return False
    # Items without a full stop are no sentences, and would count as very short or very long ones.
    ends = _FULL_STOPS if passage.kind is PassageKind.ITEM else _ENDS
    return passage.kind in _SENTENCES and passage.text.rstrip(f" \n{_MARKS_AFTER}").endswith(ends)


def count(passages: Iterable[Passage], language: str, set_aside: Mapping[Passage, Sequence[Range]]) -> Counts:
    """Count the prose among the passages; what ``set_aside`` and glossary marks cover is one short word each."""
    total, sentences = Counts(), 0
    for passage in passages:
        if is_graded(passage):
            total += _count_words(_simplify(passage, set_aside.get(passage, ())), language)
            sentences += _count_sentences(passage)
    return replace(total, sentences=sentences)


@lru_cache(maxsize=2048)
def _count_words(text: str, language: str) -> Counts:
    spoken = [syllables for syllables in map(_count_token, text.split(), repeat(language)) if syllables]
    return Counts(0, len(spoken), sum(spoken), len([syllables for syllables in spoken if syllables >= _LONG_WORD]))


def _count_sentences(passage: Passage) -> int:
    # A bold beginning that is a sentence of its own, as in "**Bone scan.** You get …", is a heading.
    return sum(1 for _, end in passage.sentences if end > passage.bold) or 1


def _simplify(passage: Passage, set_aside: Sequence[Range]) -> str:
    """Give the prose of a passage with a short word in the place of those that are set aside."""
    text = passage.text
    heading = _HEADING_IN_THE_LINE.search(text, 0, passage.bold)
    ranges = [(0, passage.bold)] if heading else []
    ranges += sorted((*passage.explained, *set_aside))
    pieces, at = [], 0
    for start, end in ranges:
        if start >= at:
            pieces += [text[at:start], "" if heading and not start else "it"]
            at = end
    return "".join([*pieces, text[at:]])


@lru_cache(maxsize=20_000)
def _count_token(token: str, language: str) -> int:
    """Count the syllables of what stands between two blanks; 0 where it is no word."""
    word = token.strip(_ROUND_A_WORD)
    if word.isalpha():
        # Abbreviations are read at a glance, and so are numbers, trial ids and addresses.
        return 1 if word.isupper() and len(word) > 1 else count_syllables(word.lower(), language)
    if not any(map(str.isalnum, word)):
        return 0
    if word.isupper() or "." in word or any(map(str.isdigit, word)):
        return 1
    return sum(count_syllables(piece, language) for piece in _PIECE.findall(word.lower()))
