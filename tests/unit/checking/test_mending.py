from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.checking.mending import find_http_addresses, mend

NBSP, ZERO_WIDTH, SOFT_HYPHEN, THIN = "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}", "\N{SOFT HYPHEN}", "\N{THIN SPACE}"

WRITTEN = st.lists(
    st.sampled_from(
        [
            *("word", "Word.", "a", "5", "mg", "Dr.", "1.", "é", "x", "https://example.org/a", "http://example.org/?b=1"),
            *(" ", " ", "  ", "   ", "\n", "\n", "\n\n", "\t", NBSP, NBSP, ZERO_WIDTH, SOFT_HYPHEN, THIN, "\r\n"),
            *(
                "#",
                "##",
                "-",
                "*",
                "**",
                "_",
                ">",
                "`",
                "```",
                "~~~",
                "|",
                ":::",
                "[",
                "](",
                ")",
                "<",
                "&amp;",
                "\\",
                "---",
                "{{",
                ":",
            ),
        ]
    ),
    max_size=30,
).map("".join)


def seen(text: str) -> str:
    """Give what of a text can be seen."""
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)
    return " ".join(re.sub(f"[{ZERO_WIDTH}{SOFT_HYPHEN}\u2060\ufeff]", "", spaced).split())


def shown(text: str) -> list[tuple[str, str]]:
    """Give the blocks that Markdown makes of a text, and what can be seen of each."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return [(token.type, seen("".join(child.content or " " for child in token.children or ()))) for token in tokens]


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("[a](https://example.org/?utm_source=x)", "[a](https://example.org/)"),
        ("[a](https://example.org/?a=1&utm_source=x&b=2#c)", "[a](https://example.org/?a=1&b=2#c)"),
        ("<https://example.org/?UTM_Source=x&amp;a=1&amp;fbclid=2>", "<https://example.org/?a=1>"),
        ("See https://example.org/?mc_eid=1, please.", "See https://example.org/, please."),
        ("[a](https://example.org/a_(b)?gclid=1)", "[a](https://example.org/a_(b))"),
        ('::: button https://example.org/?utm_source=a "Go"', '::: button https://example.org/ "Go"'),
        ("[a]: https://example.org/?utm_id=1", "[a]: https://example.org/"),
        ("---\nsponsors:\n  - name: A\n    url: https://example.org/?utm_id=1\n---\n", None),
    ],
)
def test_tracking_parameters_are_taken_out(written: str, mended: str | None) -> None:
    assert mend(written).text == (mended or written.replace("?utm_id=1", ""))


@pytest.mark.parametrize(
    "left",
    [
        "`https://example.org/?utm_source=x`",
        "`a\nhttps://example.org/?utm_source=x\nb`",
        "```\nhttps://example.org/?utm_source=x  y\n```",
        "~~~\n```\nhttps://example.org/?utm_source=x\n~~~~",
        "    https://example.org/?utm_source=x",
        "[a](https://example.org/?utm_source=caf&eacute;)",
        "[a](https://example.org/?utm_source=a\\_b)",
        "[a](https://example.org/?utm_source={{manage_url}})",
        "[a](https://example.org/?to=https%3A%2F%2Fexample.org%2F%3Futm_source%3Dx)",
        "[a](https://example.org/#x?utm_source=y)",
        "utm_source=x",
    ],
)
def test_code_and_what_is_not_certain_is_left_alone(left: str) -> None:
    assert mend(left).text == left
    assert mend(left).changes == ()


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("two  words   here", "two words here"),
        (f"two{NBSP}words", "two words"),
        (f"two {NBSP}words{NBSP}", "two words"),
        (f"{NBSP}two words", "two words"),
        (f"two{THIN}words", "two words"),
        (f"wo{ZERO_WIDTH}rd, wo{SOFT_HYPHEN}rd", "word, word"),
        ("two\twords", "two words"),
        ("end \nend\n", "end\nend\n"),
        ("end   \n\nend  ", "end\n\nend"),
        ("   \nx", "\nx"),
        ("- two  words", "- two words"),
        ("## Two  words {#two}  \n\n", "## Two words {#two}\n\n"),
        ("two  words\r\nthree \r\n", "two words\r\nthree\r\n"),
        (f"---\ntitle: Two  words\n# kept  as is\nlanguage: en  # two  blanks\nsubject:{NBSP}Hello\n---\n", None),
    ],
)
def test_odd_spaces_are_mended(written: str, mended: str | None) -> None:
    in_front_matter = written.replace("Two  words", "Two words").replace(f":{NBSP}", ": ")
    assert mend(written).text == (mended or in_front_matter)


@pytest.mark.parametrize(
    "left",
    [
        f"5{NBSP}mg, 30{NBSP}%, Dr.{NBSP}Lee, J.{NBSP}Lee, page{NBSP}5, March{NBSP}1",
        "a line that breaks  \nhere",
        "1.  an item of a list\n    and more",
        "| a   | b |\n|-----|---|",
        f"1.{NBSP}no list",
        f"#{NBSP}no heading",
        f"{ZERO_WIDTH}# no heading",
        f"1{ZERO_WIDTH}. no list",
        f"[a](https://example.org/a{ZERO_WIDTH}b{NBSP}c)",
        f"&am{ZERO_WIDTH}p;",
        f"*{NBSP}a* and _{ZERO_WIDTH}b_",
        "`two  words`",
        f"{NBSP}",
        "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}",
        "two  words\rof an old computer",
    ],
)
def test_spaces_that_mean_something_are_left_alone(left: str) -> None:
    assert mend(left).text == left


def test_a_long_row_of_full_stops_after_an_address_takes_no_time() -> None:
    """Looked at from each of them to the end, they took 40 s: this test is slow when it fails."""
    text = f"https://example.org/a{'.' * 100_000}x"
    assert mend(text).text == text


def test_https_is_written_only_where_it_answered() -> None:
    text = "[a](http://example.org/?utm_source=x&amp;a=1) [b](HTTP://example.org/b) `http://example.org/c`"
    assert find_http_addresses(text) == ["http://example.org/?a=1", "http://example.org/b"]
    assert mend(text).text == text.replace("utm_source=x&amp;", "")
    mended = mend(text, {"http://example.org/b"})
    assert mended.text == "[a](http://example.org/?a=1) [b](https://example.org/b) `http://example.org/c`"


def test_every_change_says_its_line() -> None:
    changes = mend("fine\n\ntwo  words https://example.org/?utm_id=1\n\nend \n").changes
    assert [(change.line, change.what) for change in changes] == [
        (3, "took utm_id out of an address"),
        (3, "made one space of several"),
        (5, "took out spaces at the end"),
    ]


def test_the_front_matter_may_be_unclosed_and_marked() -> None:
    assert mend("\ufeff---\ntitle: A  b\n    x: https://example.org/?utm_id=1").text == (
        "\ufeff---\ntitle: A b\n    x: https://example.org/?utm_id=1"
    )


@settings(max_examples=400)
@given(WRITTEN | st.text(max_size=60))
@example(f"a{ZERO_WIDTH}{NBSP}{NBSP} b  \n`x  y\n\nz")
def test_mending_twice_is_mending_once_and_no_word_changes(text: str) -> None:
    mended = mend(text)
    assert mend(mended.text) == type(mended)(mended.text, ())
    assert seen(mended.text) == seen(text)
    assert mended.text.count("\n") == text.count("\n")
    assert bool(mended.changes) == (mended.text != text)


@settings(max_examples=400)
@given(WRITTEN)
def test_mending_makes_no_markup_of_text_and_no_text_of_markup(text: str) -> None:
    assert shown(mend(text).text) == shown(text)


@settings(max_examples=200)
@given(WRITTEN, st.sampled_from(["utm_source", "fbclid", "mc_eid"]), st.sampled_from(["&", "&amp;"]))
def test_whatever_stands_round_it_only_the_parameter_goes(text: str, name: str, separator: str) -> None:
    before = f"[a](https://example.org/?a=1{separator}{name}=x{separator}b=2)"
    after = f"[a](https://example.org/?a=1{separator}b=2)"
    mended = mend(f"{text}\n\n{before}\n").text
    assert mended in {mend(f"{text}\n\n{after}\n").text, mend(f"{text}\n\n{before}\n").text}
