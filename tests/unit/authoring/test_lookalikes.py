"""What a writer meant as a link, a heading or a table and Markdown reads as plain words; and good text that looks like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Wrong = Callable[[str], list[str]]
Advice = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A (guide)[https://example.org] b\n", ["1:9 link-broken"]),
        ("[see <https://example.org>](https://example.org/)\n", ["1:6 link-broken"]),
        ("A survey.[^1]\n", ["1:10 footnote"]),
        ("Dear {first_name|friend},\n", ["1:6 merge-field-braces"]),
        ("[your page]({manage_url})\n", ["1:1 merge-field-braces"]),
        ("Text\n##When it is over\n", ["2:1 heading-glued"]),
        ("::: callout\nNo advice. :::\n:::\n", ["2:12 block-misplaced"]),
        ("::: helpline :::\n", ["1:1 block-unclosed", "1:14 block-argument"]),
        ("| a | b |\n| 1 | 2 |\n", ["1:1 table-broken"]),
        ("| a | b |\n|---|\n| 1 | 2 |\n", ["1:1 table-broken"]),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 | 3 |\n", ["3:1 table-row"]),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n| 1 | 2 |\nText below.\n", ["3:1 table-row", "5:1 table-row"]),
        ("| a | b | c |\n|---|---|---|\n| 1 |\n| 1 | 2 |\n", ["3:1 table-row", "4:1 table-row"]),
        ("A text\n\n    that is moved in\n", ["3:1 text-indented"]),
        ("- **Biopsy. A doctor takes cells.\n", ["1:3 bold-broken"]),
        ("a (**who) b\n\nc ** who ** d\n", ["1:4 bold-broken", "3:3 bold-broken"]),
        ("It is ** no advice** of ours.\n", ["1:7 bold-broken"]),
    ],
)
def test_what_readers_would_see_as_signs_is_placed(wrong: Wrong, body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "Worse than the scan.* See [1] and (2)[3].\n\n*A survey of readers.\n",
        "HER2** and ER** are receptors.\n\n**A survey.\n\n**Another.\n",
        "Worse** than* the scan.\n\n*A survey.\n\n**Another one, of 2026.\n",
        "#MBC is a word of ours, and so is # 1.\n",
        "3 * 4 = 12 * 1, 2**3, **bold** and ***both***, \\*\\*two\n",
        "The options are a | b | c.\n",
        "|x| is one line\n",
        "| a | b |\n|---|---|\n| 1 | |\n| | 2 |\n| a \\| b | c |\n\nText below.\n",
        "> | a |\n> |---|\n> | 1 |\n",
        "1. one\n\n    still one\n\n    - two\n",
        "`{first_name}` \\{first_name} {name}\n",
        "[scans (the word)](https://en.wikipedia.org/wiki/Scan_(disambiguation)), 50% of < $400, a@b and AT&T\n",
        "Name: ________ 5:::3 ::\n",
    ],
)
def test_good_text_is_left_alone(wrong: Wrong, body: str) -> None:
    assert wrong(body) == []


def test_a_table_without_its_second_line_is_told_that_line(advice: Advice) -> None:
    assert advice("| a | b | c |\n| 1 | 2 | 3 |\n")[0].endswith("→ Put a line `| --- | --- | --- |` below its heading.")


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        ("::: callout Please remember\nText.\n:::\n", 'Put the title in straight quotation marks: "Please remember"'),
        ("::: callout 'Please remember'\nText.\n:::\n", 'Put the title in straight quotation marks: "Please remember"'),
        ("::: callout kind = important\nText.\n:::\n", "Write kind=important, without spaces or a colon."),
        ("::: callout kind: important\nText.\n:::\n", "Write kind=important, without spaces or a colon."),
        ('::: resource https://example.org/a b "A"\nText.\n:::\n', "An address has no spaces: write %20 for each, or copy"),
        (
            '::: event 2027-02-11T18:00 "A" zone=America/New_York place=At our office\nText.\n:::\n',
            'Put several words in straight quotation marks: place="At our office"',
        ),
        (":: helpline\n:::\n", "Write three: `:::`."),
        ("::: helpline\n::\n", "Write three: `:::`."),
        ("[a](editors@example.org)\n", "Write mailto:editors@example.org"),
        ("[a](844-275-7427)\n", "Write tel:8442757427"),
        ("[a](example.org/costs)\n", "Write https://example.org/costs"),
        ("[a](page.html)\n", "Write it in full, from https:// on."),
        ("::: trial NCTO9990001\nWhy.\n:::\n", "Write NCT09990001 with a zero, not the letter O."),
        ("::: trial nct09990001\nWhy.\n:::\n", "Write NCT09990001."),
        ("Dear {{name}},\n", "Did you mean first_name?"),
        ("Dear {first_name},\n", "Write two: {{first_name|friend}}"),
        ("Dear {first_name|you},\n", "Write two: {{first_name|you}}"),
        ("<b>\n", "Delete it, and write **bold** words between asterisks."),
        ("<o:p></o:p>\n", "Delete it; the templates see to the look."),
        ("<br>\n", "Delete it; a \\ at the end of a line begins a new one, an empty line a new paragraph."),
    ],
)
def test_the_fix_is_what_to_type(advice: Advice, body: str, fix: str) -> None:
    assert f"→ {fix}" in advice(body)[0]


def test_where_a_curly_quotation_mark_hides_the_rest_of_a_line_nothing_is_called_missing(wrong: Wrong) -> None:
    assert wrong("::: story “A” by=“M” consent=2027-01-15\nText.\n:::\n") == ["1:11 block-quotation-mark"]
