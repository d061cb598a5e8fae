"""The kinds of blocks that there are, as ``templates/blocks.toml`` describes them: the organisation's own, not ours."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.authoring.block_kind import BlockKind, BodyRule, FieldRule, FieldType
from newsletter.authoring.block_values import read_value
from newsletter.authoring.complaints import Mistake, did_you_mean
from newsletter.authoring.toml_text import parse_toml
from newsletter.errors import TemplateError
from newsletter.mistakes import explain_toml

BLOCKS_FILE = "templates/blocks.toml"
_KIND_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KIND_KEYS = ("summary", "argument", "title", "body", "options")
_FIELD_KEYS = {
    "argument": ("name", "type", "choices", "required", "default"),
    "title": ("name", "required", "default"),
    "option": ("type", "choices", "required", "default", "after"),
}


def read_block_kinds(home: Path) -> Mapping[str, BlockKind]:
    """Read templates/blocks.toml of a site folder. Raises TemplateError with every mistake in it."""
    file = home / BLOCKS_FILE
    try:
        content = parse_toml(file.read_text("utf-8"))
    except FileNotFoundError:
        raise TemplateError(f"There is no {BLOCKS_FILE} in {home}: it says which blocks an issue may have.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{BLOCKS_FILE}: {explain_toml(error)}") from error
    reader = _Reader([])
    kinds = {name: reader.kind(name, table) for name, table in content.items()}
    if reader.mistakes:
        raise TemplateError(f"{BLOCKS_FILE} has mistakes:\n  " + "\n  ".join(reader.mistakes))
    return kinds


@dataclass(frozen=True, slots=True)
class _Reader:
    mistakes: list[str]

    def kind(self, name: str, table: object) -> BlockKind:
        where = f"[{name}]"
        values = self._table(where, table, _KIND_KEYS)
        if not _KIND_NAME.fullmatch(name):
            self.mistakes.append(f"{where}: a kind's name has small letters, digits and hyphens only")
        argument = self._field(f"{where} argument", "argument", values["argument"]) if "argument" in values else None
        title = self._field(f"{where} title", "title", values["title"]) if "title" in values else None
        listed = values.get("options", {})
        if not isinstance(listed, dict):
            self.mistakes.append(f"{where} options: has to be a table of options")
            listed = {}
        options = {key: self._field(f"[{name}.options] {key}", "option", option, key) for key, option in listed.items()}
        body = str(values.get("body", BodyRule.OPTIONAL))
        if body not in set(BodyRule):
            self.mistakes.append(f"{where} body: {body!r} is none of {', '.join(BodyRule)}")
            body = BodyRule.OPTIONAL
        kind = BlockKind(name, str(values.get("summary", "")), argument, title, options, BodyRule(body))
        self._check_names(where, kind)
        self._check_moments(where, kind)
        return kind

    def _check_moments(self, where: str, kind: BlockKind) -> None:
        moments = [rule.name for rule in kind.fields if rule.type is FieldType.DATETIME]
        zones = [rule for rule in kind.fields if rule.type is FieldType.TIMEZONE]
        if moments and (len(zones) != 1 or not (zones[0].required or zones[0].default)):
            self.mistakes.append(
                f"{where}: a block with a datetime needs one field of the type timezone, required or with a default"
            )
        for rule in kind.fields:
            earlier = [name for name in moments if name != rule.name]
            if rule.after and (rule.type is not FieldType.DATETIME or rule.after not in earlier):
                self.mistakes.append(f"{where} {rule.name}: after has to name another datetime field of this block")

    def _check_names(self, where: str, kind: BlockKind) -> None:
        names = [rule.name for rule in kind.fields]
        for name in dict.fromkeys(names):
            if not _FIELD_NAME.fullmatch(name) or name == "body":
                self.mistakes.append(f"{where}: a field cannot be called {name!r} (small letters, digits and _; not “body”)")
            if names.count(name) > 1:
                self.mistakes.append(f"{where}: two fields are called {name!r}")

    def _table(self, where: str, table: object, keys: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(table, dict):
            self.mistakes.append(f"{where}: has to be a table, with {', '.join(keys)}")
            return {}
        for key in table:
            if key not in keys:
                self.mistakes.append(f"{where}: there is no setting {key!r}. {did_you_mean(key, keys)}")
        return table

    def _field(self, where: str, part: str, table: object, name: str = "") -> FieldRule:
        values = self._table(where, table, _FIELD_KEYS[part])
        name = name or str(values.get("name", part))
        kind = str(values.get("type", FieldType.TEXT))
        if kind not in set(FieldType):
            self.mistakes.append(f"{where}: there is no type {kind!r}. {did_you_mean(kind, FieldType)}")
            kind = FieldType.TEXT
        choices = values.get("choices", [])
        if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
            self.mistakes.append(f"{where}: choices has to be a list of texts")
            choices = []
        if (kind == FieldType.CHOICE) != bool(choices):
            self.mistakes.append(f'{where}: type = "choice" and a list of choices go together')
        required = values.get("required", "default" not in values)
        if not isinstance(required, bool):
            self.mistakes.append(f"{where}: required is true or false")
            required = True
        after = str(values.get("after", ""))
        rule = FieldRule(name, FieldType(kind), required, str(values.get("default", "")), tuple(choices), after)
        in_the_issue = {FieldType.IMAGE, FieldType.ISSUE}
        mistake = read_value(rule, rule.default, Path()) if rule.default and rule.type not in in_the_issue else None
        if isinstance(mistake, Mistake):
            self.mistakes.append(f"{where}: the default does not fit, {mistake.message}. {mistake.fix}")
        return rule
