"""`newsletter feeds`: the editors' inbox of news."""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings

from newsletter.authoring.folder import ISSUES, issue_name
from newsletter.cli.acting import system_user
from newsletter.cli.arguments import FormatOption, PersonOption, person
from newsletter.cli.inbox_display import print_entry, print_feeds, print_inbox, print_pulled
from newsletter.cli.printing import OutputFormat, console, counted
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.publishing import clipping, inbox
from newsletter.publishing.feed_pulling import pull_feeds
from newsletter.publishing.models import Clipping, ClippingState, FeedState
from newsletter.publishing.used_links import find_used_links
from newsletter.rendering.words import read_words
from newsletter.sources.feeds.feed_list import FEED_LIST, FeedList, read_feed_list

feeds = typer.Typer()

ClippingArgument = Annotated[int, typer.Argument(metavar="ID", help="The number that `feeds list` shows.")]
ClippingsArgument = Annotated[list[int], typer.Argument(metavar="ID…", help="The numbers that `feeds list` shows.")]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="A word for later; editors alone see it.")]


@feeds.command()
def pull() -> None:
    """Fetch what is new from the feeds of issues/feeds.toml. Exit 1 when one could not be read; the others are kept."""
    config: Config = settings.NEWSLETTER
    now = system_clock()
    failed = False
    for feed in pull_feeds(_feeds(config).feed, settings=config.feeds, now=now):
        print_pulled(feed, now=now)
        failed = failed or bool(feed.problem)
    if failed:
        raise typer.Exit(1)


@feeds.command("list")
def list_inbox(
    *,
    state: Annotated[ClippingState | None, typer.Option("--state", help="Only those; new and kept ones if not given.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="In every state, and as many as there are.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most.")] = 30,
    show_feeds: Annotated[
        bool, typer.Option("--feeds", help="The feeds instead: when each was read, and what is wrong.")
    ] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Show the inbox: what is worth most first, and why it is."""
    config: Config = settings.NEWSLETTER
    now = system_clock()
    listed = _feeds(config)
    if show_feeds:
        states_of = {known.name: known for known in FeedState.objects.all()}
        print_feeds(listed, states_of, output=output, now=now, zone=config.cadence.timezone)
        return
    states = [state] if state else list(ClippingState) if everything else [ClippingState.NEW, ClippingState.KEPT]
    entries = inbox.list_inbox(listed, _used_links(config), now=now, states=states)
    print_inbox(entries if everything else entries[:limit], of=len(entries), output=output)


@feeds.command()
def show(number: ClippingArgument, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show all that is known of one clipping."""
    config: Config = settings.NEWSLETTER
    entry = inbox.look_at_clipping(number, _feeds(config), _used_links(config), now=system_clock())
    print_entry(entry, output=output)


@feeds.command()
def keep(numbers: ClippingsArgument, note: NoteOption = "", who: PersonOption = "") -> None:
    """Keep clippings for an issue to come."""
    kept = inbox.keep_clippings(numbers, note=note, person=_who(who), now=system_clock(), system_user=system_user())
    _say("kept", kept)


@feeds.command()
def dismiss(numbers: ClippingsArgument, who: PersonOption = "") -> None:
    """Take clippings out of the inbox; no pull brings them back, and `feeds keep` does."""
    dismissed = inbox.dismiss_clippings(numbers, person=_who(who), now=system_clock(), system_user=system_user())
    _say("dismissed", dismissed)


@feeds.command()
def note(
    number: ClippingArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='What to remember; "" takes the note away.')],
    who: PersonOption = "",
) -> None:
    """Write a note on a clipping; editors alone see it."""
    noted = inbox.note_on_clipping(number, text, person=_who(who), now=system_clock(), system_user=system_user())
    console.print(f"Noted on “{noted.title}”.", markup=False)


@feeds.command()
def clip(
    number: ClippingArgument,
    to: Annotated[str, typer.Option("--to", metavar="ISSUE", help="The issue it goes into.")],
    *,
    again: Annotated[bool, typer.Option("--again", help="Also when one of the last six issues leads there already.")] = False,
    who: PersonOption = "",
) -> None:
    """Append a clipping to an issue as a resource block, for an editor to write about."""
    config: Config = settings.NEWSLETTER
    acting = _who(who)
    name = issue_name(to)
    file = config.path(f"{ISSUES}/{name}/issue.md")
    if not file.exists():
        raise UsageError(f"There is no {file.relative_to(config.home)} yet. Write its front matter first, then clip into it.")
    clipped = clipping.clip(
        number,
        clipping.ClippingPlace(name, file, _language_of_page(config, number)),
        used_links=_used_links(config),
        again=again,
        person=acting,
        now=system_clock(),
        system_user=system_user(),
    )
    shown = f"{ISSUES}/{name}/issue.md"
    console.print(f"“{clipped.title}” stands at the end of {shown}; say there in your words what it is.", markup=False)
    if clipped.note:
        console.print(f"Your note: {clipped.note}", markup=False)


def _feeds(config: Config) -> FeedList:
    return read_feed_list(config.path(FEED_LIST))


def _used_links(config: Config) -> dict[str, str]:
    return find_used_links(config.path(ISSUES))


def _who(key: str) -> str:
    config: Config = settings.NEWSLETTER
    if key:
        person(config, key)
    return key


def _say(what: str, clippings: list[Clipping]) -> None:
    for one in clippings:
        console.print(f"{what}: {one.pk} {one.title}", markup=False)
    console.print(f"{counted(len(clippings), 'clipping')} {what}.")


def _language_of_page(config: Config, number: int) -> str:
    """Name the language of a clipping's feed, in words of the issue's language; "" where it is the issue's own."""
    ours = config.newsletter.languages[0]
    known = Clipping.objects.select_related("feed").filter(pk=number).first()
    feed = _feeds(config).find(known.feed.name) if known else None
    if feed is None or feed.language.partition("-")[0] == ours.partition("-")[0]:
        return ""
    names = read_words(config.path("templates/words"))[ours].get("languages", {})
    return str(names.get(feed.language, names.get(feed.language.partition("-")[0], feed.language)))
