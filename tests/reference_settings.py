"""The reference page of the settings: what pydantic knows of each, and what is said about it beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from newsletter import config, settings
from newsletter.config import Config

EXAMPLE = Path(__file__).resolve().parent.parent / "newsletter.toml"

TOP = """# The settings

Written by `python -m tests.write_reference_pages` from `newsletter/settings.py` and the comments in `newsletter.toml`; change
them there.

They stand in `newsletter.toml`. A variable of the environment overrides each: `NEWSLETTER_`, the section, and the name, with two
underscores between them, as in `NEWSLETTER_DELIVERY__SMTP__HOST`. Passwords and keys belong there, and never into the file. All
mistakes are told at once, when any command starts; `newsletter doctor` looks at what they lead to.
"""

IN_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "table",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the page."""

    section: str
    name: str
    may_be: str
    default: str
    meaning: str


def page() -> str:
    """Give the page."""
    parts = [TOP]
    for section, model in _sections(Config, ""):
        rows = [one for one in all_settings() if one.section == section]
        about = " ".join((model.__doc__ or "").replace("``", "`").split())
        head = f"## [{section}]\n\n{about}\n" if section else "## Outside every section\n"
        table = ["| setting | may be | if not given | meaning |", "|---|---|---|---|"]
        table += [f"| `{row.name}` | {row.may_be} | {row.default} | {row.meaning} |" for row in rows]
        if rows:
            parts.append("\n".join([head, *table, ""]))
    return "\n".join(parts)


@cache
def all_settings() -> tuple[Setting, ...]:
    """Give every setting there is."""
    return tuple(row for section, model in _sections(Config, "") for row in _rows(section, model))


def _sections(model: type[BaseModel], name: str) -> Iterator[tuple[str, type[BaseModel]]]:
    if name:
        yield name, model
    for field, info in model.model_fields.items():
        inner = _model_in(info.annotation)
        if inner is not None:
            several = "dict" in str(info.annotation)
            yield from _sections(inner, ".".join(filter(None, [name, field, "NAME" if several else ""])))
    if not name:
        yield name, model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _rows(section: str, model: type[BaseModel]) -> Iterator[Setting]:
    schema = model.model_json_schema()["properties"]
    for field, info in model.model_fields.items():
        if _model_in(info.annotation) is None and (section, field) != ("", "home"):
            yield Setting(
                section,
                field,
                _may_be(schema[field]),
                _default(schema[field], info.is_required()),
                _meaning(section, field, model),
            )


def _may_be(schema: Mapping[str, Any]) -> str:
    choice = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    if "enum" in choice:
        return " or ".join(f"`{value}`" for value in choice["enum"])
    if "enum" in choice.get("items", {}):
        return "list of " + ", ".join(f"`{value}`" for value in choice["items"]["enum"])
    word = {"path": "path", "password": "secret"}.get(choice.get("format", ""), IN_WORDS[choice["type"]])
    return word + _limits(choice)


def _limits(schema: Mapping[str, Any]) -> str:
    low, over, high = (schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if low is not None:
        return f", at least {low:g}" if high is None else f", {low:g} to {high:g}"
    if over is not None:
        return f" over {over:g}" if high is None else f" over {over:g}, up to {high:g}"
    return ""


def _default(schema: Mapping[str, Any], required: bool) -> str:  # noqa: FBT001 - pydantic's own answer, passed on
    if required:
        return "**has to be given**"
    default = schema.get("default")
    if default in (None, "", [], {}):
        return ""
    text = (
        str(default).lower()
        if isinstance(default, bool)
        else ", ".join(map(str, default))
        if isinstance(default, list)
        else str(default)
    )
    return f"`{text}`"


def _meaning(section: str, field: str, model: type[BaseModel]) -> str:
    said = _docstrings().get((model.__name__, field)) or _comments().get((section, field), "")
    text = " ".join(said.replace("``", "`").split()).replace("|", "\\|")
    return text if not text or text[0] == "`" else text[0].upper() + text[1:]


@cache
def _docstrings() -> dict[tuple[str, str], str]:
    """Read the sentences below the fields."""
    found: dict[tuple[str, str], str] = {}
    for module in (settings, config):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        for model in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for field, after in zip(model.body, model.body[1:], strict=False):
                match field, after:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                        found[model.name, name] = said
    return found


@cache
def _comments() -> dict[tuple[str, str], str]:
    """Read the comments behind the settings of newsletter.toml, also of those that are commented out."""
    found: dict[tuple[str, str], str] = {}
    section = ""
    for line in EXAMPLE.read_text("utf-8").splitlines():
        bare = line.removeprefix("# ")
        if head := re.match(r"\[([a-z_.]+)\]", bare):
            section = re.sub(r"^people\..*", "people.NAME", head[1])
        elif said := re.match(r"([a-z_]+) = .*?\s+# (.+)", bare):
            found[section, said[1]] = said[2]
    return found
