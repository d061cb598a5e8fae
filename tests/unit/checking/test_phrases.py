from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.checking.phrases import PhraseBook
from newsletter.checking.prose import read_words

BOOK = PhraseBook(
    [
        ("trastuzumab", 1),
        ("trastuzumab deruxtecan", 2),
        ("game changer", 3),
        ("línea de tratamiento", 4),
        ("T-DXd", 5),
        ("study", 6),
    ]
)


def find(text: str) -> list[tuple[str, int]]:
    words = read_words(text)
    return [(" ".join(words[found.first : found.after]), found.meaning) for found in BOOK.find(words)]


def test_the_longer_of_two_phrases_is_found() -> None:
    assert find("Trastuzumab deruxtecán, or trastuzumab") == [("trastuzumab deruxtecan", 2), ("trastuzumab", 1)]


def test_hyphens_capitals_accents_and_plurals_make_no_difference() -> None:
    assert [meaning for _, meaning in find("Studies. Game-Changers; LINEAS de tratamientos; T DXD")] == [6, 3, 4, 5]


def test_a_part_of_a_phrase_or_of_a_word_is_none() -> None:
    assert find("a game that changes; línea de; pretrastuzumab") == []


def test_an_empty_phrase_is_never_found() -> None:
    assert list(PhraseBook([("…", 1)]).find(["a", "b"])) == []


@given(st.lists(st.sampled_from(["game", "changer", "trastuzumab", "deruxtecan", "t", "dxd", "x"]), max_size=12))
def test_found_phrases_never_overlap(words: list[str]) -> None:
    at = 0
    for found in BOOK.find(words):
        assert at <= found.first < found.after <= len(words)
        at = found.after
