from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.authoring.issue import GlossaryTerm, MergeField
from newsletter.checking.prose import Passage, PassageKind, fold, read_passages
from tests.unit.checking.drafts import block, make_issue


def passages(markdown: str) -> list[Passage]:
    return list(read_passages(make_issue(markdown)))


def sentences(text: str) -> list[str]:
    [passage] = passages(text)
    return [passage.text[start:end] for start, end in passage.sentences]


def test_every_piece_of_text_says_what_it_is_and_where() -> None:
    found = passages("One.\n\n* Two\n\n### Three\n\n| Four |\n|---|\n| Five |\n")
    assert [(passage.kind.value, passage.text, passage.line) for passage in found] == [
        ("paragraph", "One.", 1),
        ("item", "Two", 3),
        ("heading", "Three", 5),
        ("cell", "Four", 7),
        ("cell", "Five", 9),
    ]


def test_a_character_knows_its_line_in_a_paragraph_of_several() -> None:
    [passage] = passages("\nFirst line  \nsecond line\nthird")
    assert passage.place(passage.text.index("third")).line == 4


def test_the_text_of_blocks_and_of_their_first_lines_is_read() -> None:
    fields = {"caption": "A cell", "image": None, "url": "https://example.org/a", "kind": "note"}
    issue = make_issue("Text.", block("figure", fields, body="What it shows.", line=9))
    found = [(passage.kind, passage.text, passage.block) for passage in read_passages(issue)]
    assert found == [
        (PassageKind.PARAGRAPH, "Text.", ""),
        (PassageKind.FIELD, "A cell", "figure"),
        (PassageKind.FIELD, "note", "figure"),
        (PassageKind.PARAGRAPH, "What it shows.", "figure"),
    ]


def test_a_heading_of_a_section_is_read() -> None:
    issue = make_issue("Text.")
    heading = MarkdownIt("commonmark").parseInline("Know *your* tests")[0]
    section = issue.sections[0]
    first, *_ = read_passages(replace(issue, sections=(replace(section, heading=heading),)))
    assert (first.kind, first.text, first.line) == (PassageKind.HEADING, "Know your tests", 1)


def test_glossary_marks_bold_beginnings_and_personal_parts_are_known() -> None:
    issue = make_issue("**Bone scan.** A *x*, `y`")
    children = issue.sections[0].parts[0].tokens[1].children  # type: ignore[union-attr]
    assert children is not None
    term = children[0].copy(type="glossary_term", tag="", content="receptors", meta={"term": GlossaryTerm("r", "r", "d")})
    name = children[0].copy(type="merge_field", tag="", content="", meta={"field": MergeField("first_name", "friend")})
    children += [term, name]
    [passage] = read_passages(issue)
    assert passage.text == "Bone scan. A x, yreceptorsfriend"
    assert passage.text[: passage.bold] == "Bone scan."
    [(start, end)] = passage.explained
    assert passage.text[start:end] == "receptors"


def test_sentences_end_where_a_reader_pauses() -> None:
    assert sentences("Ask Dr. Lee. It is free!  Is it? “Yes.” She (e.g. Ana) said 1.5 mg") == [
        "Ask Dr. Lee.",
        "It is free!",
        "Is it?",
        "“Yes.”",
        "She (e.g. Ana) said 1.5 mg",
    ]
    assert sentences("La Dra. Ruiz vino. ¿Qué dijo? Vio a la Sra. Paz, p. ej. ayer.") == [
        "La Dra. Ruiz vino.",
        "¿Qué dijo?",
        "Vio a la Sra. Paz, p. ej. ayer.",
    ]


def test_a_long_row_of_full_stops_takes_no_time() -> None:
    """Looked at from each of them to the end, they took minutes: this test is slow when it fails."""
    text = f"It goes on{'.' * 100_000}here"
    assert sentences(text) == [text]


def test_an_abbreviation_may_end_the_last_sentence() -> None:
    assert sentences("Write to SHARE, fig.") == ["Write to SHARE, fig."]


def test_words_are_compared_without_capitals_and_accents_and_keep_their_places() -> None:
    [passage] = passages("METÁSTASIS, İstanbul: don't")
    assert list(passage.words) == ["metastasis", "istanbul", "don't"]
    assert [passage.text[start:end] for start, end in passage.spans] == ["METÁSTASIS", "İstanbul", "don't"]


@given(st.text(max_size=40))
def test_folding_moves_no_character(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(max_size=80))
def test_sentences_cover_every_word(text: str) -> None:
    for passage in passages(text):
        inside = "".join(passage.text[start:end] for start, end in passage.sentences)
        assert "".join(inside.split()) == "".join(passage.text.split())
