"""Hypothesis strategies for issue files: our whole grammar, filled with everything that breaks mails elsewhere."""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st

HOSTILE = [
    "<script>alert(1)</script>",
    "</mj-text></mj-column>",
    "<mj-raw>",
    "<!-- a -- b -->",
    "<![CDATA[ x ]]>",
    "<?php ?>",
    "</td></tr></table>",
    '" onclick="x',
    "' style='x",
    "javascript:alert(1)",
    "{{ manage_url }}",
    "{{first_name|friend}}",
    "{{first_name|<b>}}",
    "{{config}}",
    "{% if x %}",
    "{# x #}",
    "{0} {x.y} %s $x",
    "@@MM:address:@@",
    "@@MMHELD0@@",
    "@@ MM",
    "\\u{a0}",
    "&lt;b&gt; &amp;amp; &#64;@MM &nbsp; &notanentity;",
    "1 < 2 <3 AT&T",
    "Subject: x",
    "\N{NO-BREAK SPACE}\N{SOFT HYPHEN}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH SPACE}",
    "\N{RIGHT-TO-LEFT MARK}שלום مرحبا",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "e\N{COMBINING ACUTE ACCENT}\N{COMBINING CEDILLA}",
    "👩‍👩‍👧 ❤️ 🇺🇸",
    "\x00\x07\x1b[31m\x85\x9f",
    "\ufeff\ufffe\uffff\U0001fffe",
    "\r\n.\r\nQUIT",
    "\t",
    "A" * 1200,
    "日本語のテキスト",
    "ǅ ﬁ ① ½ ª",
    "***a*b**c_",
    "[[biopsy]]",
    "[[biopsy|Some <b> cells]]",
    "[words](https://example.org/?a=1&b=%22'>)",
    "[a *b* `c`]({{manage_url}})",
    "[x](#part) <https://example.org>",
    "`code {{ x }} </td>`",
    "``` `` `",
    "\\\nx",
    "  \nx",
    "::: helpline",
    ":::",
    "|",
    "\\|",
    "https://example.org/a_b*c*",
    "====",
    "----",
    "{#anchor}",
]
PLAIN = ["biopsy", "a", "Tests", "and", "2+", "é", "“yes”", "**bold**", "*soft*", "don't", "50%", "3.", "-", "(x)"]
ODD_BUT_TAKEN = [
    "{{first_name|friend}}",
    "{{first_name|<b>}}",
    "{{address}}",
    "[[biopsy]]",
    "[[biopsy|Some & cells]]",
    "[words](https://example.org/?a=1&b=%22'>)",
    "[a *b* `c`]({{manage_url}})",
    "<https://example.org/a_b>",
    "`{{ x }} </td> <!-- {% if %} @ @MM`",
    "`` ` ``",
    "&lt;b&gt; &amp;amp; &#64; &nbsp; &notanentity; &#0; &#x80;",
    "1 < 2 <3 AT&T",
    "{0} {x.y} %s $x {% if x %} {# x #}",
    "\\<script>alert(1)\\</script>",
    "\\<!-- a -- b --\\> ]]>",
    '" onclick="x',
    "' style='x",
    "\\u{a0} \\\\n",
    "Subject: x",
    "\N{NO-BREAK SPACE}\N{SOFT HYPHEN}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH SPACE}",
    "\N{RIGHT-TO-LEFT MARK}שלום مرحبا",
    "e\N{COMBINING ACUTE ACCENT}\N{COMBINING CEDILLA}",
    "👩‍👩‍👧 ❤️ 🇺🇸",
    "日本語のテキスト",
    "ǅ ﬁ ① ½ ª",
    "A" * 1200,
    "https://example.org/a_b*c*",
    "snake_case_word x*y*z",
    "\\\nx",
    "  \nx",
    ".\nQUIT",
]

odd_word = st.sampled_from(ODD_BUT_TAKEN)
wild_word = st.sampled_from(HOSTILE) | st.text(max_size=8)
calm_word = st.one_of(*[st.sampled_from(PLAIN)] * 3, *[odd_word] * 2)
calm_phrase = st.lists(calm_word, min_size=1, max_size=6).map(" ".join)
wild_phrase = st.lists(calm_word | wild_word, min_size=1, max_size=4).map(" ".join)


@st.composite
def any_phrases(draw: st.DrawFn) -> str:
    """Give words that an issue takes, and once in a while words that it may not take."""
    return draw(wild_phrase if draw(st.integers(0, 24)) == 24 else calm_phrase)


any_phrase = any_phrases()


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line for line in text.split("\n"))


def _list(marker: str) -> st.SearchStrategy[str]:
    item = st.tuples(any_phrase, st.none() | any_phrase, st.none() | any_phrase)

    def write(items: list[tuple[str, str | None, str | None]]) -> str:
        lines = []
        for words, nested, more in items:
            lines.append(f"{marker} {words}")
            if nested is not None:
                lines.append(f"{' ' * len(marker)} - {nested}")
            if more is not None:
                lines.append(f"\n{_indented(more, ' ' * (len(marker) + 1))}")
        return "\n".join(lines)

    return st.lists(item, min_size=1, max_size=3).map(write)


def _table(columns: int) -> st.SearchStrategy[str]:
    row = st.lists(any_phrase | st.just(""), min_size=columns, max_size=columns)
    mark = st.sampled_from(["---", ":--", "--:", ":-:"])
    return st.builds(
        lambda head, marks, rows: "\n".join("| " + " | ".join(cells) + " |" for cells in [head, marks, *rows]),
        row,
        st.lists(mark, min_size=columns, max_size=columns),
        st.lists(row, min_size=1, max_size=3),
    )


prose = st.one_of(
    any_phrase,
    st.lists(any_phrase, min_size=2, max_size=3).map("\n".join),
    any_phrase.map(lambda words: "### " + words),
    st.sampled_from(["-", "*", "1.", "7)"]).flatmap(_list),
    st.integers(1, 4).flatmap(_table),
    any_phrase.map(lambda words: _indented(words, "> ")),
    any_phrase.map(lambda words: f"```\n{words}\n```"),
    st.just("***"),
)
body = st.lists(prose, min_size=1, max_size=3).map("\n\n".join)
title = any_phrase.map(lambda words: re.sub(r"\{\{.*?\}\}|[\n\r]", " ", words.replace('"', "'"))[:300] + "x")
url = st.sampled_from(
    ["https://example.org/a?b=1&c='", "https://example.org/é", "http://x.example/%3Cb%3E", "https://example.org/#a"]
)


def _block(head: st.SearchStrategy[str], inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda first, words: f"::: {first}\n{words}\n:::", head, inside)


def _headed(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: pattern.format(*given))


links = st.lists(st.tuples(title, title), min_size=1, max_size=3).map(
    lambda items: "\n".join(f"* [{one}](https://example.org/) {other}" for one, other in items)
)
block = st.one_of(
    _block(_headed('trial NCT01234567 "{}"', title), body),
    _block(_headed('resource {} "{}" language="{}" cost="{}"', url, title, title, title), body),
    _block(st.just("helpline"), body),
    _block(_headed('callout "{}" kind={}', title, st.sampled_from(["note", "important"])), body),
    _block(_headed('quote by="{}" source={}', title, url), body),
    _block(_headed('story "{}" by="{}" consent=2026-10-01', title, title), body),
    _block(_headed('figure images/receptors.png "{}" alt="{}"', title, title), body | st.just("")),
    _block(_headed('button {} "{}"', url, title), st.just("")),
    _block(st.just("sources"), body),
    _block(st.just("sponsors"), body),
    _block(_headed("for topic={}", st.sampled_from(["trials", "living"])), body),
    _block(st.just("resources"), links),
    _block(_headed('event 2026-12-10T14:00 "{}" zone=America/New_York place="{}" url={}', title, title, url), body),
    _block(_headed('correction said="{}"', title), body),
)
section = st.builds(
    lambda heading, parts: "\n\n".join([f"## {heading}", *parts]),
    title,
    st.lists(prose | block, min_size=1, max_size=3),
)
quoted = title.map(lambda words: json.dumps(words, ensure_ascii=False))
front_matter = st.builds(
    "---\ntitle: {}\nsubject: {}\npreheader: {}\nlanguage: en\nsponsors:\n  - name: {}\n    note: {}\n---\n".format,
    quoted,
    quoted,
    quoted,
    quoted,
    quoted,
)
issue_file = st.builds(
    lambda top, sections: top + "\n\n".join(sections) + "\n", front_matter, st.lists(section, min_size=1, max_size=3)
)
anything = st.lists(
    st.sampled_from(HOSTILE + PLAIN + ["\n", "\n\n", "## ", "- ", "    ", "> ", "::: callout\n", ":::\n", "```\n"])
    | st.text(max_size=5)
).map("".join)
"""No grammar at all, below a good front matter."""
