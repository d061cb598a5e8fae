"""From the tokens of the whole text to sections: each a heading, and prose and blocks in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from newsletter.authoring.anchors import find_anchor_mistake, make_anchors, plain_text
from newsletter.authoring.block_fields import BlockReader
from newsletter.authoring.complaints import Complaints, Mistake, quoted
from newsletter.authoring.directives import Directives
from newsletter.authoring.issue import Block, Prose, Section
from newsletter.authoring.markdown import ANCHOR, BLOCK_CLOSE, BLOCK_OPEN
from newsletter.authoring.structure import SECTION_TAG
from newsletter.findings import Place


@dataclass(slots=True)
class _Draft:
    heading: Token | None
    anchor: str
    line: int
    parts: list[Prose | Block] = field(default_factory=list)


def build_sections(tokens: Sequence[Token], directives: Directives, blocks: BlockReader) -> tuple[Section, ...]:
    """Cut the text at its section headings and give every section its anchor."""
    complaints = blocks.complaints
    drafts = [draft for draft in _cut(tokens, directives, blocks) if draft.heading or draft.parts]
    if not drafts:
        mistake = Mistake("issue-empty", "the issue has no text after its front matter", "Write a heading with ## and some text.")
        complaints.add(mistake)
    for draft in drafts:
        if not draft.parts:
            message = f"the section {quoted(_title(draft))} is empty"
            complaints.add(Mistake("section-empty", message, "Write some text below its heading."), line=draft.line, column=1)
    anchors = _choose_anchors(drafts, complaints)
    return tuple(
        Section(draft.heading, _title(draft), anchor, tuple(draft.parts), Place(complaints.file, draft.line, 1))
        for draft, anchor in zip(drafts, anchors, strict=True)
    )


def _cut(tokens: Sequence[Token], directives: Directives, blocks: BlockReader) -> Iterator[_Draft]:
    draft = _Draft(None, "", 0)
    prose: list[Token] = []

    def end_prose() -> None:
        if prose:
            draft.parts.append(Prose(tuple(prose)))
            prose.clear()

    stream = iter(tokens)
    for token in stream:
        if token.type == BLOCK_OPEN:
            end_prose()
            draft.parts.append(_build_block(token, stream, directives, blocks))
        elif token.type == "heading_open" and token.tag == SECTION_TAG and token.level == 0:
            end_prose()
            yield draft
            draft = _Draft(next(stream), token.meta.get(ANCHOR, ""), (token.map or [0])[0] + 1)
            next(stream)
        else:
            draft.line = draft.line or (token.map or [0])[0] + 1
            prose.append(token)
    end_prose()
    yield draft


def _build_block(opening: Token, stream: Iterator[Token], directives: Directives, blocks: BlockReader) -> Block:
    assert opening.map is not None
    directive = directives.by_line[opening.map[0]]
    body: list[Token] = []
    for token in stream:
        if token.type == BLOCK_CLOSE:
            break
        body.append(token)
    body_line = body[0].map[0] + 1 if body and body[0].map else 0
    fields = blocks.fields(directive, body_line=body_line)
    place = Place(blocks.complaints.file, directive.line + 1, 1)
    return Block(directive.head.kind.text, fields, tuple(body), place, blocks.items(directive, body))


def _title(draft: _Draft) -> str:
    return plain_text(draft.heading.children or []).strip() if draft.heading else ""


def _choose_anchors(drafts: Sequence[_Draft], complaints: Complaints) -> list[str]:
    taken: set[str] = set()
    for draft in drafts:
        mistake = find_anchor_mistake(draft.anchor, taken) if draft.anchor else None
        if mistake:
            complaints.add(mistake, line=draft.line, column=1)
            draft.anchor = ""
        taken.add(draft.anchor)
    waiting = [draft for draft in drafts if draft.heading and not draft.anchor]
    for draft, anchor in zip(waiting, make_anchors([_title(draft) for draft in waiting], taken), strict=True):
        draft.anchor = anchor
    return [draft.anchor for draft in drafts]
