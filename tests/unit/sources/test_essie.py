from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.sources.practice.essie import EssieError, Term, parse_essie
from newsletter.sources.trials.essie import nct_ids_of, plain_term

OPERATORS = [
    "AND",
    "OR",
    "NOT",
    "AREA",
    "RANGE",
    "SEARCH",
    "MISSING",
    "ALL",
    "EXPANSION",
    "COVERAGE",
    "DISTANCE",
    "TILT",
    "CONST",
]
PIECES = [
    *OPERATORS,
    "AREA[Phase]PHASE3",
    "RANGE[MIN,MAX]",
    '"',
    "\\",
    "[",
    "]",
    "(",
    ")",
    "HER2+",
    "T-DM1",
    "“",
    "\uff02",
    "\uff21\uff2e\uff24",
    " ",
]

typed = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map(" ".join),
    st.lists(st.sampled_from(PIECES)).map("".join),
)


@given(typed)
@example('" OR AREA[Phase]PHASE3')
@example("\\AND (x")
def test_whatever_is_typed_arrives_as_one_term_of_plain_words(text: str) -> None:
    term = plain_term(text)
    if term:
        assert parse_essie(term) == Term(tuple(term.split()))


@given(typed)
def test_no_word_in_capitals_and_no_mark_of_the_language_is_left(text: str) -> None:
    term = plain_term(text)
    assert not set(term) & set('"()[]\\{}:;,|=<>~^*?&#')
    assert not set(term.split()) & set(OPERATORS)
    assert plain_term(term) == term


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("metastatic triple negative", "metastatic triple negative"),
        ("HER2+ or HER2-low (any line)", "her2+ or her2-low any line"),
        ('T-DM1, 5-FU and "olaparib"', "t-dm1 5-fu and olaparib"),
        ("women's health", "women's health"),
        (" - + ' \\ ", ""),
        ("cáncer de mama", "cáncer de mama"),
    ],
)
def test_words_stay_as_people_write_them(text: str, term: str) -> None:
    assert plain_term(text) == term


@pytest.mark.parametrize("text", ["heart attack OR stroke", 'AREA[Phase]"x"', "(a AND b)", "NOT x"])
def test_the_practice_parser_does_take_operators_for_operators(text: str) -> None:
    assert not isinstance(parse_essie(text), Term)


@pytest.mark.parametrize("text", ['"open', "(a", "a)", "a ]", "AREA[Phase", "OR", "", "a AND", "RANGE[1]", "\\"])
def test_the_practice_parser_refuses_what_does_not_parse(text: str) -> None:
    with pytest.raises(EssieError):
        parse_essie(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("NCT03377387", ["NCT03377387"]),
        (" nct3377387, (NCT00000012) ", ["NCT03377387", "NCT00000012"]),
        ("NCT03377387 NCT03377387", ["NCT03377387"]),
        ("NCT03377387 breast", []),
        ("NCT00000000", []),
        ("NCT123456789", []),
        ("", []),
    ],
)
def test_a_text_of_nothing_but_trial_numbers_is_known_as_such(text: str, ids: list[str]) -> None:
    assert nct_ids_of(text) == ids
