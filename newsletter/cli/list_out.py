"""`newsletter subscribers export`: the list, for somebody allowed to have it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from newsletter.cli.acting import system_user
from newsletter.cli.arguments import PersonOption, person
from newsletter.cli.printing import console
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act
from newsletter.subscribers.lists.exporting import ListExportFormat, list_export


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; only you can read it.", dir_okay=False)],
    who: PersonOption,
    *,
    with_ended: Annotated[
        bool, typer.Option("--include-ended", help="Also who has left, and who must not be mailed, as having left.")
    ] = False,
    written_as: Annotated[ListExportFormat, typer.Option("--format", help="How it is written.")] = ListExportFormat.CSV,
) -> None:
    """Write the list into a file, for a publisher. That it was written, and by whom, is in the audit log.

    Addresses of which only a keyed hash is kept (erased people, addresses that must not be mailed) cannot be in it.
    """
    config: Config = settings.NEWSLETTER
    if "publisher" not in person(config, who).roles:
        raise NotAllowedError(f"{who} is no publisher in newsletter.toml, and only a publisher gets the whole list.")
    with list_export(file, written_as=written_as, with_ended=with_ended) as exported:
        # Before the file is there: no list without an entry.
        note = f"{exported.people} people, {written_as.value}{', with those who have left' if with_ended else ''}"
        record_act("export", "subscribers", person=who, note=note, now=system_clock(), system_user=system_user())
    console.print(f"{exported.people} people are in {file}. Delete it when you no longer need it.", markup=False)
    if exported.unreadable:
        console.print(
            f"{exported.unreadable} people are not: their stored values do not open. See: newsletter doctor", style="yellow"
        )
        raise typer.Exit(1)
