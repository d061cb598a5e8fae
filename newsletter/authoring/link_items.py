"""A body that is a list of links, one item each: ``* [Title](https://…): what it is``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.issue import LinkItem

_LIKE_AN_ITEM = "Begin each line of the list with * [Its title](https://…): and say what it is."
_BETWEEN = " \t:.,;-\N{EN DASH}\N{EM DASH}"


def read_link_items(body: Sequence[Token], complaints: Complaints) -> tuple[LinkItem, ...]:
    """Read the items of a body; what is no list, and each item that does not begin with a link, is complained about."""
    items: list[LinkItem] = []
    for part in _parts(body):
        if part[0].type != "list_item_open":
            _complain(part[0], "only a list of links may stand in this block", complaints)
            continue
        item = _read_item(part[1:-1])
        if isinstance(item, LinkItem):
            items.append(item)
        else:
            _complain(part[0], item, complaints)
    return tuple(items)


def _complain(token: Token, message: str, complaints: Complaints) -> None:
    assert token.map is not None
    complaints.add(Mistake("block-body", message, _LIKE_AN_ITEM), line=token.map[0] + 1, column=1)


def _parts(body: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Give the items of the lists at the top of a body, and what else stands there, each from its opening to its closing."""
    part: list[Token] = []
    inside = 0
    for token in body:
        if token.level == 0 and token.type in {"bullet_list_open", "bullet_list_close"}:
            inside = max(token.nesting, 0)
            continue
        part.append(token)
        if token.level == inside and token.nesting <= 0:
            yield part
            part = []


def _read_item(tokens: Sequence[Token]) -> LinkItem | str:
    text = tokens[1] if len(tokens) > 1 and tokens[0].type == "paragraph_open" else None
    children = text.children if text and text.children else []
    if not children or children[0].type != "link_open":
        shown = quoted(text.content) if text else "nothing"
        return f"an item of this list begins with {shown} and not with a link"
    end = next(index for index, token in enumerate(children) if token.type == "link_close")
    if "field" in children[0].meta or str(children[0].attrGet("href")).startswith("#"):
        return f"an item of this list leads to no page of the web: {quoted(str(children[0].attrGet('href')))}"
    assert text is not None
    about = _without_separator(children[end + 1 :])
    paragraph = [tokens[0].copy(hidden=False), text.copy(children=about), tokens[2].copy(hidden=False)] if about else []
    rest = [
        token.copy(hidden=False) if token.type.startswith("paragraph") and token.level == tokens[0].level else token
        for token in tokens[3:]
    ]
    return LinkItem(str(children[0].attrGet("href")), tuple(children[1:end]), (*paragraph, *rest))


def _without_separator(children: Sequence[Token]) -> list[Token]:
    """Cut what stands between a link and the words about it: a colon, a dash, the end of a line."""
    left = list(children)
    while left and left[0].type in {"softbreak", "hardbreak"}:
        left.pop(0)
    if left and left[0].type == "text":
        words = left[0].content.lstrip(_BETWEEN)
        left[:1] = [left[0].copy(content=words)] if words else []
        return left if words else _without_separator(left)
    return left
