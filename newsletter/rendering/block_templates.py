"""The templates of blocks, held against ``templates/blocks.toml``: a kind that no issue has used yet is found wrong now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2 import Environment, nodes

from newsletter.errors import TemplateError
from newsletter.rendering.design import Design


def check_block_templates(home: Path, kinds: Iterable[str], design: Design) -> None:
    """Look for the three templates of every kind of block, and read those that ``design`` has not drawn yet.

    Raises TemplateError with every template that is missing and every one that Jinja cannot read, with its line.
    """
    media = (("email", ".html.j2", design.html), ("text", ".txt.j2", design.text), ("web", ".html.j2", design.html))
    drawn = {name for environment in (design.html, design.text) for _, name in environment.cache or ()}
    mistakes = [
        mistake
        for kind in kinds
        for medium, ending, environment in media
        if (name := f"{medium}/blocks/{kind}{ending}") not in drawn
        for mistake in _find_mistakes(home / "templates", name, kind, environment)
    ]
    if mistakes:
        raise TemplateError("\n".join(mistakes))


def _find_mistakes(folder: Path, name: str, kind: str, environment: Environment) -> Iterable[str]:
    try:
        yield from _read((folder / name).read_text("utf-8"), name, environment)
    except FileNotFoundError:
        yield (
            f"There is no template templates/{name}: [{kind}] in templates/blocks.toml needs one in each of email/blocks, "
            "text/blocks and web/blocks."
        )
    except UnicodeDecodeError as error:
        yield f"templates/{name} is not saved as UTF-8: {error.reason}."


@lru_cache(maxsize=256)
def _read(text: str, name: str, environment: Environment) -> tuple[str, ...]:
    """Read a template, once while it stays as it is: a preview asks after every change to an issue."""
    return tuple(_parse(text, name, environment))


def _parse(text: str, name: str, environment: Environment) -> Iterator[str]:
    try:
        template = environment.parse(text, name)
    except jinja2.TemplateSyntaxError as error:
        yield f"templates/{name}, line {error.lineno}: {error.message}"
    else:
        for node in template.find_all((nodes.Filter, nodes.Test)):
            known = environment.filters if isinstance(node, nodes.Filter) else environment.tests
            if node.name not in known:
                yield f"templates/{name}, line {node.lineno}: there is no {type(node).__name__.lower()} {node.name!r} in Jinja"
