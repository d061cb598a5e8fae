"""`newsletter trials watch`: hearing of new trials that saved searches find."""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings

from newsletter.checking.trials import STATUS_LABELS
from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.cli.trial_search import status_of, trial_as_json
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.publishing.trial_searches import WatchedSearch, ask_searches, mark_told, remember, remember_and_mail
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.search_list import SEARCH_LIST, read_search_list


def watch(
    *,
    mail: Annotated[
        bool, typer.Option("--mail", help="Mail the editors what they were not mailed yet, instead of showing it.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show all that is found, not only what is new.")] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Ask the searches of issues/trials.toml what is new or newly recruiting since you last looked.

    The first look at a search only counts: nothing of it is new. A search whose words changed begins anew. A search that could
    not be asked tells at the next look what it missed; exit 1 then. Screen and mail remember each for itself what they told.
    """
    config: Config = settings.NEWSLETTER
    saved = read_search_list(config.path(SEARCH_LIST))
    asked = ask_searches(saved, TrialRegistry.of(config))
    mails = 0
    if mail:
        watched, mails = remember_and_mail(asked, config=config, now=system_clock())
    else:
        watched = remember(asked, told="shown", now=system_clock())
    if output is OutputFormat.JSON:
        print_json([_watched_as_json(one, everything=everything) for one in watched])
    else:
        for one in watched:
            _print_watched(one, everything=everything)
        if not saved:
            console.print(f"There are no saved searches. Write [[search]] tables into {SEARCH_LIST}.", markup=False)
    news = [item for one in watched for item in one.news]
    if mail and output is OutputFormat.TEXT and news:
        sentence = f"{counted(mails, 'mail')} to the editors posted." if mails else "There is nobody to mail: see [people]."
        console.print(sentence, markup=False)
    # After it stood on the screen: whoever breaks off before sees it again.
    mark_told(news, told="shown")
    if any(one.problem for one in watched):
        raise typer.Exit(1)


def _print_watched(one: WatchedSearch, *, everything: bool) -> None:
    if one.problem:
        console.print(f"{one.name}: could not be asked: {one.problem} What is new is told next time.", style="red", markup=False)
        return
    count = counted(one.number, "trial")
    if one.first:
        console.print(f"{one.name}: {count}. This is the first look; from now on you hear what is new.", markup=False)
    elif one.news:
        console.print(f"{one.name}: {len(one.news)} to hear of, among {count}.", style="bold", markup=False)
    else:
        console.print(f"{one.name}: nothing new, {count}.", markup=False)
    told = {item.nct_id: "new" if item.is_new else "newly open" for item in one.news}
    if everything and one.found:
        rows = [(trial.nct_id, told.get(trial.nct_id, ""), status_of(trial), trial.brief_title) for trial in one.found]
    else:
        rows = [(item.nct_id, told[item.nct_id], STATUS_LABELS[item.status], item.title) for item in one.news]
    if rows:
        print_table(["trial", "", "status", "title"], rows, unfolded=["trial", ""])
    for warning in one.warnings:
        console.print(f"    {warning}", style="yellow", markup=False)


def _watched_as_json(one: WatchedSearch, *, everything: bool) -> dict[str, object]:
    return {
        "search": one.name,
        "problem": one.problem,
        "first_look": one.first,
        "number": one.number,
        "news": [{"nct_id": item.nct_id, "title": item.title, "status": item.status, "new": item.is_new} for item in one.news],
        **({"found": [trial_as_json(trial) for trial in one.found]} if everything else {}),
        "warnings": list(one.warnings),
    }
