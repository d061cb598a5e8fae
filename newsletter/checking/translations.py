"""The languages of an issue laid side by side: which section of one is which of the other, and what numbers each tells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from newsletter.authoring.issue import Issue, Section
from newsletter.checking.prose import Passage
from newsletter.checking.report import Draft


@dataclass(frozen=True, slots=True)
class SectionPair:
    """A section of the first language and its translation; the numbers count the sections of each issue from 0."""

    first: Section
    first_number: int
    other: Section
    other_number: int


def translations(drafts: Sequence[Draft]) -> Iterator[tuple[Draft, Draft]]:
    """Give the first language's draft beside each that has a text of its own."""
    for draft in drafts[1:]:
        if draft.issue.file != drafts[0].issue.file:
            yield drafts[0], draft


def pair_sections(first: Issue, other: Issue) -> list[SectionPair]:
    """Pair the sections of two languages: by their anchors, and those that are left in their order."""
    by_anchor = {section.anchor: number for number, section in enumerate(other.sections)}
    pairs = {number: by_anchor[section.anchor] for number, section in enumerate(first.sections) if section.anchor in by_anchor}
    left = (number for number in range(len(other.sections)) if number not in pairs.values())
    pairs |= dict(zip((number for number in range(len(first.sections)) if number not in pairs), left, strict=False))
    return [SectionPair(first.sections[one], one, other.sections[another], another) for one, another in sorted(pairs.items())]


def section_at(issue: Issue, line: int) -> int:
    """Give the number of the section that a line of the file stands in, -1 for the front matter."""
    return bisect_right([section.place.line for section in issue.sections], line) - 1


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number as it is written, and the values that it may have: 1.500 is one and a half, or in Spanish fifteen hundred."""

    shown: str
    start: int
    values: Collection[str]


_TAIL_OF_PHONE = re.compile(r"\d\d\d[ .-]\d{4}")
_PHONE = re.compile(r"(?<![\w-])(?:\+?1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])")
# A digit in a name is no number (HER2, PD-L1, COVID-19), nor is one that a letter follows (3-D, 3D).
# What comes before is looked at behind the first digit: a pattern that begins with a digit is found twice as fast.
_NUMBER = re.compile(r"\d(?<!\w\d)(?<!\w-\d)\d*(?:[.,]\d+)*(?!\w|-[^\W\d])(?P<afternoon>(?::\d\d)?\s?p\.?\s?m\b)?", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_PHONE_DIGITS = 10
_HOURS = 12

_WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "0": ("cero", "ningun", "ninguno", "ninguna"),
        "1": ("un", "uno", "una", "primer", "primero", "primera"),
        "2": ("dos", "segundo", "segunda", "doble"),
        "3": ("tres", "tercer", "tercero", "tercera"),
        "4": ("cuatro", "cuarto", "cuarta"),
        "5": ("cinco",),
        "6": ("seis",),
        "7": ("siete",),
        "8": ("ocho",),
        "9": ("nueve",),
        "10": ("diez",),
        "11": ("once",),
        "12": ("doce", "mediodia"),
        "15": ("quince",),
        "20": ("veinte",),
        "24": ("veinticuatro",),
        "30": ("treinta",),
        "40": ("cuarenta",),
        "50": ("cincuenta",),
        "60": ("sesenta",),
        "70": ("setenta",),
        "80": ("ochenta",),
        "90": ("noventa",),
        "100": ("cien", "ciento"),
        "1000": ("mil",),
    }
)
"""Spanish words that may stand where English has a digit, as words are compared."""
_VALUE_OF_WORD = MappingProxyType({word: value for value, words in _WORDS.items() for word in words})


def find_numbers(passage: Passage) -> Iterator[WrittenNumber]:
    """Give the numbers of a passage: telephone numbers as one each, then all others."""
    text = passage.text
    if not _DIGIT.search(text):
        return
    phones = list(_PHONE.finditer(text)) if _TAIL_OF_PHONE.search(text) else []
    for phone in phones:
        yield WrittenNumber(phone[0], phone.start(), {re.sub(r"\D", "", phone[0])[-_PHONE_DIGITS:]})
    for match in _NUMBER.finditer(text):
        if not any(phone.start() <= match.start() < phone.end() for phone in phones):
            afternoon = match["afternoon"] or ""
            shown = match[0].removesuffix(afternoon)
            values = _values(shown)
            if afternoon:
                values |= {str(int(value) + _HOURS) for value in values if value.isdigit()}
            yield WrittenNumber(shown, match.start(), values)


def values_in_digits(passages: Sequence[Passage]) -> frozenset[str]:
    """Give every value that passages tell in digits."""
    return frozenset(value for passage in passages for number in find_numbers(passage) for value in number.values)


def values_in_words(passages: Sequence[Passage]) -> frozenset[str]:
    """Give every value that passages tell in Spanish words."""
    return frozenset(_VALUE_OF_WORD[word] for passage in passages for word in _VALUE_OF_WORD.keys() & set(passage.words))


def _values(shown: str) -> set[str]:
    """Give the values that digits with points and commas may have, in one spelling each."""
    if shown.isdigit():
        return {_plain(shown)}
    values = {_plain(re.sub(r"[.,]", "", shown))} if _THOUSANDS.fullmatch(shown) else set()
    whole, _, part = re.sub(r",", ".", shown).partition(".")
    if "." not in part:
        values.add(f"{_plain(whole)}.{part.rstrip('0')}".rstrip("."))
    return values or {shown}


def _plain(digits: str) -> str:
    return digits.lstrip("0") or "0"
