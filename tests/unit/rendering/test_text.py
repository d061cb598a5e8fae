import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.token import Token

from newsletter.errors import TemplateError
from newsletter.rendering.text_flow import TextFlow
from newsletter.rendering.text_lines import COLUMNS, wrapped
from newsletter.rendering.text_prose import TextProse
from tests.unit.rendering.drafting import draw_markdown


def _text(markdown: str) -> str:
    """Give what stands below the heading of the one section."""
    text = draw_markdown(f"## Part\n\n{markdown}").text
    return text.split("Part\n----\n\n", 1)[1].split("\n\nIn this letter", 1)[0]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\t\r"), max_size=400))
@example(" ".join(["abc"] * 40))
@example("word " * 20 + "x" * 90 + " end")
@example("x" * 90)
@example(" two  blanks, and one at the end ")
def test_wrapping_loses_no_word_and_keeps_to_the_columns(text: str) -> None:
    lines = wrapped(text, "* ", "  ").split("\n")
    assert "".join(lines).replace(" ", "").removeprefix("*") == text.replace(" ", "")
    assert all(len(line) <= COLUMNS or " " not in line.strip(" ").removeprefix("* ") for line in lines)


def test_paragraphs_lists_and_quotations_keep_their_shape() -> None:
    assert _text("* loose\n\n  more\n* end\n\n***\n\nEnd.") == "* loose\n\n  more\n\n* end\n\n* * *\n\nEnd."
    markdown = "One.\n\n* a\n* b\n  * c\n\n3. three\n4. four\n\n> said\n> so\n\nline\\\nbroken"
    assert _text(markdown) == ("One.\n\n* a\n* b\n  * c\n\n3. three\n4. four\n\n> said so\n\nline\nbroken")


def test_long_lines_of_a_list_hang_under_their_text() -> None:
    lines = _text("* " + "word " * 30).splitlines()
    assert lines[0].startswith("* word")
    assert all(line.startswith("  word") for line in lines[1:])


def test_a_table_becomes_records() -> None:
    assert _text("| Score | | Meaning |\n|--|--|--|\n| 0 | a | none |\n| 3+ | b | much |") == (
        "Score: 0\n  a\n  Meaning: none\n\nScore: 3+\n  b\n  Meaning: much"
    )


def test_a_column_without_an_entry_is_heard_of_all_the_same() -> None:
    assert _text("| Score | Meaning |\n|--|--|\n| 0 | |\n| 1 | |") == "Score: 0\n  Meaning: –\n\nScore: 1\n  Meaning: –"  # noqa: RUF001
    assert _text("| Score | Meaning |\n|--|--|\n") == "Score: –\n  Meaning: –"  # noqa: RUF001


def test_code_stays_as_it_is() -> None:
    assert _text("* item\n\n  ```\n  a   b\n  ```\n\nUse `x  y`.") == "* item\n\n  a   b\n\nUse x y."


def test_links_are_numbered_once_and_listed_at_the_end_of_their_section() -> None:
    text = draw_markdown(
        "## One\n\n[The guide](https://example.org/a), [again](https://example.org/a), [more](https://example.org/b).\n\n"
        "## Two\n\n[The guide](https://example.org/a) and <https://example.org/c>.\n"
    ).text
    one, two = text.split("\n\nTwo\n---\n", 1)
    assert "The guide [1], again [1], more [2]." in one
    assert one.count("[1] https://example.org/a\n[2] https://example.org/b") == 1
    assert "The guide [1] and https://example.org/c." in two
    assert "Links:" not in two


def test_a_telephone_number_is_not_said_twice() -> None:
    assert _text("[844-275-7427](tel:+18442757427), [call us](tel:+18442757427), [mail us](mailto:a@example.org)") == (
        "844-275-7427, call us (+18442757427), mail us (a@example.org)"
    )


def test_an_address_is_said_without_the_subject_of_its_mail() -> None:
    assert _text("[us](mailto:a@example.org?subject=Scans), [b@example.org](mailto:b@example.org?subject=x)") == (
        "us (a@example.org), b@example.org"
    )


def test_a_link_within_the_issue_is_its_words() -> None:
    text = draw_markdown("## One {#one}\n\nText.\n\n## Two\n\nSee [above](#one).\n").text
    assert "See above." in text
    assert "#one" not in text


def test_an_empty_cell_is_not_announced() -> None:
    text = draw_markdown("## One\n\n| What | When | Cost |\n|---|---|---|\n| Scan | | ask |\n| Talk | noon | |\n").text
    assert "What: Scan\n  Cost: ask" in text


def test_a_glossary_term_is_explained_once() -> None:
    text = draw_markdown("## One\n\nA [[biopsy]], a [[biopsy|second one]].\n\n## Two\n\n[[biopsy]] again.\n").text
    assert text.count("biopsy: Taking out some cells") == 1
    assert "A biopsy, a second one." in text


def test_no_line_ends_with_a_space_and_no_two_empty_lines_meet() -> None:
    text = draw_markdown('## One\n\n::: callout "Title"\nBody.\n:::\n\n::: button https://example.org/ "Go there"\n:::\n').text
    assert not re.search(r"[ \t]\n|\n\n\n", text)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_an_unknown_kind_of_markdown_is_refused() -> None:
    with pytest.raises(TemplateError, match="footnote_ref"):
        TextProse().inline([Token("footnote_ref", "", 0)])
    with pytest.raises(TemplateError, match="footnote_block_open"):
        list(TextFlow(lambda _: "").render([Token("footnote_block_open", "", 1)]))
