"""`newsletter purge`: forget what is kept no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from django.conf import settings

from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.forgetting_sends import sends_in_doubt
from newsletter.project.retention.keeping import what_is_kept
from newsletter.project.retention.purging import look_what_is_to_go
from newsletter.project.retention.purging import purge as purge_now
from newsletter.subscribers.installation import sealer


def purge(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be forgotten.")] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Forget what is older than newsletter.toml says under retention. The scheduler does so by itself, once a day."""
    config: Config = settings.NEWSLETTER
    now = system_clock()
    kept = what_is_kept(config.retention, sealer(), now=now)
    found = look_what_is_to_go(kept) if dry_run else purge_now(kept, now=now)
    if output is OutputFormat.JSON:
        print_json(found)
        return
    heading = "would be forgotten" if dry_run else "forgotten"
    print_table(["what", "kept for days", heading], [(one.what, str(one.days), str(one.number)) for one in found])
    if not any(one.number for one in found):
        console.print("Nothing is older than that.")
    for issue in sends_in_doubt(now - timedelta(days=config.retention.deliveries)):
        console.print(
            f"Who got {issue} is kept while some of it is unknown. Settle that: newsletter reconcile {issue} --as PERSON",
            style="yellow",
            markup=False,
        )
