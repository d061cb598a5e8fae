"""The part of the registry's query language, Essie, that the practice registry reads.

Grammar and precedence as the registry documented them (https://classic.clinicaltrials.gov/api/gui/ref/syntax and …/ref/expr):
operators are upper-case words; OR binds least, then AND, then NOT and the context operators; a term is a run of words without an
operator, or a phrase in quotation marks; a backslash makes an operator a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKENS = re.compile(
    r'(?P<space>\s+)|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<mark>[()\[\]])|(?P<word>(?:\\.|[^\s"()\[\]\\])+)', re.DOTALL
)
_WITH_BRACKETS = frozenset({"AREA", "SEARCH", "RANGE", "DISTANCE", "COVERAGE", "EXPANSION", "TILT", "CONST"})
_OPERATORS = _WITH_BRACKETS | {"AND", "OR", "NOT", "MISSING", "ALL"}


class EssieError(ValueError):
    """An expression that the registry cannot parse; the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to be there; ``phrase``: together and in this order."""

    words: tuple[str, ...]
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two, both included; "MIN" and "MAX" are no limit."""

    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Within:
    """A condition on one area of the record."""

    area: str
    of: Expression


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be so."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Every:
    """AND."""

    of: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    of: tuple[Expression, ...]


Expression = Term | Range | Within | Not | Every | Either


def parse_essie(text: str) -> Expression:
    """Read an expression. Raises EssieError."""
    reader = _Reader(_tokenize(text))
    expression = reader.either()
    if reader.next is not None:
        raise EssieError(f"extraneous input '{reader.next[1]}'")
    return expression


def _tokenize(text: str) -> list[tuple[str, str]]:
    """Give kinds and texts: ``phrase``, ``mark``, ``word``, or ``operator`` for an operator that no backslash made a word."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise EssieError(f"token recognition error at: '{text[at:]}'")
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "space":
            continue
        found = match[kind]
        if kind == "word" and found in _OPERATORS:
            kind = "operator"
        tokens.append((kind, found if kind in {"mark", "operator"} else re.sub(r"\\(.)", r"\1", found, flags=re.DOTALL)))
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self) -> Expression:
        parts = [self._every()]
        while self._took("operator", "OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Expression:
        parts = [self._one()]
        while self._took("operator", "AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Expression:
        if self._took("operator", "NOT"):
            return Not(self._one())
        if self._took("operator", "AREA") or self._took("operator", "SEARCH"):
            return Within(" ".join(self._bracketed()), self._one())
        if self._took("operator", "RANGE"):
            lowest, comma, highest = "".join(self._bracketed()).partition(",")
            if not comma:
                raise EssieError("mismatched input ']' expecting ','")
            return Range(lowest, highest)
        if self._took("operator", "EXPANSION") or self._took("operator", "COVERAGE"):
            self._bracketed()
            return self._one()
        if self._took("mark", "("):
            inner = self.either()
            if not self._took("mark", ")"):
                raise EssieError("missing ')' at '<EOF>'")
            return inner
        return self._term()

    def _term(self) -> Expression:
        if self.next and self.next[0] == "phrase":
            self._at += 1
            return Term(tuple(self._tokens[self._at - 1][1].split()), phrase=True)
        words: list[str] = []
        while self.next and self.next[0] == "word":
            words.append(self.next[1])
            self._at += 1
        if not words:
            raise EssieError(f"mismatched input '{self.next[1] if self.next else '<EOF>'}'")
        return Term(tuple(words))

    def _bracketed(self) -> list[str]:
        if not self._took("mark", "["):
            raise EssieError(f"mismatched input '{self.next[1] if self.next else '<EOF>'}' expecting '['")
        inside = []
        while self.next and self.next[0] != "mark":
            inside.append(self.next[1])
            self._at += 1
        if not self._took("mark", "]"):
            raise EssieError("missing ']'")
        return inside

    def _took(self, kind: str, text: str) -> bool:
        if self.next == (kind, text):
            self._at += 1
            return True
        return False
