"""The list of all commands.

A command's module is imported only when it is the one that was called: importing all of them would cost every command half a
second (measured), and `newsletter check` has to start without Django.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer

from newsletter import __version__
from newsletter.cli.django_setup import set_up_django


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives: ``module`` has a function of its name (``test-send`` → ``test_send``), or an app for a group."""

    name: str
    summary: str
    module: str
    panel: str
    needs_database: bool = True


WRITING, APPROVING, SENDING, READERS, RUNNING = "Writing", "Approving and the calendar", "Sending", "Readers", "Running"

COMMANDS = [
    Command("new", "Begin an issue, or copy an earlier one.", "starting", WRITING, needs_database=False),
    Command("check", "Say everything that is wrong with an issue.", "issues", WRITING, needs_database=False),
    Command("build", "Write an issue's mails, texts and web pages into a folder.", "issues", WRITING, needs_database=False),
    Command("preview", "Show an issue in your browser while you write it.", "previewing", WRITING, needs_database=False),
    Command("trials", "Find trials, and ask whether they still recruit.", "trials", WRITING),
    Command("feeds", "The editors' inbox of news: pull, list, keep, clip.", "feeds", WRITING),
    Command("links", "Whether an issue's links lead somewhere: check.", "links", WRITING, needs_database=False),
    Command("test-send", "Send an issue, as it is on disk, to one address.", "testing", WRITING),
    Command("approve", "Give your yes to exactly these bytes.", "approving", APPROVING),
    Command("request-review", "Mail the reviewers a link to an issue.", "reviewing", APPROVING),
    Command("reject", "Ask for changes to an issue.", "reviewing", APPROVING),
    Command("reviews", "Show who was asked, and what they answered.", "reviewing", APPROVING),
    Command("calendar", "Show the slots to come and what stands in each.", "approving", APPROVING),
    Command("schedule", "Put an issue on the calendar.", "approving", APPROVING),
    Command("hold", "Hold a slot back until a person has looked.", "approving", APPROVING),
    Command("unhold", "Let a held slot go ahead.", "approving", APPROVING),
    Command("audience", "Say who would get the newsletter, and why others would not.", "audience", SENDING),
    Command("send", "Deliver what is due now.", "sending", SENDING),
    Command("status", "Show where sends stand.", "sending", SENDING),
    Command("report", "Show what became of a send.", "reporting", SENDING),
    Command("pause", "Begin nothing more of a send until it is resumed.", "steering", SENDING),
    Command("resume", "Let a paused send go on.", "steering", SENDING),
    Command("cancel", "End a send: who is still queued does not get it.", "steering", SENDING),
    Command("retry", "Try the failed of a send again.", "steering", SENDING),
    Command("reconcile", "Settle what is unknown, by evidence or by your word.", "reconciling", SENDING),
    Command("bounces", "What came back by mail: counts, and fetching it.", "bounces", SENDING),
    Command("correct", "Begin a correction, to those who got an issue.", "correcting", SENDING),
    Command("subscribers", "The list: import, add, show, end, erase, stats.", "subscribers", READERS),
    Command("purge", "Forget what is kept no longer.", "purging", READERS),
    Command("serve", "Readers' pages, calendar and sending in one process.", "serving", RUNNING),
    Command("web", "Readers' pages alone.", "serving", RUNNING),
    Command("scheduler", "Calendar and sending alone.", "serving", RUNNING),
    Command("dkim", "The key mail is signed with, and its DNS record.", "dkim", RUNNING),
    Command("keys", "The keys that seal what is stored: list, rotate, retire, forget.", "keys", RUNNING),
    Command("backup", "Write everything but the keys into one file.", "backing_up", RUNNING),
    Command("restore", "Put a backup in place; nothing goes out until you looked.", "restoring", RUNNING, needs_database=False),
    Command("doctor", "Say what is wrong with this installation.", "examining", RUNNING, needs_database=False),
    Command("demo", "Send the sample issue to invented readers, into a folder.", "demo", RUNNING, needs_database=False),
    Command("init", "Make a folder for a newsletter of your own.", "starting", RUNNING, needs_database=False),
    Command("manage", "Django's own commands.", "managing", RUNNING, needs_database=False),
]


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """Make the application, with the one command that ``arguments`` name loaded and the others only listed."""
    app = typer.Typer(
        help="Mets Matters: from an editor's Markdown to every reader's inbox.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_options_for_all)
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    for command in COMMANDS:
        if command.name == called:
            _add(app, command)
        else:
            app.command(command.name, help=command.summary, rich_help_panel=command.panel)(lambda: None)
    return app


def _add(app: typer.Typer, command: Command) -> None:
    if command.needs_database:
        set_up_django()
    module = import_module(f"newsletter.cli.{command.module}")
    function = getattr(module, command.name.replace("-", "_"))
    if isinstance(function, typer.Typer):
        # A group with a function of its own does something without a further word as well.
        app.add_typer(function, name=command.name, help=command.summary, no_args_is_help=function.registered_callback is None)
        return
    settings: dict[str, object] | None = None
    if command.name == "manage":
        # Whatever follows is Django's, --help included.
        settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    app.command(command.name, context_settings=settings)(function)


def _show_version(asked: bool) -> None:  # noqa: FBT001  typer's signature
    if asked:
        typer.echo(f"newsletter {__version__}")
        raise typer.Exit


def _options_for_all(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    del version
