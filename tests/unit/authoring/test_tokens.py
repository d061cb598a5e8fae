"""What the renderer gets: one short issue as tokens, written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown_it.token import Token

from newsletter.authoring.issue import Block, Issue

BODY = """Dear {{first_name|friend}}, see [below](#tests) or [change]({{manage_url}}).

## Your tests {#tests}
A **[guide](https://example.org "In full")** for [[HER2-low]]:
1. one\\
   more
2. `{{two}}`

| Test | Shows |
|------|:-----:|
| IHC | *HER2* |

::: callout "Mind" kind=important
> [Ask, {{first_name|you}}](tel:+18442757427).
:::
"""

EXPECTED = """
paragraph_open
  text Dear
  merge_field MergeField(name='first_name', fallback='friend')
  text , see
  link_open #tests
  text below
  link_close
  text or
  link_open {{manage_url}} MergeField(name='manage_url', fallback='')
  text change
  link_close
  text .
paragraph_close
SECTION Your tests #tests
paragraph_open
  text A
  strong_open
  link_open https://example.org In full
  text guide
  link_close
  strong_close
  text for
  glossary_term HER2 low A little of the HER2 protein.
  text :
paragraph_close
ordered_list_open
list_item_open
paragraph_open
  text one
  hardbreak
  text more
paragraph_close
list_item_close
list_item_open
paragraph_open
  code_inline {{two}}
paragraph_close
list_item_close
ordered_list_close
table_open
thead_open
tr_open
th_open
  text Test
th_close
th_open text-align:center
  text Shows
th_close
tr_close
thead_close
tbody_open
tr_open
td_open
  text IHC
td_close
td_open text-align:center
  em_open
  text HER2
  em_close
td_close
tr_close
tbody_close
table_close
BLOCK callout {'title': 'Mind', 'kind': 'important'}
blockquote_open
paragraph_open
  link_open tel:+18442757427
  text Ask,
  merge_field MergeField(name='first_name', fallback='you')
  link_close
  text .
paragraph_close
blockquote_close
"""


def test_the_tokens_hold_what_a_renderer_needs(parse: Callable[[str], Issue]) -> None:
    assert "\n".join(written_out(parse(BODY))) == EXPECTED.strip()


def written_out(issue: Issue) -> list[str]:
    """Write an issue down, one line for each token."""
    lines: list[str] = []
    for section in issue.sections:
        if section.heading:
            lines.append(f"SECTION {section.title} #{section.anchor}")
        for part in section.parts:
            if isinstance(part, Block):
                lines.append(f"BLOCK {part.kind} {dict(part.fields)}")
                lines += block_lines(part.body)
            else:
                lines += block_lines(part.tokens)
    return lines


def block_lines(tokens: Sequence[Token]) -> list[str]:
    """Write block tokens down; inline ones are indented."""
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines += [f"  {written(child)}" for child in token.children or []]
        else:
            lines.append(written(token))
    return lines


def written(token: Token) -> str:
    """Write a token's type, attributes, content and what it refers to."""
    term = token.meta.get("term")
    words = [
        token.type,
        *token.attrs.values(),
        token.content.strip(),
        token.meta.get("field", ""),
        term.definition if term else "",
    ]
    return " ".join(str(word) for word in words if word)
