"""Finds the words and phrases of a list in running text, in one pass however long the list is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from newsletter.checking.prose import read_words

Meaning = TypeVar("Meaning")


class FoundPhrase(NamedTuple, Generic[Meaning]):
    """A phrase in a sequence of words: the number of its first word, that of the first word after it, and its meaning."""

    first: int
    after: int
    meaning: Meaning


class PhraseBook(Generic[Meaning]):
    """Phrases and what each means. Capitals, accents, hyphens and a plural -s, -es or -ies make no difference."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        # By every form of the first word: nearly every word begins no phrase, and one look has to tell.
        self._by_first: dict[str, list[tuple[tuple[frozenset[str], ...], Meaning]]] = {}
        for phrase, meaning in phrases:
            first, *rest = (_forms(word) for word in read_words(phrase) or [""])
            for form in first:
                self._by_first.setdefault(form, []).append((tuple(rest), meaning))
        for found in self._by_first.values():
            found.sort(key=lambda entry: -len(entry[0]))

    def find(self, words: Sequence[str]) -> Iterator[FoundPhrase[Meaning]]:
        """Give the phrases among the words in their order; of two that begin at one word the longer one."""
        if self._by_first.keys().isdisjoint(words):
            return
        after = 0
        for number, word in enumerate(words):
            if word in self._by_first and number >= after:
                found = self._at(words, number)
                if found is not None:
                    after = found.after
                    yield found

    def _at(self, words: Sequence[str], number: int) -> FoundPhrase[Meaning] | None:
        for rest, meaning in self._by_first[words[number]]:
            after = number + 1 + len(rest)
            if after <= len(words) and all(word in forms for word, forms in zip(words[number + 1 : after], rest, strict=True)):
                return FoundPhrase(number, after, meaning)
        return None


def _forms(word: str) -> frozenset[str]:
    return frozenset({word, f"{word}s", f"{word}es", *([f"{word[:-1]}ies"] if word.endswith("y") else [])})
