"""Markdown tables, cut out of the token stream: they do not nest, so a table is a list of rows of inline tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

Row = list[Token]


def with_tables(tokens: Sequence[Token]) -> Iterator[Token | list[Row]]:
    """Give the tokens in order, each table as its rows; the first row is the heading."""
    rows: list[Row] | None = None
    for token in tokens:
        if token.type == "table_open":
            rows = []
        elif token.type == "table_close":
            assert rows is not None
            yield rows
            rows = None
        elif rows is None:
            yield token
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token)
