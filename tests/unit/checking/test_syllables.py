from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checking.syllables import count_syllables

ENGLISH = {
    1: "bone scans words stained called through tongue years use one care don't tired",
    2: "cancer doctor study table treated patient triple people value wanted changes isn't create result being doses",
    3: "medicine receptor another example idea hospital decided physician vegetables everyone continue anything",
    4: "metastatic pathologist information situation anxiety medication diarrhea antibody",
    5: "association radioactive chemotherapy",
}
SPANISH = {
    1: "a y yo muy hoy rey buey quién que soy",
    2: "seno cáncer días guía oír ciudad aún ojo biopsias después siguen",
    3: "médico equipo ahora idea línea pingüino célula amiga viviendo",
    4: "todavía tratamiento resultado proteína",
    5: "quimioterapia metastásico",
}


def words(by_count: dict[int, str]) -> list[tuple[str, int]]:
    return [(word, count) for count, listed in by_count.items() for word in listed.split()]


@pytest.mark.parametrize(("word", "syllables"), words(ENGLISH))
def test_english_is_counted_as_it_is_spoken(word: str, syllables: int) -> None:
    assert count_syllables(word, "en") == syllables


@pytest.mark.parametrize(("word", "syllables"), words(SPANISH))
def test_spanish_is_counted_as_it_is_spoken(word: str, syllables: int) -> None:
    assert count_syllables(word, "es") == syllables


def test_an_apostrophe_of_a_word_processor_is_one_of_a_typewriter() -> None:
    assert count_syllables("don\N{RIGHT SINGLE QUOTATION MARK}t", "en") == 1


@given(st.text(max_size=20), st.sampled_from(["en", "es"]))
def test_whatever_the_word_it_has_a_syllable_and_no_more_than_letters(word: str, language: str) -> None:
    assert 1 <= count_syllables(word, language) <= max(1, 2 * len(word))
