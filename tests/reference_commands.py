"""The reference page of the commands, from what typer knows of each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from itertools import groupby
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from newsletter.cli.commands import COMMANDS, Command

TOP = """# The commands

Written by `python -m tests.write_reference_pages` from the commands themselves; change them in `newsletter/cli`.

`newsletter COMMAND --help` says the same. Exit code 0: done. 1: the work found problems. 2: used wrongly. 3: not allowed in this
state. `ISSUE` is a name such as `2026-12`, or its folder. `--as PERSON` names a key of `[people]` in `newsletter.toml`; such acts
are written into the audit log.
"""

SHELLS_OWN = {"help", "install_completion", "show_completion"}

DJANGOS = "manage"
"""What follows it is Django's own."""


def page() -> str:
    """Give the page; Django has to be set up."""
    parts = [TOP]
    for panel, commands in groupby(COMMANDS, lambda command: command.panel):
        parts.append(f"## {panel}\n")
        parts += [_entry(command) for command in commands]
    return "\n".join(parts)


def _entry(command: Command) -> str:
    return "\n".join([f"### {command.name}\n", *_described(f"newsletter {command.name}", _read(command))])


def _read(command: Command) -> TyperCommand | TyperGroup:
    function = getattr(import_module(f"newsletter.cli.{command.module}"), command.name.replace("-", "_"))
    if isinstance(function, typer.Typer):
        # Not get_command, which makes a command of a group of one.
        return _known(typer.main.get_group(function))
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(command.name)(function)
    return _known(typer.main.get_command(app))


def _known(command: object) -> TyperCommand | TyperGroup:
    assert isinstance(command, (TyperCommand, TyperGroup))
    return command


def _described(name: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    rows = [_row(one) for one in command.params if one.name not in SHELLS_OWN]
    usage = " ".join([name, *(_argument(one) for one in command.params if isinstance(one, TyperArgument))])
    several = isinstance(command, TyperGroup)
    if not several or rows:
        options = " [OPTIONS]" if any("--" in row for row in rows) else ""
        yield f"`{usage}{options}`\n"
    if about := _plain(inspect.cleandoc(command.help or "")):
        yield f"{about}\n"
    if rows and not name.endswith(DJANGOS):
        yield "\n".join(["| | |", "|---|---|", *rows, ""])
    for inner in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from _described(f"{name} {inner.name}", _known(inner))


def _argument(argument: TyperArgument) -> str:
    name = argument.metavar or str(argument.name).upper()
    return name if argument.required else f"[{name.strip('[]')}]"


def _row(parameter: object) -> str:
    said = " ".join(_plain(getattr(parameter, "help", "") or "").split()).replace("|", "\\|")
    if isinstance(parameter, TyperArgument):
        return f"| `{(parameter.metavar or str(parameter.name).upper()).strip('[]')}` | {said} |"
    assert isinstance(parameter, TyperOption)
    takes = "" if parameter.is_flag else f" {_takes(parameter)}"
    needed = " Has to be given." if parameter.required else ""
    again = " May be given several times." if parameter.multiple else ""
    return f"| `{', '.join(parameter.opts)}{takes}` | {said}{needed}{again} |"


def _takes(option: TyperOption) -> str:
    annotation: Any = option.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "\\|".join(str(choice.value) for choice in annotation)
    return option.metavar or str(getattr(annotation, "__name__", option.name)).upper()


def _plain(text: str) -> str:
    """Take off what rich would draw."""
    return re.sub(r"(?<!\\)\[/?[a-z ]*\]", "", text).replace("\\[", "[").replace("\f", "")
