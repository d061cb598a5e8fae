"""Watching the saved searches: what editors have not heard of yet, and what they were told.

The registry is asked outside any transaction. What it said, and that people were told, are then written together with the mail
that tells them: a process that dies before leaves everything as it was, and the next look finds the same news. A search that
could not be asked changes nothing but its problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from django.db import transaction
from django.db.models import F

from newsletter.authoring.trial import Trial
from newsletter.checking.trials import TrialAnswer
from newsletter.config import Config
from newsletter.errors import SourceError
from newsletter.publishing.alerts import Occasion, Reader, post_occasion
from newsletter.publishing.models import FoundTrial, SearchState
from newsletter.sources.trials.search import AskedRegistry, SearchAnswer, search_trials
from newsletter.sources.trials.search_list import SavedSearch

GONE: Final = "GONE"
"""The status of a trial that its search no longer brings."""

DAYS_BETWEEN_LOOKS: Final = timedelta(days=7)
BEFORE_ANOTHER_TRY: Final = timedelta(days=1)
"""After a search that could not be asked."""

NEWS_LASTS: Final = timedelta(days=30)

_TAKES_PEOPLE: Final = frozenset({"RECRUITING", "AVAILABLE"})
_OPEN: Final = _TAKES_PEOPLE | {"NOT_YET_RECRUITING"}

Told = Literal["mailed", "shown"]
"""The two ways of telling; each remembers for itself."""


@dataclass(frozen=True, slots=True)
class TrialNews:
    """A trial to tell of: ``is_new`` to its search, else one that has begun to take people since it was told of."""

    pk: int
    search: str
    nct_id: str
    title: str
    status: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """A saved search and what the registry answered: ``answer`` is None where it could not be asked, for this ``problem``.

    ``statuses`` are those of trials that it brought before and does not now, as far as the registry could be asked about them.
    """

    saved: SavedSearch
    answer: SearchAnswer | None = None
    problem: str = ""
    statuses: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class WatchedSearch:
    """How a search stands after a look: ``first`` is the baseline, of which nothing is news."""

    name: str
    number: int = 0
    first: bool = False
    problem: str = ""
    found: tuple[Trial, ...] = ()
    news: tuple[TrialNews, ...] = ()
    warnings: tuple[str, ...] = ()


def ask_searches(searches: Sequence[SavedSearch], registry: AskedRegistry) -> list[AskedSearch]:
    """Ask each search; one that could not be asked stops no other. Asks the network: call it outside any transaction."""
    return [_ask(saved, registry) for saved in searches]


def remember(asked: Sequence[AskedSearch], *, told: Told, now: datetime) -> list[WatchedSearch]:
    """Write down what the searches brought, and give how each stands and what was not ``told`` of it yet."""
    with transaction.atomic():
        # In the order of names, so that two who look at the same time do not wait for each other in a circle.
        watched = {one.saved.name: _remember(one, now=now) for one in sorted(asked, key=lambda one: one.saved.name)}
        news = find_news(watched, told=told)
    return [replace(watched[one.saved.name], news=tuple(item for item in news if item.search == one.saved.name)) for one in asked]


def find_news(names: Iterable[str], *, told: Told) -> list[TrialNews]:
    """Give the open trials of these searches whose status was not ``told`` yet, and is news."""
    rows = FoundTrial.objects.filter(search__name__in=list(names), status__in=_OPEN).select_related("search")
    news = []
    for row in rows.order_by("search__name", "nct_id"):
        known = str(getattr(row, told))
        if known != row.status and (not known or row.status in _TAKES_PEOPLE):
            news.append(TrialNews(row.pk, row.search.name, row.nct_id, row.title, row.status, is_new=not known))
    return news


def mark_told(news: Sequence[TrialNews], *, told: Told) -> None:
    """Remember that this was told. A trial whose status changed again meanwhile is news again."""
    for item in news:
        row = FoundTrial.objects.filter(pk=item.pk, status=item.status)
        row.update(mailed=F("status")) if told == "mailed" else row.update(shown=F("status"))


@transaction.atomic
def remember_and_mail(asked: Sequence[AskedSearch], *, config: Config, now: datetime) -> tuple[list[WatchedSearch], int]:
    """Write down what the searches brought, and mail the editors what they were not mailed yet, in one transaction.

    Gives how each search stands, and how many mails were posted. With nobody to mail, the news waits.
    """
    watched = remember(asked, told="mailed", now=now)
    news = [item for one in watched for item in one.news]
    mails = post_occasion(_occasion(news, now=now), config=config, now=now) if news else 0
    if mails:
        mark_told(news, told="mailed")
    return watched, mails


def due_searches(searches: Sequence[SavedSearch], now: datetime) -> list[SavedSearch]:
    """Give the searches that the clock has to ask now: a week after they were asked, a day where that brought nothing.

    A search that nobody asked by hand yet is never due: a fresh installation asks nobody anything by itself. When one is due
    for its week, those asked more than a day ago come along, so that there is one mail and not one a day.
    """
    states = {state.name: state for state in SearchState.objects.exclude(asked_at=None)}
    age = {name: now - state.asked_at for name, state in states.items() if state.asked_at}
    failed = [one for one in searches if one.name in age and states[one.name].problem and age[one.name] >= BEFORE_ANOTHER_TRY]
    weekly = any(not states[name].problem and age[name] >= DAYS_BETWEEN_LOOKS for name in age if _named(searches, name))
    if not weekly:
        return failed
    return [one for one in searches if one.name in age and age[one.name] >= BEFORE_ANOTHER_TRY]


def watch_due_searches(searches: Sequence[SavedSearch], registry: AskedRegistry, *, config: Config, now: datetime) -> str:
    """Ask the searches that are due and mail what is news; give what kept one from being asked, "" when nothing did."""
    due = due_searches(searches, now)
    if not due:
        return ""
    watched, _ = remember_and_mail(ask_searches(due, registry), config=config, now=now)
    return " ".join(f"{one.name}: {one.problem}" for one in watched if one.problem)


def _named(searches: Sequence[SavedSearch], name: str) -> bool:
    return any(one.name == name for one in searches)


def _ask(saved: SavedSearch, registry: AskedRegistry) -> AskedSearch:
    try:
        answer = search_trials(registry, saved.search)
    except SourceError as error:
        return AskedSearch(saved, problem=str(error))
    if not answer.whole:
        return AskedSearch(
            saved, problem=f"it finds {answer.total:,} trials, too many to watch: narrow it in issues/trials.toml."
        )
    return AskedSearch(saved, answer, statuses=_look_for_the_missing(saved, answer, registry))


def _look_for_the_missing(saved: SavedSearch, answer: SearchAnswer, registry: AskedRegistry) -> Mapping[str, str]:
    """Give the status of each trial that the search brought before and does not now: a search may lose one that goes on."""
    found = {one.trial.nct_id for one in answer.found}
    known = FoundTrial.objects.filter(search__name=saved.name, search__terms=saved.terms).exclude(status=GONE)
    missing = [nct_id for nct_id in known.values_list("nct_id", flat=True) if nct_id not in found]
    return {one.nct_id: _status_of(one) for one in registry.ask(missing)} if missing else {}


def _status_of(answer: TrialAnswer) -> str:
    """Give the registry's status, GONE where it has no such trial, "" where it could not be asked."""
    if answer.problem:
        return ""
    return answer.found.status if answer.found else GONE


def _remember(asked: AskedSearch, *, now: datetime) -> WatchedSearch:
    saved, answer = asked.saved, asked.answer
    SearchState.objects.get_or_create(name=saved.name)
    state = SearchState.objects.select_for_update().get(name=saved.name)
    state.asked_at = now
    state.problem = asked.problem
    if answer is None:
        state.save(update_fields=["asked_at", "problem"])
        return WatchedSearch(saved.name, problem=asked.problem)
    first = state.answered_at is None or state.terms != saved.terms
    state.terms, state.answered_at = saved.terms, now
    state.save()
    if first:
        state.found.all().delete()
    trials = tuple(one.trial for one in answer.found)
    _write_down(state, trials, first=first, now=now)
    if not first:
        _let_go(state, asked.statuses or {}, saved.search.statuses, now=now)
    return WatchedSearch(saved.name, len(trials), first=first, found=trials, warnings=answer.problems)


def _write_down(state: SearchState, trials: Sequence[Trial], *, first: bool, now: datetime) -> None:
    known = {row.nct_id: row for row in state.found.all()}
    added, changed = [], []
    for trial in trials:
        row = known.get(trial.nct_id)
        if row is None:
            told = trial.status if first else ""
            added.append(
                FoundTrial(
                    search=state,
                    nct_id=trial.nct_id,
                    title=trial.brief_title,
                    status=trial.status,
                    first_seen_at=now,
                    since=now,
                    mailed=told,
                    shown=told,
                )
            )
        elif (row.status, row.title) != (trial.status, trial.brief_title):
            row.since = row.since if row.status == trial.status else now
            row.status, row.title = trial.status, trial.brief_title
            changed.append(row)
    FoundTrial.objects.bulk_create(added)
    FoundTrial.objects.bulk_update(changed, ["status", "title", "since"])


def _let_go(state: SearchState, statuses: Mapping[str, str], wanted: Sequence[str], *, now: datetime) -> None:
    """Mark as gone what the registry says is no longer open: when it opens again, that is news.

    What the search lost for another reason, or what could not be asked about, stays as it was told.
    """
    gone = [nct_id for nct_id, status in statuses.items() if status and status not in wanted]
    rows = state.found.filter(nct_id__in=gone)
    rows.exclude(mailed="").update(mailed=GONE)
    rows.exclude(shown="").update(shown=GONE)
    rows.update(status=GONE, since=now)


def _occasion(news: Sequence[TrialNews], *, now: datetime) -> Occasion:
    since = dict(FoundTrial.objects.filter(pk__in=[item.pk for item in news]).values_list("pk", "since"))
    told = "\n".join(sorted(f"{item.search}/{item.nct_id}/{item.status}/{since[item.pk].timestamp():.6f}" for item in news))

    def values(_: Reader) -> Mapping[str, object]:
        names = dict.fromkeys(item.search for item in news)
        return {
            "number": len(news),
            "searches": [{"name": name, "trials": [item for item in news if item.search == name]} for name in names],
        }

    key = f"found-trials/{hashlib.sha256(told.encode()).hexdigest()}"
    return Occasion(key, "alert-found", "", ("editor",), now + NEWS_LASTS, values)
