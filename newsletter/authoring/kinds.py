"""The kinds of blocks that there are, as ``templates/blocks.toml`` describes them: the organisation's own, not ours."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from newsletter.authoring.complaints import did_you_mean
from newsletter.errors import TemplateError

BLOCKS_FILE = "templates/blocks.toml"


class FieldType(StrEnum):
    """What a field of a block holds, and as which Python type a template gets it."""

    TEXT = "text"
    """A line of text: str."""
    URL = "url"
    """A full https, http, mailto or tel address: str in ASCII."""
    NCT_ID = "nct_id"
    """A trial's number, NCT and eight digits: str."""
    DATE = "date"
    """A day, yyyy-mm-dd: date."""
    CHOICE = "choice"
    """One of ``choices``: str."""
    IMAGE = "image"
    """A picture beside the issue file: Image."""
    INTEGER = "integer"
    """A whole number: int."""
    PHONE = "phone"
    """A telephone number as readers dial it, letters allowed: str."""


class BodyRule(StrEnum):
    """Whether a block has a body."""

    REQUIRED = "required"
    """There has to be one."""
    OPTIONAL = "optional"
    """There may be one."""
    NONE = "none"
    """There may be none."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field of a kind of block. ``default`` is what stands there when an editor leaves an optional field out, as text."""

    name: str
    type: FieldType
    required: bool
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockKind:
    """One entry of blocks.toml: which argument, title, options and body a block of this kind has."""

    name: str
    summary: str
    argument: FieldRule | None
    title: FieldRule | None
    options: Mapping[str, FieldRule]
    body: BodyRule

    @property
    def fields(self) -> tuple[FieldRule, ...]:
        """Give all fields: the argument, the title, the options."""
        return tuple(rule for rule in (self.argument, self.title, *self.options.values()) if rule)

    @property
    def pattern(self) -> str:
        """Show how an editor writes the first line of such a block."""
        argument = f" {self.argument.name}" if self.argument else ""
        title = f' "{self.title.name}"' if self.title else ""
        options = "".join(f" {rule.name}=…" for rule in self.options.values() if rule.required)
        return f"::: {self.name}{argument}{title}{options}"


_KIND_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KIND_KEYS = ("summary", "argument", "title", "body", "options")
_FIELD_KEYS = {
    "argument": ("name", "type", "choices", "required", "default"),
    "title": ("name", "required", "default"),
    "option": ("type", "choices", "required", "default"),
}


def read_block_kinds(home: Path) -> Mapping[str, BlockKind]:
    """Read templates/blocks.toml of a site folder. Raises TemplateError with every mistake in it."""
    file = home / BLOCKS_FILE
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise TemplateError(f"There is no {BLOCKS_FILE} in {home}: it says which blocks an issue may have.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{BLOCKS_FILE}: {error}") from error
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
        return kind

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
        default = str(values.get("default", ""))
        if default and choices and default not in choices:
            self.mistakes.append(f"{where}: the default {default!r} is none of its choices")
        return FieldRule(name, FieldType(kind), required, default, tuple(choices))
