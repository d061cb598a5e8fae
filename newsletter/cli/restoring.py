"""`newsletter restore`: a backup in the place of the present database, with everything held until a person has looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.acting import system_user
from newsletter.cli.arguments import FormatOption, PersonOption, person
from newsletter.cli.django_setup import name_settings
from newsletter.cli.printing import OutputFormat, console, counted, print_json
from newsletter.clock import system_clock

if TYPE_CHECKING:
    from newsletter.config import Config
    from newsletter.project.backup.goodbyes import CarriedOver
    from newsletter.project.backup.restoring import Restored, RestoreStep


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `newsletter backup` wrote.")],
    *,
    acting: PersonOption,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Put a backup in the place of the present database, which is kept aside. Nothing is sent from it until you have looked.

    Every slot is held and every open send paused in it, and who said no since the backup is carried over.
    """
    # The usual way would bring the present database up to date first, and that one may be damaged or of another key ring.
    name_settings()
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    from newsletter.project.backup.restoring import restore as put_back  # noqa: PLC0415 - after django.setup()

    config: Config = settings.NEWSLETTER
    person(config, acting)

    def say(step: RestoreStep) -> None:
        if output is OutputFormat.TEXT:
            console.print(f"  {step}", markup=False)

    done = put_back(file, config, settings.KEY_RING, system_clock, person=acting, system_user=system_user(), done=say)
    if output is OutputFormat.JSON:
        print_json(done)
    else:
        _print(done, acting)


def _print(done: Restored, acting: str) -> None:
    since = (
        f"the backup of {done.made_at:%Y-%m-%d %H:%M} UTC" if done.made_at else "a copy that was not made by `newsletter backup`"
    )
    console.print(f"Restored from {since}. The database that was here is kept: {done.aside}", style="green", markup=False)
    console.print(
        f"Nothing goes out now: {counted(len(done.held.slots), 'slot')} held, {counted(len(done.held.sends), 'send')} paused, "
        f"{counted(done.held.service_mails, 'service mail')} not sent any more, {done.held.deliveries_unknown} deliveries "
        "unknown.",
        markup=False,
    )
    _print_carried(done.carried)
    for issue in done.held.slots:
        console.print(
            f"  {issue}: look whether it went out; then: newsletter unhold {issue} --as {acting} --because …", markup=False
        )
    for issue in done.held.sends:
        console.print(
            f"  {issue}: look whom it reached; then: newsletter resume {issue} --as {acting} --although-restored", markup=False
        )


def _print_carried(carried: CarriedOver | None) -> None:
    if carried is None:
        console.print(
            "The database that was here could not be read: who said goodbye since the backup is NOT carried over. Before "
            "anything is sent, look for them elsewhere (mails to you, your provider's suppression list).",
            style="bold red",
            markup=False,
        )
        return
    console.print(
        f"Carried over from the database that was here: {counted(carried.suppressions, 'suppression')}, "
        f"{counted(carried.goodbyes, 'goodbye')}, {counted(carried.moves, 'change')} of address, "
        f"{counted(carried.snoozes, 'pause')}; {carried.erased} people erased since are ended again.",
        markup=False,
    )
    if carried.newcomers > 0:
        console.print(f"{carried.newcomers} people who came since are only in the database that is kept.", style="yellow")
    if carried.sent_since:
        console.print(
            f"Sent since, which this database does not know: {', '.join(map(str, carried.sent_since))}.", style="bold yellow"
        )
