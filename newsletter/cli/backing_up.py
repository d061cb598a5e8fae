"""`newsletter backup`: one file with everything but the keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, counted, print_json
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.project.backup.making import BackupContents, make_backup


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; only you can read it.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there already.")] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Write a backup of the database, also while a send runs. The key ring is not in it: keep it elsewhere."""
    config: Config = settings.NEWSLETTER
    contents = make_backup(file, config, settings.KEY_RING, system_clock, replace=replace)
    if output is OutputFormat.JSON:
        print_json(contents)
    else:
        _print(contents)


def _print(contents: BackupContents) -> None:
    people = counted(contents.subscriptions, "subscription")
    console.print(f"{contents.file} is written and checked: {contents.size / 1e6:,.1f} MB.", style="green", markup=False)
    console.print(
        f"In it: {people} (addresses sealed), {counted(contents.suppressions, 'suppression')}, "
        f"{counted(contents.sends, 'send')} with who was mailed, {counted(contents.slots_to_come, 'slot')} to come, candidates, "
        "approvals, and the audit log.",
        markup=False,
    )
    console.print(
        f"The key ring is NOT in it (fingerprint {contents.ring}). Without var/keys.json, or NEWSLETTER_KEYS, nobody can read "
        "this backup: keep a copy of the ring in another place than the backup.",
        style="yellow",
        markup=False,
    )
