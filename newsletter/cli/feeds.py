"""`newsletter feeds`: the editors' inbox of news."""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings
from rich.markup import escape

from newsletter.authoring.folder import issue_name
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import FormatOption, PersonOption, person
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.publishing import inbox
from newsletter.sources.feed_list import read_feed_list

FEED_LIST = "issues/feeds.toml"

feeds = typer.Typer()


@feeds.command()
def pull() -> None:
    """Fetch what is new from the feeds of issues/feeds.toml. Exit 1 when one could not be read; the others are kept."""
    config: Config = settings.NEWSLETTER
    pulled = inbox.pull_feeds(read_feed_list(config.path(FEED_LIST)), settings=config.feeds, now=system_clock())
    for feed in pulled:
        if feed.problem:
            console.print(f"[red]{escape(feed.name)}[/]: {escape(feed.problem)}")
        elif feed.unchanged:
            console.print(f"{feed.name}: nothing new", markup=False)
        else:
            console.print(f"{feed.name}: {feed.new} new, {feed.changed} changed", markup=False)
        if feed.warning:
            console.print(f"    {feed.warning}", style="yellow", markup=False)
    if any(feed.problem for feed in pulled):
        raise typer.Exit(1)


@feeds.command("list")
def list_clippings(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that stand in an issue already.")] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Show the inbox, the latest first."""
    clippings = inbox.list_clippings(new_only=not everything)
    if output is OutputFormat.JSON:
        print_json(
            [
                {
                    "id": clipping.pk,
                    "feed": clipping.feed.name,
                    "title": clipping.title,
                    "link": clipping.link,
                    "excerpt": clipping.excerpt,
                    "published_at": clipping.published_at,
                    "clipped_to": clipping.clipped_to,
                }
                for clipping in clippings
            ]
        )
    elif clippings:
        print_table(
            ["id", "date", "feed", "title"],
            [(str(item.pk), f"{item.published_at:%Y-%m-%d}", item.feed.name, item.title) for item in clippings],
        )
    else:
        console.print("The inbox is empty. Fill it: newsletter feeds pull")


@feeds.command()
def clip(
    clipping: Annotated[int, typer.Argument(metavar="ID", help="The number that `feeds list` shows.")],
    to: Annotated[str, typer.Option("--to", metavar="ISSUE", help="The issue it goes into.")],
    who: PersonOption = "",
) -> None:
    """Append a clipping to an issue as a resource block, for an editor to write about."""
    config: Config = settings.NEWSLETTER
    if who:
        person(config, who)
    name = issue_name(to)
    file = config.path(f"issues/{name}/issue.md")
    if not file.exists():
        raise UsageError(f"There is no {file.relative_to(config.home)} yet. Write its front matter first, then clip into it.")
    clipped = inbox.clip(clipping, issue=name, file=file, person=who, now=system_clock(), system_user=system_user())
    console.print(
        f"“{clipped.title}” stands at the end of issues/{name}/issue.md; say there in your words what it is.", markup=False
    )
