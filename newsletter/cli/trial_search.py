"""`newsletter trials search`: finding trials to write about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from django.conf import settings

from newsletter.authoring.folder import issue_name
from newsletter.authoring.trial import Trial
from newsletter.checking.trials import STATUS_LABELS
from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.publishing.adding_trials import AddedTrial, add_trials, find_issues_with
from newsletter.publishing.trial_checks import record_asked
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.search import FoundStudy, SearchAnswer, TrialSearch, search_trials
from newsletter.sources.trials.search_words import build_search

PHASE_LABELS: Mapping[str, str] = {
    "NA": "no phase",
    "EARLY_PHASE1": "early 1",
    "PHASE1": "1",
    "PHASE2": "2",
    "PHASE3": "3",
    "PHASE4": "4",
}

_LIKE_A_NUMBER = re.compile(r"\bNCT[0-9A-Z-]*[0-9]", re.IGNORECASE)


class StatusChoice(StrEnum):
    """What may be asked for: ``newsletter.sources.trials.search.STATUSES``."""

    RECRUITING = "recruiting"
    NOT_YET = "not-yet"
    EXPANDED = "expanded"
    ANY = "any"


class PhaseChoice(StrEnum):
    """What may be asked for: ``newsletter.sources.trials.search.PHASES``."""

    EARLY = "early"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    NONE = "none"


def search(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Words that stand in the record, or a trial's number.")] = "",
    *,
    condition: Annotated[str, typer.Option(help="Words for the illness, such as “metastatic breast cancer”.")] = "",
    near: Annotated[str, typer.Option(metavar="PLACE", help="A ZIP code, or “Buffalo, NY”.")] = "",
    within: Annotated[str, typer.Option(metavar="DISTANCE", help="How far from there: 50mi if not given, or 80km.")] = "",
    status: Annotated[list[StatusChoice] | None, typer.Option(help="What readers could do; recruiting if not given.")] = None,
    phase: Annotated[list[PhaseChoice] | None, typer.Option(help="May be given more than once.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show so many.")] = 50,
    add: Annotated[str, typer.Option("--add", metavar="ISSUE", help="Put trials into this issue, for you to write about.")] = "",
    pick: Annotated[list[str] | None, typer.Option(metavar="NCT…", help="Which to add; may be given more than once.")] = None,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Look for trials at ClinicalTrials.gov, to write about. Nothing is remembered, and nothing sent but the search.

    All words have to stand somewhere in a record, or words that mean the same. Narrow a long list by --condition, --phase, or
    --near, which leaves trials with an open site in reach. Nothing in the words is a command: quotation marks and brackets do not
    count, AND and OR are words. With --add ISSUE and --pick the chosen trials get a card at the end of the issue, in every
    language.
    """
    if pick and not add:
        raise UsageError("--pick says which trials go into an issue: say --add ISSUE, too.")
    config: Config = settings.NEWSLETTER
    wanted = build_search(
        text=text, condition=condition, near=near, within=within, status=[*(status or [])], phase=[*(phase or [])]
    )
    issue = issue_name(add) if add else ""
    registry = TrialRegistry.of(config)
    answer = search_trials(registry, wanted)
    standing = find_issues_with(config.home)
    if output is OutputFormat.TEXT:
        _print_answer(answer, wanted, standing, limit=limit)
    added = _add(config, registry, issue, _picked(answer, pick or [])) if issue else []
    if output is OutputFormat.JSON:
        print_json({**_as_json(answer, standing, limit=limit), "added": added})
    else:
        for one in added:
            console.print(_added(one, issue), markup=False)
    if answer.problems and not added:
        raise typer.Exit(1)


def _print_answer(answer: SearchAnswer, wanted: TrialSearch, standing: Mapping[str, Sequence[str]], *, limit: int) -> None:
    shown = answer.found[:limit]
    rows = []
    for found in shown:
        trial = found.trial
        miles = f"{found.nearest.miles:.0f}" if found.nearest else ""
        title = "\n".join(filter(None, [trial.brief_title, f"→ {_where(found)}" if found.nearest else ""]))
        rows.append((trial.nct_id, status_of(trial), _phase(trial), miles, trial.last_update, _issues(trial, standing), title))
    if rows:
        headings = [
            "trial",
            "status",
            "phase",
            "miles",
            "updated",
            "in",
            "title, and its nearest open site" if wanted.near else "title",
        ]
        kept = [at for at, heading in enumerate(headings) if heading not in {"miles", "in"} or any(row[at] for row in rows)]
        cells = [[row[at] for at in kept] for row in rows]
        print_table([headings[at] for at in kept], cells, unfolded=["trial", "updated", "in"])
    if counts := _counts(answer, wanted, len(shown)):
        console.print(counts, markup=False)
    for problem in answer.problems:
        console.print(problem, style="red", markup=False)


def _counts(answer: SearchAnswer, wanted: TrialSearch, shown: int) -> str:
    if answer.by_number:
        others = wanted.condition or wanted.near or wanted.phases
        return "Asked by number: the other terms of the search do not count." if others else ""
    said = [f"The registry has {counted(answer.total, 'trial')} for this."]
    fitting = len(answer.found)
    if not answer.total:
        if _LIKE_A_NUMBER.search(wanted.text):
            said.append("A trial's number is NCT and eight digits, without the letter O.")
        said.append(f"Fewer words find more; so {'do --within 100mi and' if wanted.near else 'does'} --status any.")
    if not answer.whole:
        said.append(f"Only a part of them was read, the latest updated; {fitting} of these fit. Narrow the search to see all.")
    elif wanted.near and fitting < answer.total:
        said.append(f"{fitting} of them with an open site within {wanted.within_miles:g} miles of {wanted.near.name}.")
    if shown < fitting:
        said.append(f"The first {shown} are shown, {'the nearest' if wanted.near else 'the latest updated'} first.")
    return " ".join(said)


def _picked(answer: SearchAnswer, pick: Sequence[str]) -> list[str]:
    """Give the numbers that are to be added. Raises UsageError."""
    found = [one.trial.nct_id for one in answer.found]
    if not pick and (answer.by_number or len(found) == 1):
        return found
    if not pick:
        raise UsageError("Say which of them to add: --pick NCT…, as often as there are trials to add. Nothing was added.")
    numbers = [one.strip().upper() for one in pick]
    if strangers := [one for one in numbers if one not in found]:
        raise UsageError(f"The search did not find {', '.join(strangers)}: pick from its list. Nothing was added.")
    return list(dict.fromkeys(numbers))


def _add(config: Config, registry: TrialRegistry, issue: str, nct_ids: Sequence[str]) -> list[AddedTrial]:
    """Ask about the trials anew, as every trial of an issue is asked about, and add them."""
    if not nct_ids:
        raise UsageError("No trial was found, so none was added.")
    answers = registry.ask(nct_ids)
    added = add_trials(config, issue, answers)
    record_asked(issue, answers, now=system_clock())
    return added


def _added(one: AddedTrial, issue: str) -> str:
    if not one.files:
        return f"{one.nct_id} stands in {issue} already."
    files = " and ".join(one.files)
    return f"{one.nct_id} stands at the end of {files}, and is locked. Write there what the lines with @@ ask for."


def _as_json(answer: SearchAnswer, standing: Mapping[str, Sequence[str]], *, limit: int) -> dict[str, object]:
    return {
        "total": answer.total,
        "fitting": len(answer.found),
        "whole": answer.whole,
        "by_number": answer.by_number,
        "problems": list(answer.problems),
        "trials": [
            {
                **trial_as_json(found.trial),
                "phases": list(found.trial.phases),
                "last_update": found.trial.last_update,
                "nearest_site": _where(found) or None,
                "miles": round(found.nearest.miles, 1) if found.nearest else None,
                "issues": list(standing.get(found.trial.nct_id, [])),
            }
            for found in answer.found[:limit]
        ],
    }


def trial_as_json(trial: Trial) -> dict[str, object]:
    """Give the least that a program needs."""
    return {"nct_id": trial.nct_id, "title": trial.brief_title, "status": trial.status}


def _issues(trial: Trial, standing: Mapping[str, Sequence[str]]) -> str:
    first, *others = standing.get(trial.nct_id, []) or [""]
    return f"{first} +{len(others)}" if others else first


def status_of(trial: Trial) -> str:
    """Say where a trial stands, in the registry's words."""
    return STATUS_LABELS.get(trial.status, trial.status)


def _phase(trial: Trial) -> str:
    return "/".join(PHASE_LABELS.get(phase, phase) for phase in trial.phases)


def _where(found: FoundStudy) -> str:
    site = found.nearest.site if found.nearest else None
    return ", ".join(part for part in (site.facility, site.city, site.state) if part) if site else ""
