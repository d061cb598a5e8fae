"""The fields of a block: what its first line says, held against what ``templates/blocks.toml`` asks of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from markdown_it.token import Token

from newsletter.authoring.block_kind import BlockKind, BodyRule, FieldRule, FieldType
from newsletter.authoring.block_moments import settle_moments
from newsletter.authoring.block_values import default_value, read_value
from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, quoted
from newsletter.authoring.directive_head import Head, Piece
from newsletter.authoring.directives import MARKER, Directive
from newsletter.authoring.issue import LinkItem
from newsletter.authoring.link_items import read_link_items
from newsletter.authoring.topics import NO_TOPICS, Topics

_OPTION_WITH_BLANKS = re.compile(r"(\w+) ?[=:] ?(.+)")
_WITH_SPACES = {
    FieldType.URL: "An address has no spaces: write %20 for each, or copy it from the browser again.",
    FieldType.IMAGE: "Give the picture's file a name without spaces, and write that.",
}
_TIME = re.compile(r"[0-9]|[ap]\.?m\b", re.IGNORECASE)
_SINGLE_QUOTES = "'‘’"  # noqa: RUF001  what a writer may have typed


@dataclass(frozen=True, slots=True)
class BlockReader:
    """Reads the fields of the blocks of one file in ``language``; pictures come from ``folder``."""

    kinds: Mapping[str, BlockKind]
    folder: Path
    complaints: Complaints
    language: str = ""
    topics: Topics = NO_TOPICS

    def fields(self, directive: Directive, *, body_line: int) -> Mapping[str, object]:
        """Give the fields of a block by name; ``body_line`` is the first line with a body, from 1, or 0."""
        name = directive.head.kind
        line = directive.line + 1
        kind = self.kinds.get(name.text)
        if kind is None:
            mistake = Mistake("block-unknown", f"there is no block {quoted(name.text)}", did_you_mean(name.text, self.kinds))
            if not name.text:
                fix = f"Write one after `{MARKER}`: {', '.join(self.kinds)}."
                mistake = Mistake("block-unknown", "the block does not say of which kind it is", fix)
            self.complaints.add(mistake, line=line, column=name.column)
            return {}
        self._check_body(kind, line, body_line)
        given = self._match(kind, directive)
        values = {
            rule.name: None
            if directive.head.cut_short and rule.required and rule.name not in given
            else self._value(kind, rule, given.get(rule.name), line)
            for rule in kind.fields
        }

        def complain(rule: FieldRule, mistake: Mistake) -> None:
            self.complaints.add(mistake, line=line, column=given[rule.name].column if rule.name in given else 1)

        return MappingProxyType(settle_moments(kind, values, complain))

    def items(self, directive: Directive, body: Sequence[Token]) -> tuple[LinkItem, ...]:
        """Give the items of a block whose body is a list of links; of any other there are none."""
        kind = self.kinds.get(directive.head.kind.text)
        return read_link_items(body, self.complaints) if kind and kind.body is BodyRule.LINKS else ()

    def _check_body(self, kind: BlockKind, line: int, body_line: int) -> None:
        if kind.body in {BodyRule.REQUIRED, BodyRule.LINKS} and not body_line:
            needed = "a list of links" if kind.body is BodyRule.LINKS else "some text"
            fix = f"Write {needed} between its first line and `:::`."
            mistake = Mistake("block-body", f"the block “{kind.name}” is empty", fix)
            self.complaints.add(mistake, line=line, column=1)
        elif kind.body is BodyRule.NONE and body_line:
            mistake = Mistake("block-body", f"the block “{kind.name}” may not hold text", "Move the text below its `:::`.")
            self.complaints.add(mistake, line=body_line, column=1)

    def _match(self, kind: BlockKind, directive: Directive) -> dict[str, Piece]:
        head, line = directive.head, directive.line + 1
        given: dict[str, Piece] = {}
        timed = kind.argument and kind.argument.type is FieldType.DATETIME
        arguments = _with_time(head.arguments) if timed else head.arguments
        for part, rule, pieces in (("argument", kind.argument, arguments), ("title", kind.title, head.titles)):
            if rule and pieces:
                given[rule.name] = pieces[0]
                if rule.type is FieldType.IMAGE:
                    # A file whose name has blanks is there, and nothing is missing.
                    given[rule.name] = replace(pieces[0], text=" ".join(piece.text for piece in pieces))
            surplus = pieces[1:] if rule else pieces
            if surplus:
                words = " ".join(piece.text for piece in surplus)
                message = f"the block “{kind.name}” cannot use the words {quoted(words)} in its first line"
                fix = self._place_words(kind, head, surplus) if part == "argument" else f"Write it like {kind.pattern}"
                rule_id = "block-argument" if part == "argument" else "block-title"
                self.complaints.add(Mistake(rule_id, message, fix), line=line, column=surplus[0].column)
        for piece in head.options:
            if piece.key not in kind.options:
                message = f"the block “{kind.name}” has no option {quoted(piece.key)}"
                mistake = Mistake("block-option", message, self._suggest(kind, piece.key))
                self.complaints.add(mistake, line=line, column=piece.column)
            elif piece.key in given:
                mistake = Mistake("block-option", f"the option “{piece.key}” is given twice", "Keep one of them.")
                self.complaints.add(mistake, line=line, column=piece.column)
            else:
                given[piece.key] = piece
        return given

    @staticmethod
    def _place_words(kind: BlockKind, head: Head, pieces: Sequence[Piece]) -> str:
        """Say where words belong that stand outside quotation marks."""
        words = " ".join(piece.text for piece in pieces)
        like_it = f"Write it like {kind.pattern}"
        if words.startswith(MARKER):
            return f"Put `{MARKER}` on a line of its own."
        option = _OPTION_WITH_BLANKS.fullmatch(words)
        before = [option for option in head.options if option.column < pieces[0].column]
        if option and option[1] in kind.options:
            return f"Write {option[1]}={option[2]}, without spaces or a colon."
        if before:
            return f'Put several words in straight quotation marks: {before[-1].key}="{before[-1].text} {words}"'
        if kind.title and not head.titles:
            return f'Put the {kind.title.name} in straight quotation marks: "{words.strip(_SINGLE_QUOTES)}"'
        return _WITH_SPACES.get(kind.argument.type, like_it) if kind.argument else like_it

    @staticmethod
    def _suggest(kind: BlockKind, key: str) -> str:
        if kind.argument and key == kind.argument.name:
            return f"Write it without {key}=, like {kind.pattern}"
        if kind.title and key == kind.title.name:
            return f'Write it without {key}=, in quotation marks: "…"'
        return did_you_mean(key, kind.options) if kind.options else "Delete it: this block has no options."

    def _value(self, kind: BlockKind, rule: FieldRule, piece: Piece | None, line: int) -> object:
        if piece is not None:
            value: object = read_value(rule, piece.text, self.folder)
        elif rule.required:
            message = f"the block “{kind.name}” has no {rule.name}"
            value = Mistake("block-incomplete", message, self._how_to_add(kind, rule))
        else:
            value = default_value(rule, self.folder)
        if rule.type is FieldType.TOPIC and isinstance(value, str):
            value = self.topics.named(value, self.language)
        if isinstance(value, Mistake):
            self.complaints.add(value, line=line, column=piece.column if piece else 1)
            return None
        return value

    @staticmethod
    def _how_to_add(kind: BlockKind, rule: FieldRule) -> str:
        if rule.name in kind.options:
            return f'Add {rule.name}="…" to its first line.'
        return f"Write it like {kind.pattern}"


def _with_time(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Put a time that a blank parts from its day back to it, as in ``2027-02-11 18:00`` or ``2027-02-11 6 p.m.``."""
    count = 1
    while count < len(pieces) and _TIME.match(pieces[count].text):
        count += 1
    return (replace(pieces[0], text=" ".join(piece.text for piece in pieces[:count])), *pieces[count:]) if pieces else ()
