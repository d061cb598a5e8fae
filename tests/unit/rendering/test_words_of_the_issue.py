"""The web page explains each term once, at its end, and the way there leads back."""

from __future__ import annotations

import re

import html5lib

from newsletter.authoring.issue import GlossaryTerm
from tests.unit.rendering.drafting import draw_markdown

TWICE = "## One\n\nA [[biopsy]], [[biopsy|biopsies]].\n\n## Two\n\nA [[biopsy]].\n"


def test_a_terms_first_use_leads_to_its_definition_which_leads_back() -> None:
    web = draw_markdown(TWICE).web
    assert web.count("Taking out some cells") == 1
    assert '<a class="word" id="in_text_biopsy" href="#word_biopsy">biopsy</a>' in web
    assert web.count('href="#word_biopsy"') == 1
    assert re.search(
        r'<dt id="word_biopsy">biopsy</dt>\n<dd>Taking out some cells[^<]*<br>'
        r'<a class="back" href="#in_text_biopsy">Back to “biopsy” in the letter</a></dd>',
        web,
    )
    assert web.index('id="two"') < web.index('<h2 id="the_words">Words in this letter</h2>')


def test_the_list_stands_in_the_contents_and_only_where_there_are_words() -> None:
    assert '<li><a href="#the_words">Words in this letter</a></li>' in draw_markdown(TWICE).web
    assert "the_words" not in draw_markdown("## One\n\nNo term.\n").web


def test_the_list_speaks_the_language_of_the_issue() -> None:
    web = draw_markdown("Una [[biopsy]].\n", language="es").web
    assert '<h2 id="the_words">Palabras de esta carta</h2>' in web
    assert "Volver a “biopsia” en la carta" in web


def test_no_id_stands_twice_on_the_page_though_a_wide_table_repeats_its_head() -> None:
    web = draw_markdown("| a | [[biopsy]] | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |\n| 1 | 2 | 3 | 4 |\n").web
    ids = re.findall(r' id="([^"]*)"', web)
    assert len(ids) == len(set(ids))
    assert web.count('<span class="lb">biopsy: </span>') == 2


def test_a_key_of_several_words_makes_an_id_without_blanks() -> None:
    assert GlossaryTerm("triple negative (é)", "t", "d").anchor == "triple_20_negative_20__28__e9__29_"


def test_the_page_with_words_is_sound_html() -> None:
    parser = html5lib.HTMLParser()
    parser.parse(draw_markdown(TWICE).web)
    assert parser.errors == []
