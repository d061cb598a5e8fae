"""Searching the registry for trials to write about, and measuring how far their nearest site is.

What people type goes into ``query.*`` as words only (``essie.plain_term``), all else as filters that we spell. No filter is
believed: the registry ignores them where a query holds only NCT numbers, so a status and a phase are looked at again in each
record, and distances are measured here, to the sites that take people (``filter.geo`` leaves whole records, far sites included).
Whatever is not plainly an answer is "could not check": an exception, never an empty list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from newsletter.authoring.trial import Trial, TrialSite
from newsletter.checking.trials import TrialAnswer
from newsletter.errors import SourceError, UsageError
from newsletter.sources.trials.answers import read_studies
from newsletter.sources.trials.essie import nct_ids_of, plain_term
from newsletter.sources.trials.places import Place, miles_between
from newsletter.sources.trials.study import FIELDS, read_study

STATUSES: Mapping[str, tuple[str, ...]] = {
    "recruiting": ("RECRUITING",),
    "not-yet": ("NOT_YET_RECRUITING",),
    "expanded": ("AVAILABLE",),
    "any": ("RECRUITING", "NOT_YET_RECRUITING", "AVAILABLE"),
}
"""What an editor may ask for. All else is closed to readers, and nobody searches for that: "any" is any of these."""

PHASES: Mapping[str, tuple[str, ...]] = {
    "early": ("EARLY_PHASE1",),
    "1": ("PHASE1",),
    "2": ("PHASE2",),
    "3": ("PHASE3",),
    "4": ("PHASE4",),
    "none": ("NA",),
}

PAGE_SIZE = 100
MOST_PAGES = 10
DEFAULT_WITHIN_MILES = 50.0

_SITE_FIELDS = (*FIELDS, "LocationGeoPoint")
_SITE_STATUS: Mapping[str, frozenset[str]] = {
    "RECRUITING": frozenset({"RECRUITING"}),
    "AVAILABLE": frozenset({"AVAILABLE"}),
    # Sites of a study that takes nobody yet have no status of their own.
    "NOT_YET_RECRUITING": frozenset({"", "NOT_YET_RECRUITING"}),
}


class AskedRegistry(Protocol):
    """What searching needs of the registry: ``newsletter.sources.trials.registry.TrialRegistry``."""

    def pages(self, params: Mapping[str, str], *, at_most: int = 20) -> Iterator[dict[str, Any]]:
        """Give the pages of a search, each asked for with every parameter. Raises SourceError where one could not be had."""

    def ask(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        """Ask about trials by number."""


@dataclass(frozen=True, slots=True)
class TrialSearch:
    """What to look for. ``statuses`` and ``phases`` are the registry's values; no phase means every one."""

    text: str = ""
    condition: str = ""
    near: Place | None = None
    within_miles: float = DEFAULT_WITHIN_MILES
    statuses: tuple[str, ...] = STATUSES["recruiting"]
    phases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not plain_term(self.text) and not plain_term(self.condition):
            raise UsageError("There is no word to search for. Say what the trial is about, such as “metastatic triple negative”.")
        if nct_ids_of(self.condition):
            raise UsageError(f"“{self.condition}” is a trial's number, not a condition. Search for it as the text.")
        if not 1 <= self.within_miles <= 3000:
            raise UsageError("The distance has to be between 1 and 3000 miles.")

    @property
    def nct_ids(self) -> list[str]:
        """The numbers, where the text is nothing but trials' numbers: they are asked about, not searched for."""
        return nct_ids_of(self.text)


@dataclass(frozen=True, slots=True)
class NearestSite:
    """The nearest site that takes people, or will: ``miles`` as the crow flies."""

    site: TrialSite
    miles: float


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A trial that was found; ``nearest`` is None where no place was given, or no site in reach has coordinates."""

    trial: Trial
    nearest: NearestSite | None = None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search brought.

    ``total`` is how many the registry has; ``found`` those that were read and do fit. ``whole`` says that every page was read.
    ``problems`` are records that could not be read: nothing may be concluded about them. ``by_number``: the text was trials'
    numbers, and no filter was applied.
    """

    found: tuple[FoundStudy, ...]
    total: int
    whole: bool = True
    problems: tuple[str, ...] = ()
    by_number: bool = False


def search_trials(registry: AskedRegistry, search: TrialSearch, *, most_pages: int = MOST_PAGES) -> SearchAnswer:
    """Search, page by page. Raises SourceError when any page could not be had: half an answer is none.

    The order is the same for the same records: by distance where there is a place, else the latest update first; then by number.
    """
    if search.nct_ids:
        return _ask_by_number(registry, search)
    studies, total, read_all = _read_pages(registry, _parameters(search), most_pages)
    found: dict[str, FoundStudy] = {}
    problems: list[str] = []
    for study in studies:
        try:
            trial = read_study(study).trial
            nearest = _nearest(study, trial, search.near)
        except SourceError as error:
            problems.append(f"{_id_of(study) or 'a record without a number'} could not be checked: {error}")
            continue
        if _fits(trial, nearest, search):
            found[trial.nct_id] = FoundStudy(trial, nearest)
    return SearchAnswer(_in_order(found.values()), total, read_all, tuple(problems))


def _parameters(search: TrialSearch) -> dict[str, str]:
    params = {
        "query.term": plain_term(search.text),
        "query.cond": plain_term(search.condition),
        "filter.overallStatus": "|".join(search.statuses),
        "filter.advanced": " OR ".join(f"AREA[Phase]{phase}" for phase in search.phases),
        "sort": "LastUpdatePostDate:desc",
        "fields": "|".join(_SITE_FIELDS),
        "pageSize": str(PAGE_SIZE),
        "countTotal": "true",
    }
    if search.near:
        params["filter.geo"] = f"distance({search.near.lat:.4f},{search.near.lon:.4f},{search.within_miles:g}mi)"
    return {name: value for name, value in params.items() if value}


def _read_pages(registry: AskedRegistry, params: Mapping[str, str], most_pages: int) -> tuple[list[Any], int, bool]:
    """Give the records, each once, how many there are, and whether these are all of them."""
    studies: dict[str, Any] = {}
    total, more = 0, False
    for number, page in enumerate(registry.pages(params, at_most=most_pages), 1):
        # Only the first page counts.
        total = _whole_number(page.get("totalCount")) if number == 1 else total
        # While pages are read the registry may load new data and give a record on two of them.
        studies.update({_id_of(study) or f"{number}/{place}": study for place, study in enumerate(read_studies(page))})
        more = number == most_pages and bool(page.get("nextPageToken"))
    if len(studies) < total and not more:
        raise SourceError(f"the registry counts {total} trials and gave {len(studies)} of them.")
    return list(studies.values()), max(total, len(studies)), not more


def _ask_by_number(registry: AskedRegistry, search: TrialSearch) -> SearchAnswer:
    answers = registry.ask(search.nct_ids)
    problems = [f"{answer.nct_id} could not be checked: {answer.problem}" for answer in answers if answer.problem]
    absent = [
        f"{answer.nct_id} is not in the registry; look for a slip in the number."
        for answer in answers
        if answer.found is None and not answer.problem
    ]
    # Under the number that the registry now lists it by, which is the one to write about.
    trials = [
        replace(one.found, nct_id=one.found.alias_of or one.nct_id, alias_of="") for one in answers if one.found is not None
    ]
    found = tuple({trial.nct_id: FoundStudy(trial) for trial in trials}.values())
    return SearchAnswer(found, len(found), problems=(*problems, *absent), by_number=True)


def _fits(trial: Trial, nearest: NearestSite | None, search: TrialSearch) -> bool:
    """Look again at what the filters were to see to."""
    if trial.status not in search.statuses:
        return False
    if search.phases and not set(search.phases) & set(trial.phases):
        return False
    # A record whose only near site has closed is no help to somebody near it.
    return search.near is None or (nearest is not None and nearest.miles <= search.within_miles)


def _nearest(study: Mapping[str, Any], trial: Trial, near: Place | None) -> NearestSite | None:
    if near is None:
        return None
    sites = [
        NearestSite(
            TrialSite(*(str(site.get(name, "")) for name in ("facility", "city", "state", "country"))),
            miles_between(near.lat, near.lon, *point),
        )
        for site in _sites_to_ask(study, trial.status)
        if (point := _point(site)) is not None
    ]
    return min(sites, key=lambda one: (one.miles, one.site.facility), default=None)


def _sites_to_ask(study: Mapping[str, Any], status: str) -> list[Mapping[str, Any]]:
    """Give the sites that take people, or will."""
    sites = study["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise SourceError("the registry's answer has no sense at locations.")
    return [site for site in sites if str(site.get("status", "")) in _SITE_STATUS.get(status, frozenset())]


def _point(site: Mapping[str, Any]) -> tuple[float, float] | None:
    """Give where a site is; sites without coordinates are normal."""
    point = site.get("geoPoint")
    if point is None:
        return None
    try:
        lat, lon = float(point["lat"]), float(point["lon"])
    except (TypeError, KeyError, ValueError) as error:
        raise SourceError("the registry's answer has no sense at geoPoint.") from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise SourceError("the registry's answer has no sense at geoPoint.")
    return lat, lon


def _in_order(found: Iterable[FoundStudy]) -> tuple[FoundStudy, ...]:
    by_number = sorted(found, key=lambda one: one.trial.nct_id)
    by_date = sorted(by_number, key=lambda one: one.trial.last_update, reverse=True)
    return tuple(sorted(by_date, key=lambda one: round(one.nearest.miles, 1) if one.nearest else float("inf")))


def _whole_number(value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SourceError("the registry's answer has no sense at totalCount.")
    return value


def _id_of(study: Any) -> str:
    try:
        return str(study["protocolSection"]["identificationModule"]["nctId"])
    except (TypeError, KeyError):
        return ""
