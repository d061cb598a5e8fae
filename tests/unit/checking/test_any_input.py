from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.checking.check import check_editions
from newsletter.checking.words import DIAGNOSIS, DISCLAIMER, VAGUE_LINK_WORDS, plain
from tests.unit.checking.drafts import with_edition, with_issue, written

MARKUP = st.text("<>/=\"'@{}%#:-!& abcMh123 ", max_size=80) | st.text(max_size=40)


@settings(deadline=None)
@given(html=MARKUP, text=MARKUP, web=MARKUP)
def test_whatever_an_edition_holds_the_checks_come_to_an_end(html: str, text: str, web: str) -> None:
    report = check_editions([with_edition(html=html, text=text, web=web)])
    assert "postal-address-missing" in {finding.rule for finding in report.findings}


@settings(deadline=None)
@given(text=st.text("[]()!<>*`\n #|-:htps./a", max_size=60))
def test_whatever_is_written_every_finding_has_a_place_in_the_file(text: str) -> None:
    lines = text.splitlines()
    for finding in check_editions([written(text)]).findings:
        assert 0 <= finding.place.line <= max(len(lines), 1)


@settings(deadline=None)
@given(subject=st.text(max_size=90), preheader=st.text(max_size=200))
def test_whatever_the_front_matter_says_its_findings_point_to_it(subject: str, preheader: str) -> None:
    for finding in check_editions([with_issue(subject=subject, preheader=preheader)]).findings:
        assert finding.place.line in {3, 4}


@settings(deadline=None)
@given(st.text(max_size=60))
def test_plain_words_are_compared_without_capitals_accents_and_blanks(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(f"  {text} \n") == plain(text)


def test_the_word_lists_are_written_as_they_are_compared() -> None:
    assert all(plain(words) == words for words in VAGUE_LINK_WORDS)
    assert DIAGNOSIS.pattern == DIAGNOSIS.pattern.lower()
    assert DISCLAIMER.pattern == DISCLAIMER.pattern.lower()
    assert DIAGNOSIS.pattern.isascii()
    assert DISCLAIMER.pattern.isascii()
