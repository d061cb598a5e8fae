"""How the practice registry searches: which of its invented records the ``query.*`` and ``filter.*`` parameters leave.

``filter.ids``, ``fields`` and paging are not here: they are the practice registry's own. Two of the real one's ways are kept that
a program has to be ready for: a query that holds only NCT numbers ignores every filter, and ``filter.geo`` leaves whole records,
with all their sites, far ones included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import zipcodes

from newsletter.checking.trials import STATUS_LABELS
from newsletter.sources.practice.essie import Either, EssieError, Every, Expression, Not, Range, Term, Within, parse_essie

_PROTOCOL = "protocolSection"
_SITES = f"{_PROTOCOL}.contactsLocationsModule.locations"

_AREAS: Mapping[str, tuple[str, ...]] = {
    "NCTId": (f"{_PROTOCOL}.identificationModule.nctId",),
    "OverallStatus": (f"{_PROTOCOL}.statusModule.overallStatus",),
    "Phase": (f"{_PROTOCOL}.designModule.phases",),
    "StudyType": (f"{_PROTOCOL}.designModule.studyType",),
    "LastUpdatePostDate": (f"{_PROTOCOL}.statusModule.lastUpdatePostDateStruct.date",),
    "StudyFirstPostDate": (f"{_PROTOCOL}.statusModule.studyFirstPostDateStruct.date",),
    "LocationCity": (f"{_SITES}.city",),
    "LocationCountry": (f"{_SITES}.country",),
    "LocationStatus": (f"{_SITES}.status",),
}
_TITLES = (f"{_PROTOCOL}.identificationModule.briefTitle", f"{_PROTOCOL}.identificationModule.officialTitle")
_CONDITIONS = (f"{_PROTOCOL}.conditionsModule.conditions", f"{_PROTOCOL}.conditionsModule.keywords")
_ANYWHERE = (
    *_TITLES,
    *_CONDITIONS,
    *_AREAS["NCTId"],
    f"{_PROTOCOL}.descriptionModule.briefSummary",
    f"{_PROTOCOL}.armsInterventionsModule.interventions.name",
    f"{_PROTOCOL}.eligibilityModule.eligibilityCriteria",
)
_QUERIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "query.term": (_ANYWHERE, "Other terms"),
    "query.cond": ((*_TITLES, *_CONDITIONS), "Condition or disease"),
    "query.titles": (_TITLES, "Title / acronym"),
    "query.intr": ((f"{_PROTOCOL}.armsInterventionsModule.interventions.name",), "Intervention / treatment"),
}
_FILTERS = frozenset({"filter.overallStatus", "filter.geo", "filter.advanced"})

SEARCH_PARAMETERS: frozenset[str] = frozenset(_QUERIES) | _FILTERS | {"sort"}
"""The names of the parameters that are understood here; the practice registry refuses all it does not know."""

_ONLY_NCT_IDS = re.compile(r'[\s",|]*(?:NCT0*[1-9][0-9]{0,7}[\s",|]*)+', re.IGNORECASE)
_NCT_ID = re.compile(r"NCT0*([1-9][0-9]{0,7})", re.IGNORECASE)
_DISTANCE = re.compile(r"distance\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(km|mi)?\)")
_SORT = re.compile(r"(LastUpdatePostDate|StudyFirstPostDate)(?::(asc|desc))?")
_MILES_A_KILOMETRE = 0.621371


class SearchRefusedError(ValueError):
    """A search that the registry answers with 400; the message is its sentence."""


def select_studies(studies: Sequence[dict[str, Any]], parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the records that a search finds. Raises SearchRefusedError where the registry refuses it."""
    wanted = [
        (_expression(parameters[name], called), areas) for name, (areas, called) in _QUERIES.items() if parameters.get(name)
    ]
    filtered = _filtered(studies, parameters)
    for name in _QUERIES:
        if parameters.get(name) and _ONLY_NCT_IDS.fullmatch(parameters[name]):
            ids = {f"NCT{digits:0>8}" for digits in _NCT_ID.findall(parameters[name])}
            return [study for study in studies if ids & set(_values(study, _AREAS["NCTId"]))]
    found = [study for study in filtered if all(_holds(expression, study, areas) for expression, areas in wanted)]
    return _sorted(found, parameters.get("sort", ""))


def _filtered(studies: Sequence[dict[str, Any]], parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    statuses = {status for status in re.split(r"[|,]", parameters.get("filter.overallStatus", "")) if status}
    for status in sorted(statuses - set(STATUS_LABELS)):
        raise SearchRefusedError(f"Invalid value in parameter `overallStatus`: `{status}`")
    near = parameters.get("filter.geo", "")
    if near and not _DISTANCE.fullmatch(near):
        raise SearchRefusedError("Parameter `filter.geo` has incorrect format")
    advanced = parameters.get("filter.advanced", "")
    also = _expression(advanced, "Advanced filter") if advanced else None
    return [
        study
        for study in studies
        if (not statuses or statuses & set(_values(study, _AREAS["OverallStatus"])))
        and (not near or _is_near(study, near))
        and (also is None or _holds(also, study, _ANYWHERE))
    ]


def _expression(text: str, called: str) -> Expression:
    try:
        expression = parse_essie(text)
        _name_areas(expression)
    except EssieError as error:
        raise SearchRefusedError(f"Error parsing query in {called}: {error}") from error
    return expression


def _name_areas(expression: Expression) -> None:
    match expression:
        case Within(area, of):
            if area not in _AREAS and area != "Location":
                raise EssieError(f"unknown area {area}")
            _name_areas(of)
        case Not(of):
            _name_areas(of)
        case Every(parts) | Either(parts):
            for part in parts:
                _name_areas(part)
        case _:
            pass


def _holds(expression: Expression, study: Mapping[str, Any], areas: tuple[str, ...]) -> bool:
    match expression:
        case Every(parts):
            return all(_holds(part, study, areas) for part in parts)
        case Either(parts):
            return any(_holds(part, study, areas) for part in parts)
        case Not(of):
            return not _holds(of, study, areas)
        case Within(area, of):
            return _holds(of, study, _AREAS.get(area, areas))
        case Range(lowest, highest):
            return any(lowest in {"MIN", ""} or value >= lowest for value in _values(study, areas)) and any(
                highest in {"MAX", ""} or value[: len(highest)] <= highest for value in _values(study, areas)
            )
        case Term(words, phrase):
            return _stands_in(" ".join(_values(study, areas)), words, phrase=phrase)


def _stands_in(text: str, words: Sequence[str], *, phrase: bool) -> bool:
    there, wanted = _words(text), _words(" ".join(words))
    if phrase:
        return any(there[at : at + len(wanted)] == wanted for at in range(len(there)))
    return set(wanted) <= set(there)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:_?[^\W_]+)*\+?", text.casefold())


def _is_near(study: Mapping[str, Any], near: str) -> bool:
    match = _DISTANCE.fullmatch(near)
    assert match is not None
    lat, lon, within = float(match[1]), float(match[2]), float(match[3])
    miles = within if match[4] == "mi" else within * _MILES_A_KILOMETRE
    sites = study.get(_PROTOCOL, {}).get("contactsLocationsModule", {}).get("locations", [])
    points = [site["geoPoint"] for site in sites if "geoPoint" in site]
    return any(zipcodes.haversine(lon, lat, point["lon"], point["lat"]) <= miles for point in points)


def _sorted(studies: Sequence[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    if not sort:
        return list(studies)
    match = _SORT.fullmatch(sort)
    if match is None:
        raise SearchRefusedError("Parameter `sort` has incorrect format")
    dates = [(next(_values(study, _AREAS[match[1]]), ""), study) for study in studies]
    dated = sorted((pair for pair in dates if pair[0]), key=lambda pair: pair[0], reverse=match[2] != "asc")
    return [study for _, study in dated] + [study for date, study in dates if not date]


def _values(study: Mapping[str, Any], paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        yield from _at(study, path.split("."))


def _at(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:
            yield from _at(element, path)
    elif not path:
        yield str(value)
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
